"""Exporting: write beside the place, load again, compare with the live model, only then move into place."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.blocks import Shape
from models.data.steps import Step
from models.files import FileError, reason, sync_folder
from models.network.custom_layers import LAYERS_MARK, custom_classes, layers_module
from models.network.python_source import keras_name, python_source
from models.runtime.builder import put_weights
from models.runtime.live_model import LiveModel
from models.runtime.preprocessing import Preprocessor
from models.runtime.with_preprocessing import with_preprocessing
from models.training.commands import ExportFormat
from models.training.events import Exported

Floats = npt.NDArray[np.float32]
Predict = Callable[[Floats], list[Floats]]
"""From images to every output of the network, the main one first."""
Result = TypeVar("Result")

LARGEST_DIFFERENCE = 1e-4
"""Between the outputs of the live model and of the one that was written; above it the export is refused."""

MARK = "saved_model.pb"
"""The file by which a folder is known as a SavedModel."""


class ExportError(ValueError):
    """An export that was not made; the text says why and that nothing was overwritten."""


@dataclass(frozen=True)
class Exporter:
    """One format: how it is written, and how what was written predicts.

    Attributes:
        suffix: of the temporary file, where Keras insists on one.
        folder: whether the format is a folder.
        layers_beside: whether layers that Keras lacks need their source beside the file.
    """

    write: Callable[[LiveModel, keras.Model, Path, str], None]
    load: Callable[[LiveModel, Path], Predict]
    suffix: str = ""
    folder: bool = False
    layers_beside: bool = False


@dataclass(frozen=True, eq=False)
class RawInputs:
    """What lets an exported model take samples as they are stored.

    Attributes:
        preprocessor: the chain that is put inside.
        steps: the same as values.
        sample_shape: of stored samples, the most common one.
        samples: stored samples to compare on, each of its own size.
    """

    preprocessor: Preprocessor
    steps: tuple[Step, ...]
    sample_shape: Shape
    samples: Sequence[npt.NDArray[np.generic]]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Of what the exported model takes: of any height and width where a step brings samples to one size."""
        resizes = any(
            step.changes_shape and step.geometric and step.applies_to(self.sample_shape) for step in self.steps
        )
        return (None, None, self.sample_shape[-1]) if resizes else self.sample_shape

    def batches(self) -> Iterator[Floats]:
        """The stored samples as the exported model takes them: together where they are of one size."""
        found = [_with_channels(sample.astype(np.float32), self.sample_shape[-1]) for sample in self.samples]
        samples = [sample for sample in found if self._takes(sample)] or [self._made_up()]
        if len({sample.shape for sample in samples}) == 1:
            yield np.stack(samples)
        else:
            yield from (sample[None] for sample in samples)

    def _takes(self, sample: Floats) -> bool:
        """Whether the exported model takes a sample of this shape."""
        wanted = self.input_shape
        return sample.ndim == len(wanted) and all(
            size in (None, length) for size, length in zip(wanted, sample.shape, strict=True)
        )

    def _made_up(self) -> Floats:
        return np.random.default_rng(0).random(self.sample_shape, np.float32)


def _with_channels(sample: Floats, channels: int) -> Floats:
    """A grey picture of a colour data set has its channel three times."""
    return np.repeat(sample, channels, axis=-1) if sample.ndim == 3 and sample.shape[-1] < channels else sample


def export(
    live: LiveModel, format: ExportFormat, path: Path, name: str, inputs: Floats, raw: RawInputs | None = None
) -> Exported:
    """Export a model under what people call it, compared on inputs, or with `raw` on stored samples.

    With `raw` the preprocessing goes inside. Source has none: it is the network alone. Either computes with float32,
    also where the live model does not, and is compared with what that gives; other exports compute as the live one.

    Raises ExportError or FileError with a readable text; what was at `path` is then as it was.
    """
    exporter = EXPORTERS[format]
    _check_place(path, exporter.folder)
    source = _layers_source(live) if exporter.layers_beside else ""
    if source:
        _check_layers_place(layers_path(path))
    written = with_preprocessing(live, raw.preprocessor, raw.input_shape) if raw is not None else live.model
    if raw is None:
        predict_live = live.predict_in_float32 if format == "python" else live.predict_all
        pairs = [(inputs, predict_live(inputs))]
    else:
        pairs = [(batch, live.predict_in_float32(raw.preprocessor.whole(batch))) for batch in raw.batches()]

    def write_and_compare(place: Path) -> float:
        exporter.write(live, written, place, name)
        predict = exporter.load(live, place)
        return max(_difference(expected, predict(batch)) for batch, expected in pairs)

    difference = _write_beside(path, exporter.suffix, write_and_compare)
    if source:
        _write_layers(path, source)
    return Exported(format, str(path), difference, sum(len(batch) for batch, _ in pairs), raw is not None)


def save_keras(live: LiveModel, path: Path, name: str) -> None:
    """Write a `.keras` file without comparing. Raises FileError; the old file is then intact."""
    _write_beside(path, ".keras", lambda place: _write_keras(live, live.model, place, name))
    if source := _layers_source(live):
        _write_layers(path, source)


def layers_path(path: Path) -> Path:
    """Where the source of our own layers goes, beside an exported model: `model_layers.py` for `model.keras`."""
    stem = re.sub(r"\W+", "_", path.stem)  # the file is there to be imported
    return path.with_name(f"{stem}_layers.py")


def _layers_source(live: LiveModel) -> str:
    """The source of the layers in the model that Keras lacks; empty where there are none."""
    classes = custom_classes(live.expansion.network)
    return layers_module(classes) if classes else ""


def _write_layers(path: Path, source: str) -> None:
    _write_beside(layers_path(path), ".py", lambda place: place.write_text(source, encoding="utf-8", newline="\n"))


