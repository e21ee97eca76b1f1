"""Turns what `tf.data.Dataset.save` wrote into .npy files; a program of its own, so that it can be stopped at any time.

    python -m models.runtime.saved_datasets FOLDER OUT

It prints a line of JSON for what is done, `{"done": 128, "total": 1797}` in samples (total 0: not known), and at the
end either `{"finished": true}` or `{"error": "a sentence for the user"}`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from models.blocks import shape_text
from models.data.facts import DataError
from models.data.samples import Values
from models.files import reason
from models.runtime.quiet import quiet_stderr

X = ("image", "images", "x", "data", "features", "inputs", "values")
Y = ("label", "labels", "y", "target", "targets", "class")
BATCH = 64
DISK_RESERVE = 2**26
"""Bytes that stay free: a full disk stops other programs as well."""

SAVE = "Save pairs of samples and labels: dataset.map(lambda …: (x, y)).save(folder)."

Tell = Callable[[int, int], None]


def main(arguments: list[str]) -> int:
    """Convert and report on standard output. Returns the exit code."""
    folder, out = (Path(argument) for argument in arguments)
    try:
        convert(folder, out, lambda done, total: _say(done=done, total=total))
    except DataError as error:
        _say(error=str(error))
        return 1
    except ImportError as error:
        _say(error=f"{folder.name} was not read, because TensorFlow is not installed as it should be ({error}).")
        return 1
    _say(finished=True)
    return 0


def _say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def convert(folder: Path, out: Path, tell: Tell) -> None:
    """Write `values.npy` and `labels.npy` into `out`. Raises DataError."""
    with quiet_stderr():
        import tensorflow as tf
    try:
        dataset = _load(folder)
        pick, batched = _structure(dataset.element_spec, folder.name)
        dataset = dataset.map(pick)  # what is not read need not be batched
        elements = int(dataset.cardinality())
        if not batched:
            dataset = dataset.batch(BATCH)
        blocks = ((x.numpy(), y.numpy()) for x, y in dataset.prefetch(2))
        samples, read = _write(blocks, out, folder.name, tell, 0 if batched else max(elements, 0))
        found = read if batched else samples
        if 0 <= elements != found:
            raise DataError(
                f"{folder.name} is cut off: {found:,} of its {elements:,} elements can be read. Save it again, or take "
                "another copy."
            )
    except DataError:
        raise
    except tf.errors.OpError as error:
        raise DataError(_told(error, folder.name)) from error
    except OSError as error:
        raise DataError(f"{folder.name} was not converted: {reason(error)}") from error
    except Exception as error:  # a damaged description of the elements brings about nearly anything
        raise DataError(f"{folder.name} is damaged or no set that tf.data saved ({_brief(error)}). {SAVE}") from error


def _load(folder: Path) -> Any:
    import tensorflow as tf

    shard = next((file for file in sorted(folder.rglob("*.snapshot")) if file.stat().st_size >= 8), None)
    return tf.data.Dataset.load(str(folder), compression=_compression(shard) if shard else None)


def _compression(shard: Path) -> str | None:
    """What a file of elements was packed with, which is nowhere written down: its first bytes tell.

    Unpacked, it begins with the length of the first element in eight bytes, the smallest first; Snappy's first block
    begins with its length in four bytes, the largest first. TensorFlow may crash where it is told the wrong thing.
    """
    with shard.open("rb") as file:
        start = file.read(8)
    if start[:2] == b"\x1f\x8b":
        return "GZIP"
    fits = 0 < int.from_bytes(start[:4], "big") <= shard.stat().st_size - 4
    return "SNAPPY" if fits and any(start[4:]) else None


def _brief(error: Exception) -> str:
    """The first line of an error, without where in TensorFlow it happened."""
    text = re.sub(r"\{\{.*?\}\}\s*|\[Op:.*", "", str(getattr(error, "message", error)))
    return (text.strip().splitlines() or [type(error).__name__])[0][:150]


def _told(error: Any, name: str) -> str:
    brief = _brief(error)
    if "batch" in brief.lower() and "shape" in brief.lower():
        return (
            f"The samples of {name} differ in size ({brief}). Give all of them one size before saving, as "
            "dataset.map(lambda x, y: (tf.image.resize(x, (64, 64)), y)) does."
        )
    return f"{name} is damaged and cannot be read to its end ({brief}). Save it again, or take another copy."


# --- what an element is -----------------------------------------------------------------------------------------------
def _structure(spec: Any, name: str) -> tuple[Callable[..., tuple[Any, Any]], bool]:
    """What takes samples and labels out of an element, and whether elements are batches. Raises DataError."""
    if isinstance(spec, dict):
        x_key, y_key = (next((key for key in keys if key in spec), None) for keys in (X, Y))
        if x_key is None or y_key is None:
            found = ", ".join(sorted(map(str, spec))) or "nothing"
            raise DataError(
                f"The elements of {name} have {found}, and one called image or x and one called label or y were "
                f"expected. {SAVE}"
            )
        x, y = spec[x_key], spec[y_key]

        def pick(element: dict[str, Any]) -> tuple[Any, Any]:
            return element[x_key], element[y_key]

        return pick, _batched(x, y, name)
    if not isinstance(spec, tuple | list) or len(spec) < 2:
        raise DataError(f"The elements of {name} have no label: each is a single value. {SAVE}")

    def first_two(*element: Any) -> tuple[Any, Any]:
        return element[0], element[1]

    return first_two, _batched(spec[0], spec[1], name)


def _batched(x: Any, y: Any, name: str) -> bool:
    """Whether elements are batches: labels then count the samples. Raises DataError for what is no plain tensor."""
    import tensorflow as tf

    for part, what in ((x, "samples"), (y, "labels")):
        if not isinstance(part, tf.TensorSpec) or part.shape.rank is None:
            raise DataError(
                f"The {what} of {name} are no plain tensors ({type(part).__name__.removesuffix('Spec')}). {SAVE}"
            )
    if not (x.dtype.is_floating or x.dtype.is_integer or x.dtype.is_bool):
        raise DataError(f"The samples of {name} are of type {x.dtype.name}, and numbers were expected. {SAVE}")
    batched: bool = y.shape.rank > 1 or (y.shape.rank == 1 and x.shape.rank > 0 and x.shape[0] == y.shape[0])
    if x.shape.rank < 1 + batched:
        raise DataError(f"The samples of {name} are single numbers; rows, signals, images or volumes were expected.")
    return batched


# --- writing ----------------------------------------------------------------------------------------------------------
def _write(blocks: Iterator[tuple[Values, Values]], out: Path, name: str, tell: Tell, total: int) -> tuple[int, int]:
    """Write block after block. Returns the samples and the blocks that there were."""
    labels: list[Values] = []
    done = 0
    with (out / "values.npy").open("wb") as file:
        shape: tuple[int, ...] | None = None
        dtype = np.dtype(np.float32)
        for x, y in blocks:
            if shape is None:
                shape, dtype = x.shape[1:], _stored(x.dtype)
                _header(file, dtype, (0, *shape))
            if x.shape[1:] != shape:
                raise DataError(
                    f"The samples of {name} differ in size: {shape_text(shape)} and {shape_text(x.shape[1:])}. "
                    "Give all of them one size before saving."
                )
            if len(x) != len(y):
                raise DataError(f"An element of {name} has {len(x):,} samples and {len(y):,} labels. {SAVE}")
            _check_disk(out, max(total - done, len(x)) * int(np.prod(shape)) * dtype.itemsize, name)
            file.write(np.ascontiguousarray(x, dtype=dtype).data)
            labels.append(_plain(y))
            done += len(x)
            tell(done, max(total, done) if total else 0)
        if shape is None or not done:
            raise DataError(f"{name} is empty: it has no elements. Expected one sample or more.")
        file.seek(0)
        _header(file, dtype, (done, *shape))  # as long as before: numpy leaves room for the number of samples
    np.save(out / "labels.npy", np.concatenate(labels), allow_pickle=False)
    return done, len(labels)


def _header(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )


def _stored(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Types that numpy itself knows stay, but for those that would only fill the disk."""
    return dtype if dtype in (np.bool_, np.uint8, np.uint16, np.int16, np.float16) else np.dtype(np.float32)


def _plain(labels: Values) -> Values:
    """Labels as text where TensorFlow gives bytes objects."""
    if labels.dtype != object:
        return labels.astype(np.float32) if labels.dtype.kind == "V" else labels
    decoded = [bytes(label).decode("utf-8", "replace") for label in labels.reshape(-1)]
    return np.array(decoded, dtype=np.str_).reshape(labels.shape)


def _check_disk(out: Path, needed: int, name: str) -> None:
    free = shutil.disk_usage(out).free
    if needed + DISK_RESERVE > free:
        raise DataError(
            f"{name} takes {needed / 1e9:,.2f} GB more in LayerLoom's cache, and {free / 1e9:,.2f} GB are free there. "
            f"Free some space on the disk of {out}."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
