"""Numbers as colours: perceptually uniform magma for activations, a zero-centred diverging map for weights."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QImage

Floats = npt.NDArray[np.float32]
MAGMA = "magma"
DIVERGING = "diverging"
GREY = "grey"
LEVELS = 256


@cache
def lookup_table(name: str) -> npt.NDArray[np.uint32]:
    """256 colours as 0xffRRGGBB. `diverging` runs blue, near-white, red: negative, zero, positive."""
    if name == MAGMA:
        colors = pg.colormap.get("magma").getLookupTable(nPts=LEVELS, alpha=False)
    elif name == DIVERGING:
        stops = np.array([[33, 78, 190], [120, 160, 235], [242, 242, 245], [240, 140, 120], [190, 35, 40]], dtype=float)
        positions = np.linspace(0, LEVELS - 1, len(stops))
        colors = np.stack([np.interp(np.arange(LEVELS), positions, stops[:, c]) for c in range(3)], axis=1)
    else:
        colors = np.repeat(np.arange(LEVELS)[:, None], 3, axis=1)
    red, green, blue = np.asarray(colors, dtype=np.uint32).T
    packed: npt.NDArray[np.uint32] = np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue
    return packed


def value_range(values: Floats, name: str) -> tuple[float, float]:
    """The interval that the colours cover: symmetric about zero for the diverging map, min … max otherwise."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return (-1.0, 1.0) if name == DIVERGING else (0.0, 1.0)
    if name == DIVERGING:
        largest = float(np.abs(finite).max()) or 1.0
        return -largest, largest
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low, low + 1.0)


def colorize(values: Floats, name: str, levels: tuple[float, float] | None = None) -> npt.NDArray[np.uint32]:
    """Colours 0xffRRGGBB for values of any shape; values that are not finite become transparent."""
    low, high = levels or value_range(values, name)
    finite = np.isfinite(values)
    scaled = (np.where(finite, values, low) - low) * ((LEVELS - 1) / (high - low))
    colors = lookup_table(name)[np.clip(scaled, 0, LEVELS - 1).astype(np.uint8)]
    return np.where(finite, colors, np.uint32(0)).astype(np.uint32)


def to_qimage(pixels: npt.NDArray[np.uint32]) -> QImage:
    """A QImage that owns a copy of (height, width) colours."""
    height, width = pixels.shape
    buffer = np.ascontiguousarray(pixels)
    return QImage(buffer.data, width, height, width * 4, QImage.Format.Format_ARGB32).copy()
