"""Small pictures of samples of any kind, for a wall of them, and a store for those that were made."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from math import ceil, sqrt
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from models.data.decoding import FORMATS, BrokenImage
from models.data.images import Bytes
from models.data.samples import Boxes, FileSamples, Samples, Values

PAPER = (24, 26, 30)
"""Behind curves and bars, and between slices."""

COLOURS = np.array(
    [(86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (204, 121, 167), (213, 94, 0), (0, 114, 178)],
    np.uint8,
)
"""Of classes in masks and around boxes, and of a signal's channels; told apart by the colour-blind too (Okabe, Ito)."""

COVER = 0.5
"""How much a mask covers what is below it."""

SLICES = 9
"""Of a volume, so many are shown."""

DRAFT = 2
"""JPEGs are decoded at so many times the side that is wanted, or a little more: a fraction of the work."""


def thumbnail(samples: Samples, index: int, side: int, masks: bool = False, boxes: bool = False) -> Bytes:
    """A small picture of a sample: bytes (height, width, 3), no side above `side`; what is smaller stays as it is.

    Images keep their proportions. Of volumes some slices stand side by side, signals are curves, rows are bars, all
    these `side` pixels wide.
    Call it inside `models.data.decoding.quiet_pillow`; it may be called from several threads at once.

    Args:
        masks: lay the sample's mask over it, one colour for each class but 0.
        boxes: draw the boxes around its objects.

    Raises: BrokenImage with the reason.
    """
    path = samples.path(index) if type(samples).read is FileSamples.read else None
    drafted = None if path is None or boxes else _drafted(path, side)
    if drafted is not None:
        picture, scale = drafted, 1.0
    else:
        try:
            values = samples.read(index)
        except OSError as error:
            raise BrokenImage(error.strerror or str(error)) from error
        picture = drawn(values, samples.facts.white, side)
        scale = picture.shape[0] / values.shape[0] if values.ndim == 3 and values.shape[0] else 1.0
    if masks and (mask := samples.mask(index)) is not None and mask.ndim == 2:
        picture = covered(picture, mask)
    if boxes and (found := samples.boxes(index)) is not None:
        picture = framed(picture, found, scale)
    return picture


def drawn(values: Values, white: float, side: int) -> Bytes:
    """A sample of any kind as a small picture, as `thumbnail` says; where `white` is 0, its largest value is white."""
    if values.size == 0:
        raise BrokenImage("it has no values")
    levels = _levels(values, white)
    if values.ndim == 1:
        return _bars(levels, side)
    if values.ndim == 2:
        return _curves(levels, side)
    if values.ndim == 3:
        return _fitted(_coloured(levels), side)
    return _slices(levels, side)


def _levels(values: Values, white: float) -> npt.NDArray[np.float32]:
    """Values as 0 … 1: up to white, or where nobody says what that is, from the smallest to the largest."""
    exact = np.nan_to_num(values.astype(np.float32))
    if white > 0:
        return np.asarray(np.clip(exact / np.float32(white), 0, 1))
    low, high = exact.min(), exact.max()
    return np.asarray((exact - low) / max(high - low, np.float32(1e-12)))


