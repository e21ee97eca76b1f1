"""What is kept of a sample once it was looked at: 62 bytes, whatever its size."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha1
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.images import LUMINANCE, Floats
from models.data.samples import Values

RECORD = np.dtype(
    [
        ("rank", "u1"),
        ("flags", "u1"),
        ("shape", "<u4", (4,)),
        ("low", "<f4"),
        ("high", "<f4"),
        ("mean", "<f4"),
        ("digest", "<u8", (2,)),
        ("mask", "<u8"),
        ("hash", "<u8"),
    ]
)
"""Of each sample: its axes and shape, the range and the mean of its finite values, digests of itself and of its mask,
and a hash that pictures share which look the same; 0 where there is none."""

Records = npt.NDArray[np.void]
Hashes = npt.NDArray[np.uint64]

BROKEN, MASK_SIZE, CONSTANT, NOT_FINITE = 1, 2, 4, 8
"""Flags."""

SMALLEST_SIDE = 16
"""Pixels below which pictures get no hash: of digits of 8×8 pixels many look the same."""

FLAT = 0.03
"""Of white: pictures with less contrast get no hash, since noise alone would make it."""

STEP = 0.008
"""Of white (two of 255 levels): what is brighter than its neighbour must be so by this much, or noise would decide."""

SAMPLED_SIDE = 288
"""Pixels of the longer side that a reduction looks at; of larger pictures it takes every second, third … pixel."""

WHOLE_LINES = 6
"""Lines of pixels in a row of cells, from which on it is made of whole lines."""


# --- samples ----------------------------------------------------------------------------------------------------------
def describe(block: Values, white: float) -> Records:
    """The records of samples of one shape: (samples, …). Raises ValueError where they have no values."""
    records = np.zeros(len(block), RECORD)
    shape = block.shape[1:]
    if 0 in shape:
        raise ValueError(f"it has no values: its shape is {'×'.join(map(str, shape))}")
    if len(shape) > 4:
        raise ValueError(f"it has {len(shape)} axes; samples have one to four")
    records["rank"] = len(shape)
    records["shape"][:, : len(shape)] = shape
    _measure(block, records)
    records["digest"] = [digest(sample) for sample in block]
    if len(shape) == 3 and min(shape[:2]) >= SMALLEST_SIDE:
        records["hash"] = look_hash(block, white or float(records["high"].max() - records["low"].min()))
    return records


def _measure(block: Values, records: Records) -> None:
    """Fill in range, mean and flags."""
    axes = tuple(range(1, block.ndim))
    if block.dtype.kind == "f":
        finite = np.isfinite(block)
        whole = finite.all(axes)
        if not whole.all():
            records["flags"][~whole] |= NOT_FINITE
            block = np.where(finite, block, 0)
    records["low"], records["high"] = block.min(axes), block.max(axes)
    records["mean"] = _means(block.reshape(len(block), -1))
    constant = (records["low"] == records["high"]) if block.ndim < 4 else _is_one_colour(block)
    records["flags"][constant & (records["flags"] & NOT_FINITE == 0)] |= CONSTANT


def _means(values: Values) -> npt.NDArray[np.float64]:
    """The mean of each row of (samples, values)."""
    if values.dtype == np.uint8 and values.shape[1] < 2**24:
        return np.asarray(values.sum(1, dtype=np.uint32) / values.shape[1])
    return np.asarray(values.mean(1, dtype=np.float64))


def _is_one_colour(block: Values) -> npt.NDArray[np.bool_]:
    """Which images or volumes have the same values at every place. Few places show of most that they have not."""
    places = tuple(slice(None, None, max(side // 4, 1)) for side in block.shape[1:-1])
    first = block[(slice(None), *(slice(1) for _ in places))]
    same = np.asarray((block[(slice(None), *places)] == first).all(tuple(range(1, block.ndim))))
    for number in np.flatnonzero(same):
        same[number] = (block[number] == first[number]).all()
    return same


def digest(sample: Values) -> tuple[int, int]:
    """Shape and values in 16 bytes, as two numbers: the same for exact copies only."""
    hasher = sha1(f"{sample.shape}{sample.dtype.str}".encode(), usedforsecurity=False)  # processors have it built in
    hasher.update(np.ascontiguousarray(sample).data)
    found = hasher.digest()
    return int.from_bytes(found[:8], "little"), int.from_bytes(found[8:16], "little")


def shape_of(record: Any) -> Shape:
    """The shape in a record."""
    return tuple(int(size) for size in record["shape"][: int(record["rank"])])


# --- pictures that look the same --------------------------------------------------------------------------------------
def look_hash(block: Values, white: float) -> Hashes:
    """Difference hashes of pictures (samples, height, width, channels): of 8×9 grey cells, which is brighter than the
    one to its left. 0 for pictures with hardly any contrast.
    """
    small = grey(shrunk(sampled(block), 8, 9))
    flat = small.max((1, 2)) - small.min((1, 2)) < FLAT * white
    brighter = small[:, :, 1:] - small[:, :, :-1] > STEP * white
    hashes: Hashes = np.packbits(brighter.reshape(len(block), 64), axis=1).view("<u8")[:, 0].astype(np.uint64)
    hashes[flat] = 0
    return hashes


def sampled(block: Values) -> Values:
    """Pictures (samples, height, width, channels) with few enough pixels to be reduced quickly."""
    down, across = (max(side // SAMPLED_SIDE, 1) for side in block.shape[1:3])
    return np.nan_to_num(block[:, ::down, ::across])


def grey(block: Floats) -> Floats:
    """(samples, height, width) from (samples, height, width, channels)."""
    if block.shape[-1] == 3:
        return np.asarray(block @ LUMINANCE)
    return block[..., 0] if block.shape[-1] == 1 else np.asarray(block.mean(-1))


def shrunk(block: Values, rows: int, columns: int) -> Floats:
    """(samples, height, width, channels) → (samples, rows, columns, channels), each cell the mean of its pixels.

    Of large pictures a pixel on the edge between two rows of cells counts in one of them: sums of whole lines are
    quick.
    """
    count, height, width, channels = block.shape
    if height >= WHOLE_LINES * rows:
        edges = np.linspace(0, height, rows + 1).round().astype(int).tolist()
        kind = np.uint32 if block.dtype == np.uint8 else np.float32
        sums = [block[:, top:end].sum(1, dtype=kind) / np.float32(end - top) for top, end in pairwise(edges)]
        lines = np.stack(sums, axis=1).astype(np.float32)
    else:
        lines = _cells(height, rows) @ block.reshape(count, height, width * channels).astype(np.float32)
    cells = _cells(width, columns) @ lines.reshape(count * rows, width, channels)
    return np.asarray(cells.reshape(count, rows, columns, channels))


@lru_cache(maxsize=256)
def _cells(size: int, cells: int) -> Floats:
    """(cells, size) how much each pixel counts in the mean of each cell."""
    edges = np.linspace(0, size, cells + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.clip(overlap, 0, None) * (cells / size), dtype=np.float32)
