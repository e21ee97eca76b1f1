"""Weights in a `.npz` file, without TensorFlow: those of a run's checkpoint, and those that a project starts with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from models.blocks import Weight
from models.data.memory import physical_memory
from models.files import FileError, reason, replacing
from models.network.project import ProjectError, StoredWeights
from models.network.weighted_layer import WeightedLayer

Arrays = Mapping[str, Sequence[npt.NDArray[Any]]]
"""Weights by the ids of a network's layers once expanded, each layer's in Keras's order."""

WEIGHTS_SUFFIX = ".weights.npz"
CHUNK = 1024 * 1024
NUMBERS = "biuf"
"""Kinds of numpy dtypes that weights can have."""
LAYERS = "layers"
"""The key of what a file says of its layers, as JSON: no layer's, whose keys all have a slash."""


class WeightsError(ProjectError):
    """Weights that a project names and that cannot be used; the text says why and what to do."""


def write_weights(path: Path, weights: Arrays, layers: Iterable[WeightedLayer] = ()) -> None:
    """Write weights as `.npz` with keys `<layer id>/<index>`, and what is known of their layers under `layers`.

    Raises FileError; the old file is then intact.
    """
    entries = {f"{node_id}/{index}": value for node_id, values in weights.items() for index, value in enumerate(values)}
    described = [layer for layer in layers if layer.layer_id in weights]
    if described:
        entries[LAYERS] = np.frombuffer(_layers_type().dump_json(described), np.uint8)
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **entries)


def _layers_type() -> TypeAdapter[list[WeightedLayer]]:
    return TypeAdapter(list[WeightedLayer])


def read_weights(path: Path) -> dict[str, list[npt.NDArray[Any]]]:
    """Read what `write_weights` wrote. Raises FileError."""
    from zipfile import BadZipFile  # late, as below: the window opens without

    weights: dict[str, dict[int, npt.NDArray[Any]]] = {}
    try:
        _check_size(path)
        with np.load(path, allow_pickle=False) as archive:
            for key in archive.files:
                if key == LAYERS:
                    continue
                node_id, _, index = key.rpartition("/")
                weights.setdefault(node_id, {})[int(index)] = archive[key]
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error
    except (ValueError, BadZipFile, EOFError, MemoryError, NotImplementedError) as error:
        raise FileError(
            f"{path} is damaged or holds no weights ({error}). Choose another run, or train again."
        ) from error
    return {node_id: [values[index] for index in sorted(values)] for node_id, values in weights.items()}


def _check_size(path: Path) -> None:
    """Refuse a file that would not fit into memory once unpacked."""
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > physical_memory() // 2:
        raise FileError(f"{path} holds {size / 2**30:,.0f} GB of weights, more than half of this machine's memory.")


# --- the weights that a project names ---------------------------------------------------------------------------------
def store_weights(path: Path, weights: Arrays, layers: Iterable[WeightedLayer] = ()) -> StoredWeights:
    """Write weights, and say where they are as a project does. Raises FileError."""
    write_weights(path, weights, layers)
    return StoredWeights(path=path.as_posix(), sha256=hash_of(path))


def located(stored: StoredWeights, folder: Path) -> StoredWeights:
    """The same weights with their path read from `folder`, the project file's."""
    return StoredWeights(path=(folder / stored.path).as_posix(), sha256=stored.sha256)


def check_weights(stored: StoredWeights) -> None:
    """Raise WeightsError unless the file is there and is the one that the project means; its path is from `located`."""
    path = Path(stored.path)
    try:
        found = hash_of(path)
    except OSError as error:
        raise WeightsError(
            f"The project's weights were not opened: {path}: {reason(error, reading=True)} Bring the file "
            "back, or import the model again."
        ) from error
    if found != stored.sha256:
        raise changed(path)


def changed(path: Path) -> WeightsError:
    """What to say of a file that is not the one that the project means."""
    return WeightsError(
        f"{path} is not the weights file that the project was saved with: its contents have changed. "
        "Bring the right file back, or import the model again."
    )


def load_weights(stored: StoredWeights) -> dict[str, list[npt.NDArray[Any]]]:
    """The weights that a project names, by a path from `located`. Raises WeightsError or FileError."""
    check_weights(stored)
    return read_weights(Path(stored.path))


def stored_layers(path: Path, weights: Arrays) -> list[WeightedLayer]:
    """The layers of a file whose weights were read, as far as these are numbers of the shapes that it says.

    Of layers that the file does not describe, as early versions' files do not, the type is not known. Raises FileError.
    """
    described = {layer.layer_id: layer for layer in _described(path)}
    found = []
    for layer_id, values in weights.items():
        shapes = tuple(Weight(str(index), value.shape) for index, value in enumerate(values))
        unknown = WeightedLayer(layer_id, layer_id, "", shapes)
        layer = described.get(layer_id, unknown)
        if layer.shapes == unknown.shapes and all(value.dtype.kind in NUMBERS for value in values):
            found.append(layer)
    return found


def _described(path: Path) -> list[WeightedLayer]:
    """What a file says of its layers."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return _layers_type().validate_json(archive[LAYERS].tobytes()) if LAYERS in archive.files else []
    except (OSError, ValueError) as error:
        raise FileError(
            f"{path} is damaged: what it says of its layers cannot be read. Import the model again."
        ) from error


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's contents. Raises OSError."""
    import hashlib

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