def _check_layers_place(path: Path) -> None:
    """Refuse to overwrite a file that is not one of ours."""
    if path.exists() and not (path.is_file() and LAYERS_MARK.encode() in path.read_bytes()[: 2 * len(LAYERS_MARK)]):
        raise ExportError(
            f"The model has layers that Keras lacks, whose source goes to {path.name} beside it; "
            "a file of another kind is there. Choose another name or folder."
        )


def _write_beside(path: Path, suffix: str, write: Callable[[Path], Result]) -> Result:
    """Let `write` write to a temporary place in the same folder, then move that into place."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        place = temporary / f"model{suffix}"
        result = write(place)
        _flush(place)
        _move(place, path, temporary / "old")
        sync_folder(path.parent)
    except (OSError, tf.errors.OpError) as error:
        raise FileError(f"{path} was not written: {_reason(error)} What was there before is intact.") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return result


def _check_place(path: Path, folder: bool) -> None:
    """Refuse to put a file where a folder is, and a SavedModel where anything but a SavedModel is."""
    if not folder and path.is_dir():
        raise ExportError(f"{path} is a folder, and the export is a file. Choose a file name.")
    if folder and path.is_file():
        raise ExportError(f"{path} is a file, and a SavedModel is a folder. Choose another name.")
    if folder and path.is_dir() and any(path.iterdir()) and not (path / MARK).is_file():
        raise ExportError(f"{path} holds other files than a SavedModel, which would be lost. Choose another name.")


def _difference(expected: list[Floats], received: list[Floats]) -> float:
    """The largest absolute difference over all outputs; ExportError where it is too large."""
    shapes = [output.shape for output in expected], [output.shape for output in received]
    if shapes[0] != shapes[1]:
        raise ExportError(
            f"The written model gave outputs of shape {_shapes_text(shapes[1])} instead of {_shapes_text(shapes[0])}. "
            "It was not kept, and what was there before is intact."
        )
    pairs = zip(expected, received, strict=True)
    differences = [float(np.max(np.abs(ours - theirs), initial=0.0)) for ours, theirs in pairs]
    worst = next((value for value in differences if not value <= LARGEST_DIFFERENCE), None)
    if worst is not None:  # not a number is refused as well
        raise ExportError(
            f"The written model differs from the live one by {worst:.2g} (at most {LARGEST_DIFFERENCE:g} is "
            "right). It was not kept, and what was there before is intact."
        )
    return max(differences)


def _shapes_text(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(str(shape) for shape in shapes)


def _flush(place: Path) -> None:
    """Bring what was written to the disk."""
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    for file in files:
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())


def _move(written: Path, path: Path, aside: Path) -> None:
    """Move into place. A folder cannot replace another in one step, so the old one waits aside and comes back."""
    if not path.is_dir():
        os.replace(written, path)
        return
    os.replace(path, aside)
    try:
        os.replace(written, path)
    except OSError:
        os.replace(aside, path)
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, tf.errors.ResourceExhaustedError):
        return reason(OSError(errno.ENOSPC, ""))
    if isinstance(error, tf.errors.PermissionDeniedError):
        return reason(OSError(errno.EACCES, ""))
    return reason(error) if isinstance(error, OSError) else f"{str(error).splitlines()[0]}."


# --- the formats ------------------------------------------------------------------------------------------------------
def _write_keras(live: LiveModel, model: keras.Model, place: Path, name: str) -> None:
    model.name = keras_name(name)
    model.save(place)


def _load_keras(live: LiveModel, place: Path) -> Predict:
    model = keras.models.load_model(place, safe_mode=True)
    if live.dtype_policy == "float32":
        return lambda images: _arrays(model(images, training=False))
    # Half precision rounds otherwise where operations are not compiled into one, as they are in the live model.
    compiled = tf.function(lambda images: model(images, training=False), reduce_retracing=True)
    return lambda images: _arrays(compiled(tf.constant(images)))


def _write_saved_model(live: LiveModel, model: keras.Model, place: Path, name: str) -> None:
    model.export(place, format="tf_saved_model", verbose=False)


def _load_saved_model(live: LiveModel, place: Path) -> Predict:
    loaded = tf.saved_model.load(str(place))

    def predict(images: Floats) -> list[Floats]:
        serve = loaded.signatures["serving_default"]  # `loaded` has to outlive the call: it owns the weights
        (argument,) = serve.structured_input_signature[1]
        outputs = serve(**{argument: tf.constant(images)})
        return _arrays([outputs[key] for key in sorted(outputs, key=lambda key: (len(key), key))])  # output_0, …

    return predict


def _write_python(live: LiveModel, model: keras.Model, place: Path, name: str) -> None:
    place.write_text(python_source(live.network, name), encoding="utf-8", newline="\n")


def _load_python(live: LiveModel, place: Path) -> Predict:
    """Run the source that was just generated, and give its model the live weights: source has none of its own."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(place.read_text(encoding="utf-8"), str(place), "exec"), namespace)
    model = namespace["build_model"]()
    for node_id, values in live.weights().items():
        put_weights(model.get_layer(node_id), values)
    return lambda images: _arrays(model(images, training=False))


def _arrays(outputs: Any) -> list[Floats]:
    return [np.asarray(output) for output in (outputs if isinstance(outputs, list | tuple) else [outputs])]


EXPORTERS: dict[ExportFormat, Exporter] = {
    "keras": Exporter(_write_keras, _load_keras, suffix=".keras", layers_beside=True),
    "saved_model": Exporter(_write_saved_model, _load_saved_model, folder=True, layers_beside=True),
    "python": Exporter(_write_python, _load_python, suffix=".py"),
}
