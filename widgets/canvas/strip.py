"""A node's live feature maps, drawn small: a row of tiles for maps, a bar for a vector."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from widgets.colormaps import MAGMA, Floats, colorize, to_qimage

TILE = 26.0
TILE_GAP = 3.0
STRIP_WIDTH = 8 * TILE + 7 * TILE_GAP
VALUE_WIDTH = 12.0


class Strip:
    """Feature maps (height, width, channels) of one node; coloured only when they are first painted."""

    def __init__(self, values: Floats) -> None:
        self._values = values if values.shape[0] * values.shape[1] > 1 else values.reshape(1, -1, 1)
        self._image: QImage | None = None

    def paint(self, painter: QPainter, right: float, bottom: float) -> None:
        """Paint right-aligned, `TILE` pixels high and `STRIP_WIDTH` wide at most."""
        height, width, channels = self._values.shape
        if not self._values.size:
            return
        if self._image is None:
            channels_side_by_side = np.moveaxis(self._values, 2, 1).reshape(height, channels * width)
            self._image = to_qimage(colorize(channels_side_by_side, MAGMA))
        if height == 1:
            wide = min(STRIP_WIDTH, width * channels * VALUE_WIDTH)
            painter.drawImage(QRectF(right - wide, bottom - TILE, wide, TILE), self._image)
            return
        tile = min(TILE * width / height, STRIP_WIDTH)
        shown = min(channels, max(1, int((STRIP_WIDTH + TILE_GAP) / (tile + TILE_GAP))))
        left = right - shown * (tile + TILE_GAP) + TILE_GAP
        for channel in range(shown):
            target = QRectF(left + channel * (tile + TILE_GAP), bottom - TILE, tile, TILE)
            painter.drawImage(target, self._image, QRectF(channel * width, 0, width, height))
