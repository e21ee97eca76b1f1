"""Filters and feature maps as they were after each epoch, kept small in a run's folder. Read here without TensorFlow.

A snapshot is an `.npz` file, `snapshots/epoch-000012.npz` for the state after 12 epochs (0: before the first), with
three kinds of entries for a node of the expanded network or a composite block:

- `filters/<id>`: its kernel as float16 (height, width, input channels, filters), of large ones the first channels;
- `maps/<id>`: its output for the probe image as uint8 (height, width, channels), the first channels, made smaller;
- `range/<id>`: float32 (2,), the values that 0 and 255 stand for in the maps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.files import FileError, read_at_most
from models.training.runs.layout import SNAPSHOTS

if TYPE_CHECKING:
    from zipfile import ZipFile

Floats = npt.NDArray[np.float32]
FILTERS, MAPS, RANGE = "filters", "maps", "range"
LEVELS = 255
"""Steps of the numbers that stand for maps' values."""

MOST_BYTES = 2 * 2**20
"""What a snapshot takes, at most."""

MOST_READ = 4 * MOST_BYTES
"""A file that holds more than this is none of ours."""

NAME = re.compile(r"epoch-(\d{6,9})\.npz")
DTYPES: dict[str, tuple[np.dtype[Any], int]] = {
    FILTERS: (np.dtype(np.float16), 4), MAPS: (np.dtype(np.uint8), 3), RANGE: (np.dtype(np.float32), 1),
}  # fmt: skip
"""What an entry of each kind is made of, and how many axes it has."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network's inside after some epochs.

    Attributes:
        epochs: that lay behind it.
        filters: kernels (height, width, input channels, filters) by node.
        maps: outputs for the probe image (height, width, channels) by node.
    """

    epochs: int
    filters: Mapping[str, Floats]
    maps: Mapping[str, Floats]


def snapshot_path(run: Path, epochs: int) -> Path:
    """Where a run keeps what it looked like after so many epochs."""
    return run / SNAPSHOTS / f"epoch-{epochs:06d}.npz"


def snapshots_of(run: Path) -> dict[int, Path]:
    """A run's snapshots by the epochs that lay behind them, in that order; none where there is no such folder."""
    try:
        names = [path.name for path in (run / SNAPSHOTS).iterdir()]
    except OSError:
        return {}
    found = {int(match[1]): name for name in names if (match := NAME.fullmatch(name))}
    return {epochs: run / SNAPSHOTS / found[epochs] for epochs in sorted(found)}


def read_snapshot(path: Path) -> Snapshot | None:
    """What a snapshot holds; None for one that is damaged, too large, or gone."""
    from zipfile import BadZipFile, ZipFile  # late: the window opens without

    match = NAME.fullmatch(path.name)
    try:
        data = read_at_most(path, MOST_READ + 1)
        if match is None or len(data) > MOST_READ:
            return None
        with ZipFile(BytesIO(data)) as archive:
            entries = dict(_entries(archive))
    except (FileError, ValueError, BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError, MemoryError):
        return None
    filters = {node: values.astype(np.float32) for (kind, node), values in entries.items() if kind == FILTERS}
    maps = {
        node: _in_range(values, entries.get((RANGE, node))) for (kind, node), values in entries.items() if kind == MAPS
    }
    return Snapshot(int(match[1]), filters, maps)


def _in_range(levels: npt.NDArray[Any], span: npt.NDArray[Any] | None) -> Floats:
    """The values that numbers from 0 to 255 stand for."""
    low, high = (0.0, 1.0) if span is None or len(span) != 2 or not np.isfinite(span).all() else span.tolist()
    return (levels.astype(np.float32) * np.float32((high - low) / LEVELS) + np.float32(low)).astype(np.float32)


def _entries(archive: ZipFile) -> Iterator[tuple[tuple[str, str], npt.NDArray[Any]]]:
    """The arrays of an archive by kind and node. Raises ValueError where they are not what a snapshot holds."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > MOST_READ:
        raise ValueError("it holds more than any snapshot")
    for member in members:
        kind, _, node = member.filename.removesuffix(".npy").partition("/")
        if kind in DTYPES and node:
            yield (kind, node), _array(archive.read(member), *DTYPES[kind])


def _array(data: bytes, dtype: np.dtype[Any], axes: int) -> npt.NDArray[Any]:
    """The array of an .npy file, which must be of this type and have so many axes. Raises ValueError."""
    file = BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("it is of another version")
    shape, fortran, found = np.lib.format.read_array_header_1_0(file)
    size = math.prod(shape)
    if found != dtype or len(shape) != axes or fortran or min(shape, default=0) <= 0:
        raise ValueError(f"{found} {shape} was not expected")
    if len(data) - file.tell() != size * dtype.itemsize:
        raise ValueError("its length is another one than it says")
    return np.frombuffer(data, dtype, size, file.tell()).reshape(shape)
