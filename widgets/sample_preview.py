"""`SamplePreview`: a few samples of a data set in a wrapping grid, each with its class's name."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from models.blocks import Family
from widgets.colormaps import to_qimage
from widgets.theme import DARK, Theme, interface_font

Floats = npt.NDArray[np.float32]
TILE, NAME_HEIGHT, GAP = 78, 18, 8
LINES = (Family.CONVOLUTION, Family.POOLING, Family.NORMALIZATION, Family.DENSE)
"""Colours of a signal's first channels."""


class SamplePreview(QWidget):
    """Paints images as pictures, rows and signals as lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[Floats, ...] = ()
        self._names: tuple[str, ...] = ()
        self._theme = DARK
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFont(interface_font(11))
        self.setAccessibleName("Some of the samples")

    def set_samples(self, images: Sequence[Floats], names: Sequence[str]) -> None:
        """Show float32 (height, width, 1 or 3) in 0 … 1, (steps, channels), or (values,); with their classes."""
        self._images, self._names = tuple(images), tuple(names)
        self.setAccessibleDescription(", ".join(self._names))
        self.updateGeometry()
        self.update()

    @property
    def names(self) -> tuple[str, ...]:
        """What stands under the samples."""
        return self._names

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = ceil(len(self._images) / self._columns(width))
        return max(rows * (TILE + NAME_HEIGHT + GAP) - GAP, TILE + NAME_HEIGHT)

    def sizeHint(self) -> QSize:
        width = 6 * (TILE + GAP) - GAP
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(TILE, TILE + NAME_HEIGHT)

    def tile_rect(self, index: int) -> QRect:
        """Where a sample stands."""
        row, column = divmod(index, self._columns(self.width()))
        return QRect(column * (TILE + GAP), row * (TILE + NAME_HEIGHT + GAP), TILE, TILE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, image in enumerate(self._images):
            tile = self.tile_rect(index)
            frame = QPainterPath()
            frame.addRoundedRect(QRectF(tile), 4, 4)
            painter.fillPath(frame, self._theme.color("raised"))
            painter.save()
            painter.setClipPath(frame)
            if image.ndim == 3:
                self._paint_picture(painter, QRectF(tile), image)
            else:
                self._paint_lines(painter, QRectF(tile).adjusted(4, 6, -4, -6), image)
            painter.restore()
            painter.setPen(self._theme.color("dim"))
            name = painter.fontMetrics().elidedText(self._names[index], Qt.TextElideMode.ElideRight, TILE)
            below = QRect(tile.left(), tile.bottom() + 1, TILE, NAME_HEIGHT)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, name)

    def _columns(self, width: int) -> int:
        return max((width + GAP) // (TILE + GAP), 1)

    def _paint_picture(self, painter: QPainter, tile: QRectF, image: Floats) -> None:
        height, width = image.shape[:2]
        scale = TILE / max(height, width)
        size = QRectF(0, 0, width * scale, height * scale)
        size.moveCenter(tile.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        painter.drawImage(size, to_qimage(_colors(image)))

    def _paint_lines(self, painter: QPainter, area: QRectF, values: Floats) -> None:
        channels = values[:, None] if values.ndim == 1 else values
        finite = np.nan_to_num(channels, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(finite.min()), float(finite.max())
        scaled = (finite - low) / (high - low) if high > low else np.full_like(finite, 0.5)
        x = np.linspace(area.left(), area.right(), len(scaled)) if len(scaled) > 1 else np.array([area.center().x()])
        for channel, family in zip(range(scaled.shape[1]), LINES, strict=False):
            painter.setPen(QPen(self._theme.family(family), 1.2))
            y = area.bottom() - scaled[:, channel] * area.height()
            points = [QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]
            if len(points) == 1:
                painter.drawEllipse(points[0], 2, 2)
            painter.drawPolyline(QPolygonF(points))


def _colors(image: Floats) -> npt.NDArray[np.uint32]:
    """Colours 0xffRRGGBB of an image (height, width, 1 or 3) in 0 … 1."""
    channels = image if image.shape[-1] >= 3 else np.repeat(image[:, :, :1], 3, axis=-1)
    pixels = np.clip(np.nan_to_num(channels[:, :, :3]) * 255, 0, 255).astype(np.uint32)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    colors: npt.NDArray[np.uint32] = np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue
    return colors
