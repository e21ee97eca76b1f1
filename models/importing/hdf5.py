"""HDF5 files read with care: hard links only, no data from outside of the file, sizes checked before reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from math import prod
from typing import Any, BinaryIO, ParamSpec, TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from models.data.memory import physical_memory
from models.importing.errors import ModelImportError

Array = npt.NDArray[Any]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

MAX_TEXT = 64 * 1024 * 1024
MAX_NAMES = 100_000
MAX_RATIO = 100
"""Weights that were trained do not shrink to a hundredth."""

NUMBERS = "biuf"
"""Kinds of numpy dtypes that weights can have."""


def _guarded(read: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Make a ModelImportError of whatever h5py says of a file: it raises nearly anything for one that is forged."""

    @wraps(read)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return read(*args, **kwargs)
        except ModelImportError:
            raise
        except Exception as error:
            said = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise ModelImportError(
                f"the file is damaged or no HDF5 file ({said}). Save the model again, or take another copy."
            ) from error

    return guarded


@contextmanager
def opened(file: BinaryIO) -> Iterator[h5py.File]:
    """An HDF5 file opened for reading. Raises ModelImportError for a broken one."""
    with _open(file) as opened_file:
        yield opened_file


@_guarded
def _open(file: BinaryIO) -> h5py.File:
    return h5py.File(file, "r")


@_guarded
def group(parent: h5py.Group, path: str) -> h5py.Group:
    """The group at a path. Raises ModelImportError where there is none, or where a link leads elsewhere."""
    found = parent
    for part in path.split("/"):
        found = _child(found, part)
        if not isinstance(found, h5py.Group):
            raise ModelImportError(f'"{_text_path(parent, path)}" is no group of the HDF5 file, which is damaged.')
    return found


@_guarded
def has(parent: h5py.Group, name: str) -> bool:
    """Whether a group has a member of this name."""
    return name in parent


@_guarded
def dataset(parent: h5py.Group, path: str) -> Array:
    """The numbers of a dataset. Raises ModelImportError for anything but plain numbers kept in the file itself."""
    folder, _, name = path.rpartition("/")
    found = _child(group(parent, folder) if folder else parent, name)
    where = _text_path(parent, path)
    if not isinstance(found, h5py.Dataset):
        raise ModelImportError(f'"{where}" holds no numbers. The file is damaged.')
    if found.external or found.is_virtual:
        raise ModelImportError(f'"{where}" takes its numbers from another file, which is not followed.')
    if found.dtype.kind not in NUMBERS or found.shape is None:
        raise ModelImportError(f'"{where}" holds {found.dtype}, and weights are numbers.')
    size = prod(found.shape) * found.dtype.itemsize
    if size > physical_memory() // 2:
        raise ModelImportError(
            f'"{where}" would take {size / 2**30:,.0f} GB, more than half of this machine\'s memory.'
        )
    written = found.id.get_storage_size()
    if size > MAX_RATIO * max(written, 10_000):
        raise ModelImportError(
            f'"{where}" would unpack from {written:,} to {size:,} bytes: most of it was never written. The file is '
            "damaged, or forged."
        )
    return np.asarray(found[()])


@_guarded
def check_total(parent: h5py.Group, size: int) -> None:
    """Raise ModelImportError unless a file that is so much smaller, or this machine's memory, can hold `size` bytes.

    Datasets may be many, and the same one under many names.
    """
    if size > physical_memory() // 2:
        raise ModelImportError(
            f"the weights would take {size / 2**30:,.0f} GB, more than half of this machine's memory. Open the model "
            "on a larger machine."
        )
    there = parent.file.id.get_filesize()
    if size > MAX_RATIO * max(there, 10_000):
        raise ModelImportError(
            f"the weights would take {size:,} bytes, and the file has {there:,}. It is damaged, or forged."
        )


@_guarded
def shape(parent: h5py.Group, path: str) -> tuple[int, ...]:
    """The shape of a dataset, without reading it."""
    folder, _, name = path.rpartition("/")
    found = _child(group(parent, folder) if folder else parent, name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise ModelImportError(f'"{_text_path(parent, path)}" holds no numbers. The file is damaged.')
    return tuple(found.shape)


@_guarded
def text(parent: h5py.Group, name: str) -> str | None:
    """A text attribute; None where there is none."""
    if name not in parent.attrs:
        return None
    value = parent.attrs[name]
    if isinstance(value, bytes | np.bytes_):
        value = bytes(value).decode("utf-8", "replace")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ModelImportError(f'the attribute "{name}" is no text of up to {MAX_TEXT // 2**20} MB.')
    return value


@_guarded
def names(parent: h5py.Group, name: str) -> list[str]:
    """A list of names kept as an attribute; Keras cuts long ones into `name0`, `name1`, …"""
    if name in parent.attrs:
        return _name_list(parent.attrs[name], name)
    found: list[str] = []
    index = 0
    while f"{name}{index}" in parent.attrs:
        found += _name_list(parent.attrs[f"{name}{index}"], name)
        index += 1
    return found


def _name_list(value: object, name: str) -> list[str]:
    array = np.asarray(value)
    if array.size > MAX_NAMES:
        raise ModelImportError(f'the attribute "{name}" lists {array.size:,} names; {MAX_NAMES:,} are the most.')
    return [
        item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in array.ravel().tolist()
    ]


def _child(parent: h5py.Group, name: str) -> Any:
    """A member, reached by a hard link: other links may lead to other files or in circles."""
    link = parent.get(name, getlink=True) if name and name in parent.keys() else None  # noqa: SIM118 - no `in` by path
    if link is None:
        raise ModelImportError(f'the HDF5 file has no "{_text_path(parent, name)}". It is damaged, or of another kind.')
    if not isinstance(link, h5py.HardLink):
        raise ModelImportError(f'"{_text_path(parent, name)}" is a link to somewhere else, which is not followed.')
    return parent[name]


def _text_path(parent: h5py.Group, path: str) -> str:
    return f"{parent.name or ''}/{path}".replace("//", "/").lstrip("/")[:200]
