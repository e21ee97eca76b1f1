"""Arrays in `.npy` and `.npz` files: listed by their headers, read under limits, and never unpickled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from models.blocks import Shape, shape_text
from models.data.facts import DataError
from models.data.memory import physical_memory
from models.data.opening import opened_file
from models.data.samples import Values
from models.files import reason

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

NPY, NPZ, PICKLE = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06"), b"\x80"
MOST_ARRAYS = 10_000
MOST_BESIDE = 200
"""Files beside an .npy that are offered as its labels."""

EXPECTED = "an .npz or .npy file"
SAVE_AGAIN = "Save it again with numpy.save or numpy.savez, or take another copy."

Tick = Callable[[int], None]
"""Called with the bytes that were read since the last call; an exception raised in it ends the reading."""


@dataclass(frozen=True)
class ArrayInfo:
    """What the header of a stored array says.

    Attributes:
        name: its name in the .npz, or the name of its .npy file.
        problem: why it cannot be read, in a sentence; empty where it can.
    """

    name: str
    shape: Shape
    dtype: np.dtype[Any]
    problem: str = ""

    @property
    def bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    @property
    def text(self) -> str:
        """`x_train · 60000×28×28 · uint8`."""
        kind = "text" if self.dtype.kind in "US" else self.dtype.name
        return f"{self.name} · {shape_text(self.shape) or 'one value'} · {kind}"


def arrays_in(path: Path) -> tuple[ArrayInfo, ...]:
    """The arrays of an .npz; of an .npy itself and then the others in its folder. Reads headers only.

    Files are known by what is in them, whatever their names say. Raises DataError.
    """
    if is_npz(path):
        with _archive(path) as archive:
            return tuple(_member_info(archive, member, path.name) for member in _members(archive, path.name).values())
    return (_file_info(path), *_beside(path))


def is_npz(path: Path) -> bool:
    """Whether a file is an .npz rather than an .npy. Raises DataError where it is neither."""
    with opened_file(path, EXPECTED) as file:
        start = file.read(6)
    if start == NPY or start[:4] in NPZ:
        return start != NPY
    if start[:1] == PICKLE:
        raise DataError(
            f"{path.name} is a Python pickle, which could run code when it is read, so LayerLoom never opens one. "
            "Load it yourself and save the arrays with numpy.savez."
        )
    found = "is empty" if not start else "is neither an .npy nor an .npz file, or its beginning is damaged"
    raise DataError(f"{path.name} {found}. {SAVE_AGAIN}")


def read_arrays(path: Path, infos: list[ArrayInfo], tick: Tick | None = None) -> Iterator[Values]:
    """Arrays by what `arrays_in` said of them, one after the other; those of .npy files are mapped and not read.

    Raises DataError.
    """
    if not is_npz(path):
        for info in infos:
            yield _mapped(path.parent / info.name, info)
        return
    with _archive(path) as archive:
        members = _members(archive, path.name)
        for info in infos:
            check_readable(info, path.name)
            if info.bytes > physical_memory() // 2:
                raise DataError(
                    f'"{info.name}" in {path.name} would take {info.bytes / 1e9:,.1f} GB, more than half of this '
                    f"machine's memory ({physical_memory() / 1e9:,.1f} GB). Save it as an .npy file, which is read "
                    "piece by piece."
                )
            with archive.open(members[info.name]) as file:
                yield _read(_Ticking(file, tick), path.name, info.name)


class _Ticking:
    """A file that tells how much was read of it, and keeps what ended the reading apart from what is wrong with it."""

    def __init__(self, file: IO[bytes], tick: Tick | None) -> None:
        self._file, self._tick = file, tick
        self.ended: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        try:
            if self._tick is not None:
                self._tick(len(data))
        except Exception as error:
            self.ended = error
            raise
        return data


def _read(file: _Ticking, path: str, name: str) -> Values:
    try:
        with _explained(path, name):
            array: Values = np.lib.format.read_array(file, allow_pickle=False)
            return array
    except DataError:
        if file.ended is not None:
            raise file.ended from None
        raise


# --- headers ----------------------------------------------------------------------------------------------------------
def _header(file: IO[bytes], name: str, size: int) -> ArrayInfo:
    """What the beginning of an .npy says, whose file has `size` bytes in all. Raises ValueError where it is damaged."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"version {version[0]}.{version[1]} is unknown")
    if version == (3, 0):
        return ArrayInfo(name, (), np.dtype("V"), "it holds records with named fields")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _fortran, dtype = read(file)
    info = ArrayInfo(name, shape, dtype)
    if dtype.hasobject:
        return ArrayInfo(name, shape, dtype, "it holds Python objects, which are never unpickled")
    if dtype.kind in "VMmc":
        return ArrayInfo(name, shape, dtype, f"it holds values of type {dtype}")
    if min(shape, default=0) < 0 or size < file.tell() + info.bytes:
        raise ValueError(f"it should have {info.bytes:,} bytes of values and has {max(size - file.tell(), 0):,}")
    return info


