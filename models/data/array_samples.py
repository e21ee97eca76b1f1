"""Opening arrays as samples: axes in order, values as bytes or float32, labels as classes, one part after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.blocks import Shape, shape_text
from models.data.array_axes import arranged, check_axes, detected_axes
from models.data.array_files import ArrayInfo, arrays_in, check_readable, is_npz, read_arrays
from models.data.array_labels import classes_of
from models.data.array_roles import Pair, Roles, find_roles
from models.data.facts import DataError, DataFacts
from models.data.memory import physical_memory
from models.data.samples import ArraySamples, Indices, Samples, Values

if TYPE_CHECKING:
    from models.data.sources.arrays import ArrayFile
    from models.data.sources.base import Progress

SAMPLED = 256
"""So many samples, spread over the whole array, say what the value of white is."""


class StoredSamples(Samples):
    """Samples that stay in their files, several arrays one after the other; each is converted when it is read."""

    def __init__(
        self,
        facts: DataFacts,
        arrays: Sequence[Values],
        labels: Indices,
        parts: npt.NDArray[np.int8] | None,
        masks: Values | None,
    ) -> None:
        self.facts, self.arrays, self.labels, self.parts, self.masks = facts, tuple(arrays), labels, parts, masks
        self._starts = np.cumsum([0, *(len(array) for array in arrays)]).tolist()

    def read(self, index: int) -> Values:
        array = bisect_right(self._starts, index) - 1
        return converted(np.asarray(self.arrays[array][index - self._starts[array]]))

    def mask(self, index: int) -> Values | None:
        return None if self.masks is None else np.asarray(self.masks[index])


def open_arrays(source: ArrayFile, progress: Progress | None = None) -> Samples:
    """Open an .npz, or an .npy with others beside it. Raises DataError."""
    path = Path(source.path)
    infos = arrays_in(path)
    roles = find_roles(infos, source)
    for pair in roles.pairs:
        for info in (pair.values, pair.labels, pair.masks):
            if info is not None:
                check_readable(info, path.name)
    axes = _axes(roles.pairs[0], source)
    for pair in roles.pairs:
        _check_pair(pair, axes, roles.pairs[0], path.name)
    tick = _ticker(roles, progress)

    def read(info: ArrayInfo) -> Values:
        return next(read_arrays(path, [info], tick))

    names = tuple(str(name) for name in read(roles.class_names).reshape(-1)) if roles.class_names else ()
    labels, classes, masks = _targets(roles, axes, names, read, path.name)
    shape = _sample_shape(roles.pairs[0].values, axes)
    counts = [_count(pair, axes) for pair in roles.pairs]
    parts = np.repeat(np.array([pair.part for pair in roles.pairs], np.int8), counts) if len(counts) > 1 else None
    in_memory = is_npz(path)
    _check_memory([pair.values for pair in roles.pairs], path.name, in_memory)
    arrays = [arranged(read(pair.values), axes) for pair in roles.pairs]
    facts = DataFacts(
        name=path.stem,
        samples=sum(counts),
        sample_shape=shape,
        class_names=classes,
        white=white_of(arrays[0]),
        target="mask" if roles.pairs[0].labels is None else "class",
        has_masks=masks is not None,
        has_parts=parts is not None,
    )
    if len(arrays) == 1 and arrays[0].dtype in (np.uint8, np.float32) and arrays[0].dtype.isnative:
        return ArraySamples(facts, arrays[0], labels, parts, masks)
    if in_memory or sum(counts) * prod(shape) * 4 <= physical_memory() // 4:
        return ArraySamples(facts, _joined(arrays, sum(counts), shape), labels, parts, masks)
    return StoredSamples(facts, arrays, labels, parts, masks)


def converted(values: Values) -> Values:
    """Values as samples have them: bytes stay, booleans become 0 and 255, everything else float32."""
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint8:
        return values
    with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite, which the scan finds
        return values.astype(np.float32)


def white_of(values: Values) -> float:
    """The largest value that samples can have: 255 for bytes, 65,535 for uint16.

    For other numbers a look at SAMPLED samples tells, of images and volumes only: 1 where all lie in 0 … 1, 255 where
    they are whole numbers in 0 … 255, else 0, for no such value.

    Args:
        values: (samples, …), in order.
    """
    if values.dtype in (np.bool_, np.uint8):
        return 255.0
    if values.ndim < 4 or not values.size:
        return 0.0
    if values.dtype == np.uint16:
        return 65_535.0
    spread = np.unique(np.linspace(0, len(values) - 1, SAMPLED).astype(np.int64))
    seen = np.asarray(values[spread], dtype=np.float64)
    seen = seen[np.isfinite(seen)]
    if not seen.size or seen.min() < 0:
        return 0.0
    if seen.max() <= 1:
        return 1.0
    return 255.0 if seen.max() <= 255 and bool((seen == np.round(seen)).all()) else 0.0


# --- shapes and sizes -------------------------------------------------------------------------------------------------
def _axes(first: Pair, source: ArrayFile) -> str:
    axes = source.axes.replace(" ", "").lower()
    if axes:
        check_axes(axes, first.values.shape, first.values.name)
        return axes
    told = first.labels or first.masks
    return detected_axes(first.values.shape, told.shape[0] if told is not None and told.shape else None)


def _check_pair(pair: Pair, axes: str, first: Pair, file: str) -> None:
    """Raise DataError where the arrays of a part do not belong together, or not to the first part."""
    values = pair.values
    if values.dtype.kind not in "buif":
        raise DataError(
            f'"{values.name}" in {file} holds {values.dtype}, and numbers were expected. Name another array.'
        )
    if len(values.shape) != len(axes) or _sample_shape(values, axes) != _sample_shape(first.values, axes):
        raise DataError(
            f'"{values.name}" in {file} has the shape {shape_text(values.shape)} and does not go with '
            f'"{first.values.name}", {shape_text(first.values.shape)}: samples of both should have one shape.'
        )
    count = _count(pair, axes)
    if not prod(values.shape):
        raise DataError(
            f'"{values.name}" in {file} is empty: its shape is {shape_text(values.shape)}. Expected one sample or more.'
        )
    if pair.labels is not None and (not pair.labels.shape or pair.labels.shape[0] != count):
        found = f"{pair.labels.shape[0]:,} labels" if pair.labels.shape else "a single label"
        raise DataError(
            f'"{values.name}" in {file} has {count:,} samples and "{pair.labels.name}" {found}. Expected one for each: '
            "name the labels that belong to these samples, or say which axis counts them in axes."
        )


def _count(pair: Pair, axes: str) -> int:
    return pair.values.shape[axes.index("n")]


def _sample_shape(info: ArrayInfo, axes: str) -> Shape:
    """The shape of one sample, of numbers alone: nothing is read."""
    return arranged(np.broadcast_to(np.uint8(0), info.shape), axes).shape[1:]


def _check_memory(infos: Sequence[ArrayInfo], file: str, in_memory: bool) -> None:
    """Raise DataError where arrays that have to be in memory would take more than half of it."""
    values = sum(prod(info.shape) * (info.dtype.itemsize + 4 * (info.dtype.kind not in "b")) for info in infos)
    if all(info.dtype == np.uint8 for info in infos):
        values = sum(info.bytes for info in infos)
    if in_memory and values > physical_memory() // 2:
        raise DataError(
            f"{file} would take {values / 1e9:,.1f} GB, more than half of this machine's memory "
            f"({physical_memory() / 1e9:,.1f} GB). Save its arrays as .npy files, which are read piece by piece."
        )


def _joined(arrays: list[Values], count: int, shape: Shape) -> Values:
    """All parts in one array. Each is let go once it is copied, so that memory never holds everything twice."""
    plain = all(array.dtype in (np.bool_, np.uint8) for array in arrays)
    joined = np.empty((count, *shape), np.uint8 if plain else np.float32)
    start = 0
    while arrays:
        array = arrays.pop(0)
        for first in range(0, len(array), SAMPLED):  # in pieces: converting makes a copy
            piece = array[first : first + SAMPLED]
            joined[start : start + len(piece)] = converted(piece)
            start += len(piece)
    return joined


def _ticker(roles: Roles, progress: Progress | None) -> Callable[[int], None]:
    """Turn bytes that were read into progress."""
    total = sum(info.bytes for pair in roles.pairs for info in (pair.values, pair.labels, pair.masks) if info)
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        if progress is not None:
            progress(min(done, total), total)

    return tick


# --- labels and masks -------------------------------------------------------------------------------------------------
def _targets(
    roles: Roles, axes: str, names: tuple[str, ...], read: Callable[[ArrayInfo], Values], file: str
) -> tuple[Indices, tuple[str, ...], Values | None]:
    """Labels, classes, and masks (samples, height, width) where there are any."""
    pairs = roles.pairs
    masks = classes = None
    if pairs[0].masks is not None:
        masks, classes = _masks(pairs, axes, read, file)
    if pairs[0].labels is None:
        count = sum(_count(pair, axes) for pair in pairs)
        classes = classes or ()
        return np.full(count, -1, np.int64), names if len(names) >= len(classes) else classes, masks
    stored = [read(pair.labels) for pair in pairs if pair.labels is not None]
    if len({array.shape[1:] for array in stored if array.ndim > 1 and array.size != len(array)}) > 1:
        raise DataError(f"The labels in {file} have different widths in its parts. Save them all in one form.")
    flat = [array.reshape(len(array)) if array.size == len(array) else array for array in stored]
    name = f'"{pairs[0].labels.name}" in {file}'
    labels, classes = classes_of(np.concatenate(flat), name, names)
    return labels, classes, masks


def _masks(
    pairs: Sequence[Pair], axes: str, read: Callable[[ArrayInfo], Values], file: str
) -> tuple[Values, tuple[str, ...]]:
    """Masks (samples, height, width) as classes from 0, and the classes by the numbers they have in the file."""
    size = _sample_shape(pairs[0].values, axes)[:-1]
    infos = [pair.masks for pair in pairs if pair.masks is not None]
    if sum(info.bytes for info in infos) > physical_memory() // 4:
        raise DataError(f"The masks in {file} would fill the memory. Save them as uint8, or fewer of them.")
    stored = []
    for pair, info in zip(pairs, infos, strict=True):
        count = _count(pair, axes)
        masks = read(info)
        masks = masks[..., 0] if masks.ndim == 4 and masks.shape[-1] == 1 else masks
        masks = np.moveaxis(masks, -1, 0) if masks.ndim == 3 and len(masks) != count else masks
        if masks.shape != (count, *size) or len(size) != 2 or masks.dtype.kind not in "bui":
            raise DataError(
                f'"{info.name}" in {file} holds {shape_text(info.shape)} {info.dtype}, and masks of '
                f"{shape_text((count, *size))} integers were expected: a class for each pixel of each image."
            )
        stored.append(masks)
    values = np.unique(np.concatenate([np.unique(masks) for masks in stored]))
    if len(values) > 256:
        raise DataError(f'"{infos[0].name}" in {file} holds {len(values):,} classes; masks can have at most 256.')
    placed = [np.searchsorted(values, masks).astype(np.uint8) for masks in stored]
    return np.concatenate(placed), tuple(str(int(value)) for value in values)


# --- preview ----------------------------------------------------------------------------------------------------------
def previewed(samples: Samples, count: int = 12) -> tuple[list[npt.NDArray[np.float32]], list[str]]:
    """Some samples spread over the data set as pictures, and their classes' names.

    Images are float32 (height, width, 1 or 3) in 0 … 1, of a volume the middle slice; signals stay (steps, channels)
    and rows (values,). Where no value is white, the brightest one of a sample is.
    """
    images, names = [], []
    for index in np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(np.int64)).tolist():
        values = samples.read(index).astype(np.float32)
        if values.ndim == 4:
            values = values[len(values) // 2]
        if values.ndim == 3:
            values = values[..., :3] if values.shape[-1] >= 3 else values[..., :1]
            values = _stretched(values, samples.facts.white)
        images.append(values)
        label = int(samples.labels[index])
        names.append(samples.facts.class_names[label] if 0 <= label < samples.facts.classes else "")
    return images, names


def _stretched(values: npt.NDArray[np.float32], white: float) -> npt.NDArray[np.float32]:
    if white:
        clipped: npt.NDArray[np.float32] = np.clip(values / np.float32(white), 0, 1)
        return clipped
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    stretched: npt.NDArray[np.float32] = (values - low) / np.float32((high - low) or 1)
    return stretched