# --- images and volumes -----------------------------------------------------------------------------------------------
def _drafted(path: Path, side: int) -> Bytes | None:
    """A large JPEG, decoded small; None for all others, and for those that cannot be read."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.format != "JPEG" or max(image.size) < 2 * DRAFT * side or image.mode not in ("L", "RGB"):
                return None
            image.draft(image.mode, (DRAFT * side, DRAFT * side))
            return _fitted(np.asarray(ImageOps.exif_transpose(image).convert("RGB")), side)
    except Exception:  # on damaged files Pillow's decoders raise nearly anything; reading it whole tells the reason
        return None


def _coloured(levels: npt.NDArray[np.float32]) -> Bytes:
    """(height, width, channels) in 0 … 1 as bytes of three channels: of two, or of more than three, the mean."""
    if levels.shape[-1] not in (1, 3):
        levels = levels.mean(-1, keepdims=True)
    pixels = np.round(levels * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _fitted(pixels: Bytes, side: int) -> Bytes:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _slices(levels: npt.NDArray[np.float32], side: int) -> Bytes:
    """Slices of a volume (depth, height, width, channels), evenly spread, in rows."""
    depth = len(levels)
    count = min(depth, SLICES)
    columns = ceil(sqrt(count))
    cell = max(side // columns, 1)
    sheet = np.empty((ceil(count / columns) * cell, columns * cell, 3), np.uint8)
    sheet[:] = PAPER
    for place, number in enumerate(np.linspace(0, depth - 1, count).round().astype(int).tolist()):
        picture = enlarged(_fitted(_coloured(levels[number]), cell), cell)
        top, left = divmod(place, columns)
        sheet[top * cell : top * cell + picture.shape[0], left * cell : left * cell + picture.shape[1]] = picture
    return sheet


def enlarged(pixels: Bytes, side: int) -> Bytes:
    """A small picture a whole number of times as large, as long as it fits."""
    times = max(side // max(pixels.shape[:2]), 1)
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


# --- signals and rows -------------------------------------------------------------------------------------------------
def _curves(levels: npt.NDArray[np.float32], side: int) -> Bytes:
    """A signal (steps, channels) as curves, one colour for each channel, high values at the top."""
    steps, channels = levels.shape
    height = max(side // 2, 2)
    sheet = _sheet(height, side)
    places = np.linspace(0, steps - 1, side)
    rows = np.arange(height)[:, None]
    for channel in range(channels):
        line = np.interp(places, np.arange(steps), levels[:, channel])
        at = np.round((1 - line) * (height - 1))
        before = np.r_[at[:1], at[:-1]]
        inside = (rows >= np.minimum(at, before)) & (rows <= np.maximum(at, before))
        sheet[inside] = COLOURS[channel % len(COLOURS)]
    return sheet


def _bars(levels: npt.NDArray[np.float32], side: int) -> Bytes:
    """A row of values as bars, the smallest value at the bottom."""
    height = max(side // 2, 2)
    sheet = _sheet(height, side)
    number = (np.arange(side) * len(levels)) // side
    tops = np.round((1 - levels[number]) * (height - 1))
    inside = np.arange(height)[:, None] >= tops
    if len(levels) * 3 <= side:  # room for a gap between two bars
        inside[:, np.r_[False, number[1:] != number[:-1]]] = False
    sheet[inside] = COLOURS[0]
    return sheet


def _sheet(height: int, width: int) -> Bytes:
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = PAPER
    return sheet


# --- masks and boxes --------------------------------------------------------------------------------------------------
def class_colours(classes: npt.NDArray[np.integer]) -> Bytes:
    """(…, 3) the colour of each class of a mask; class 0 has none and gives the first one, too."""
    return np.asarray(COLOURS[(np.maximum(classes.astype(np.int64), 1) - 1) % len(COLOURS)])


def covered(picture: Bytes, mask: Values) -> Bytes:
    """A picture with a mask over it, which may be of another size."""
    height, width = picture.shape[:2]
    rows = (np.arange(height) * mask.shape[0]) // height
    columns = (np.arange(width) * mask.shape[1]) // width
    classes = mask[rows[:, None], columns]
    mixed = np.round(picture * (1 - COVER) + class_colours(classes) * COVER).astype(np.uint8)
    return np.where((classes > 0)[:, :, None], mixed, picture)


def framed(picture: Bytes, boxes: Boxes, scale: float = 1.0) -> Bytes:
    """A picture with boxes around its objects; `scale` is its height over that which the boxes are meant for."""
    picture = picture.copy()
    height, width = picture.shape[:2]
    for top, left, bottom, right, label in boxes.tolist():
        rows = np.clip(np.round([top * scale, bottom * scale - 1]).astype(int), 0, height - 1)
        columns = np.clip(np.round([left * scale, right * scale - 1]).astype(int), 0, width - 1)
        colour = COLOURS[int(label) % len(COLOURS)]
        picture[rows, columns[0] : columns[1] + 1] = colour
        picture[rows[0] : rows[1] + 1, columns] = colour
    return picture


# --- a store ----------------------------------------------------------------------------------------------------------
class ThumbnailCache:
    """Pictures by key, as many as fit into some bytes; the ones not asked for the longest go first. Thread-safe."""

    def __init__(self, most_bytes: int = 64 << 20) -> None:
        self._most = most_bytes
        self._pictures: OrderedDict[Hashable, Bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes of the pictures."""
        return self._size

    def __len__(self) -> int:
        return len(self._pictures)

    def get(self, key: Hashable) -> Bytes | None:
        """The picture under a key; None where there is none, or no longer."""
        with self._lock:
            picture = self._pictures.get(key)
            if picture is not None:
                self._pictures.move_to_end(key)
            return picture

    def put(self, key: Hashable, picture: Bytes) -> None:
        """Keep a picture; one that alone is too large is not kept."""
        with self._lock:
            self._drop(key)
            if picture.nbytes > self._most:
                return
            self._pictures[key] = picture
            self._size += picture.nbytes
            while self._size > self._most:
                self._drop(next(iter(self._pictures)))

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._pictures.clear()
            self._size = 0

    def _drop(self, key: Hashable) -> None:
        dropped = self._pictures.pop(key, None)
        if dropped is not None:
            self._size -= dropped.nbytes