def check_readable(info: ArrayInfo, file: str) -> None:
    """Raise DataError where an array cannot be read."""
    if info.problem:
        where = f"{file} " if info.name == file else f'"{info.name}" in {file} '
        raise DataError(
            f"{where}was not read: {info.problem}, and LayerLoom expects plain numbers. "
            "Save it with dtype=float32 (class labels as integers or text)."
        )


def _file_info(path: Path) -> ArrayInfo:
    with opened_file(path, EXPECTED) as file, _explained(path.name, path.name):
        return _header(file, path.name, os.fstat(file.fileno()).st_size)


def _beside(path: Path) -> Iterator[ArrayInfo]:
    """The other .npy files of a folder that can be understood, by name."""
    try:
        names = sorted(file.name for file in path.parent.iterdir() if file.name.lower().endswith(".npy"))
    except OSError:
        return
    for name in [name for name in names if name != path.name][:MOST_BESIDE]:
        try:
            yield _file_info(path.parent / name)
        except DataError:  # not the file that was asked for
            continue


def _mapped(path: Path, info: ArrayInfo) -> Values:
    check_readable(info, path.name)
    if not info.bytes:
        return np.zeros(info.shape, info.dtype)  # nothing cannot be mapped
    with _explained(path.name, path.name):
        mapped: Values = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped


# --- archives ---------------------------------------------------------------------------------------------------------
@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    from zipfile import ZipFile

    with opened_file(path, EXPECTED) as file:
        with _explained(path.name, path.name):
            archive = ZipFile(file)
        with archive:
            yield archive


def _members(archive: ZipFile, file: str) -> dict[str, ZipInfo]:
    """The arrays of an .npz by name. Raises DataError where there are none."""
    members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    if len(members) > MOST_ARRAYS:
        raise DataError(f"{file} holds {len(members):,} arrays; at most {MOST_ARRAYS:,} are expected. {SAVE_AGAIN}")
    if not members:
        raise DataError(
            f"{file} is an archive without arrays: no entry ends in .npy. Choose a file that numpy.savez wrote."
        )
    by_name: dict[str, ZipInfo] = {}
    for member in members:
        by_name.setdefault(member.filename.removesuffix(".npy"), member)
    return by_name


def _member_info(archive: ZipFile, member: ZipInfo, file: str) -> ArrayInfo:
    name = member.filename.removesuffix(".npy")
    with _explained(file, name), archive.open(member) as stream:
        return _header(stream, name, member.file_size)


# --- errors in words --------------------------------------------------------------------------------------------------
@contextmanager
def _explained(file: str, name: str) -> Iterator[None]:
    """Turn what numpy and zipfile raise on damaged files into a sentence."""
    from zipfile import BadZipFile
    from zlib import error as ZlibError  # noqa: N812

    try:
        yield
    except DataError:
        raise
    except (
        ValueError, BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, OverflowError, OSError,
        SyntaxError, TypeError, MemoryError,
    ) as error:  # fmt: skip
        where = file if name == file else f'"{name}" in {file}'
        told = reason(error, reading=True) if isinstance(error, OSError) else str(error)
        brief = told.splitlines()[0][:150] if told else type(error).__name__
        raise DataError(f"{where} is damaged or no array ({brief}). {SAVE_AGAIN}") from error
