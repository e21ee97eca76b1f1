"""`ImageGrid`: many small maps in a wrapping grid, painted from numbers; only what is visible costs anything."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.colormaps import LEVELS, MAGMA, colorize, lookup_table, to_qimage, value_range
from widgets.theme import DARK, Theme, monospace

Floats = npt.NDArray[np.float32]
Describe = Callable[[int, int, int], str]
"""Words for (map, row, column), for the tooltip."""

EMPTY: Floats = np.zeros((0, 1, 1), dtype=np.float32)
LARGEST_CELL = 16
"""Pixels: a single small map does not grow beyond this for each of its values."""


class ImageGrid(QWidget):
    """Maps (number, height, width) as tiles that wrap; the height follows from the width."""

    def __init__(self, tile: int = 64, gap: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tile, self._gap = tile, gap
        self._maps: Floats = EMPTY
        self._low = self._span = np.ones((0, 1, 1))
        self._colors = MAGMA
        self._columns: int | None = None
        self._describe: Describe = lambda index, row, column: f"channel {index} · row {row}, column {column}"
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_maps(
        self,
        maps: Floats,
        colors: str = MAGMA,
        *,
        common_scale: bool = True,
        columns: int | None = None,
        describe: Describe | None = None,
    ) -> None:
        """Show maps (number, height, width).

        With `common_scale` one range of colours covers all of them, otherwise each map has its own. `columns` fixes how
        many stand in a row; otherwise they wrap.
        """
        self._maps, self._colors, self._columns = maps, colors, columns
        self._describe = describe or self._describe
        ranges = [value_range(maps, colors)] * len(maps) if common_scale else [value_range(m, colors) for m in maps]
        low, high = np.array(ranges, dtype=np.float64).reshape(-1, 2, 1, 1).swapaxes(0, 1)
        self._low, self._span = low, np.where(high > low, high - low, 1.0)
        self.setMinimumWidth(self._columns * (self.tile_size().width() + self._gap) if self._columns else 0)
        self.updateGeometry()
        self.update()

    @property
    def levels(self) -> tuple[float, float]:
        """The range of the colours: of all maps, or the widest where each has its own."""
        if not len(self._maps):
            return value_range(self._maps, self._colors)
        return float(self._low.min()), float((self._low + self._span).max())

    def tile_size(self, room: int | None = None) -> QSize:
        """Pixels of one tile where the grid is `room` wide: whole multiples of small maps; large maps shrink."""
        _count, height, width = self._maps.shape
        longest = max(height, width)
        if len(self._maps) == 1 and longest > 1:
            across = max(room or self.width(), self._tile) / width
            scale = min(float(LARGEST_CELL), across, max(self._tile * 4 / height, 1.0))
        else:
            scale = self._tile / longest
        if scale > 1:
            scale = float(int(scale))
        return QSize(max(1, round(width * scale)), max(1, round(height * scale)))

    def columns(self, room: int | None = None) -> int:
        """Tiles in one row where the grid is `room` wide."""
        width = room or self.width()
        return self._columns or max(1, (width + self._gap) // (self.tile_size(width).width() + self._gap))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = ceil(len(self._maps) / self.columns(width))
        return max(rows * (self.tile_size(width).height() + self._gap) - self._gap, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)  # the layout asks heightForWidth

    def sizeHint(self) -> QSize:
        width = max(self.minimumWidth(), 4 * self._tile)
        return QSize(width, self.heightForWidth(width))

    def tile_rect(self, index: int) -> QRect:
        """Where a tile stands."""
        size, columns = self.tile_size(), self.columns()
        row, column = divmod(index, columns)
        corner = QPoint(column * (size.width() + self._gap), row * (size.height() + self._gap))
        return QRect(corner, size)

    def value_text(self, position: QPoint) -> str:
        """What stands at a position of the widget, in words; empty between the tiles."""
        count, height, width = self._maps.shape
        size = self.tile_size()
        column, row = position.x() // (size.width() + self._gap), position.y() // (size.height() + self._gap)
        index = row * self.columns() + column
        if column >= self.columns() or not 0 <= index < count:
            return ""
        rect = self.tile_rect(index)
        if not rect.contains(position):
            return ""
        inside = position - rect.topLeft()
        y, x = inside.y() * height // size.height(), inside.x() * width // size.width()
        return f"{self._describe(index, y, x)}: {self._maps[index, y, x]:.4g}"

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.value_text(event.pos()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._maps):
            return
        painter = QPainter(self)
        size, columns = self.tile_size(), self.columns()
        shrinks = size.width() < self._maps.shape[2]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        step = size.height() + self._gap
        first = event.rect().top() // step * columns
        last = min((event.rect().bottom() // step + 1) * columns, len(self._maps))
        pixels = self._pixels(first, last)
        for index in range(first, last):
            rect = self.tile_rect(index)
            if rect.intersects(event.rect()):
                painter.drawImage(rect, _view(pixels[index - first]))

    def _pixels(self, first: int, last: int) -> npt.NDArray[np.uint32]:
        chosen = slice(first, last)
        scaled = ((self._maps[chosen] - self._low[chosen]) / self._span[chosen]).astype(np.float32)
        return np.ascontiguousarray(colorize(scaled, self._colors, (0.0, 1.0)))


class ScaleBar(QWidget):
    """The colours of a map with the values at both ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._colors, self._levels = MAGMA, (0.0, 1.0)
        self.setFixedHeight(16)
        self.setMinimumWidth(120)
        self.setMaximumWidth(240)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_scale(self, colors: str, levels: tuple[float, float]) -> None:
        """Show the colours for values from levels[0] to levels[1]."""
        self._colors, self._levels = colors, levels
        self.setAccessibleName(f"Colour scale from {levels[0]:.3g} to {levels[1]:.3g}")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(monospace(10))
        painter.setPen(self._theme.color("dim"))
        low, high = (f"{level:.2g}".replace("-", "−") for level in self._levels)
        area = QRectF(self.rect())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, low)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
        left, right = (painter.fontMetrics().horizontalAdvance(text) + 6 for text in (low, high))
        bar = QRectF(left, 4, self.width() - left - right, self.height() - 8)
        painter.drawImage(bar, to_qimage(lookup_table(self._colors)[None, :]), QRectF(0, 0, LEVELS, 1))


def _view(pixels: npt.NDArray[np.uint32]) -> QImage:
    """A QImage over colours that outlive the painting: no copy."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32)
