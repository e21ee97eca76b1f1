"""`Histogram`: how the values of each channel are spread."""

from __future__ import annotations

from math import floor, log10

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from widgets.data.class_colors import class_color
from widgets.data.pixel_values import channel_names, value_text
from widgets.theme import DARK, Theme, interface_font, monospace

MOST_CHANNELS = 8
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 18, 20
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


class Histogram(QWidget):
    """A stepped outline for each channel, told apart by letter, dashes and colour; tooltips have the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("channelHistogram")
        self.setMinimumSize(160, 120)
        self._theme = DARK
        self._counts: npt.NDArray[np.int64] = np.zeros((0, 1), np.int64)
        self._edges: npt.NDArray[np.float32] = np.array([0, 1], np.float32)
        self.setAccessibleName("Histogram: no values")

    def set_counts(self, counts: npt.NDArray[np.int64], edges: npt.NDArray[np.float32]) -> None:
        """Show how many values (channels, bins) lie between the edges (bins + 1,)."""
        self._counts, self._edges = counts[:MOST_CHANNELS], edges
        names = channel_names(len(counts))
        ends = f"values from {value_text(edges[0])} to {value_text(edges[-1])}"
        self.setAccessibleName(f"Histogram of {ends}")
        peaks = [
            f"{name or 'values'} most often near {self._middle(int(np.argmax(row)))}"
            for name, row in zip(names, counts, strict=True)
        ]
        self.setAccessibleDescription(", ".join(peaks[:MOST_CHANNELS]))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def bin_text(self, position: QPointF) -> str:
        """The bin under a position, in words; empty beside the bins."""
        area = self._area()
        if not len(self._counts) or not area.contains(position):
            return ""
        bins = self._counts.shape[1]
        place = min(int((position.x() - area.left()) / area.width() * bins), bins - 1)
        low, high = value_text(self._edges[place]), value_text(self._edges[place + 1])
        names = channel_names(len(self._counts))
        numbers = [f"{name} {int(row[place]):,}".strip() for name, row in zip(names, self._counts, strict=True)]
        return f"{low} … {high}: {', '.join(numbers)} values"

    def sizeHint(self) -> QSize:
        return QSize(280, 152)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.bin_text(QPointF(event.pos())), self)
            return True
        return bool(super().event(event))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        painter.fillRect(area, self._theme.color("background"))
        self._paint_axis(painter, area)
        highest = max(int(self._counts.max(initial=0)), 1)
        for channel in range(len(self._counts)):
            self._paint_channel(painter, area, channel, highest)
        if len(self._counts) > 1:
            self._paint_legend(painter, area)
        painter.end()

    def _paint_channel(self, painter: QPainter, area: QRectF, channel: int, highest: int) -> None:
        counts = self._counts[channel]
        width = area.width() / len(counts)
        points = [QPointF(area.left(), area.bottom())]
        for place, count in enumerate(counts.tolist()):
            y = area.bottom() - count / highest * area.height()
            points += [QPointF(area.left() + place * width, y), QPointF(area.left() + (place + 1) * width, y)]
        points.append(QPointF(area.right(), area.bottom()))
        color = self.channel_color(channel)
        tint = QColor(color)
        tint.setAlpha(36)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawPolygon(QPolygonF(points))
        painter.setPen(QPen(color, 1.5, DASHES[channel % len(DASHES)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        """Which line is which channel, above the bins."""
        painter.setFont(interface_font(11))
        names = channel_names(len(self._counts))
        width = max((painter.fontMetrics().horizontalAdvance(name) for name in names), default=0)
        left = area.right() - len(names) * (width + 36) + 8
        for channel, name in enumerate(names):
            painter.setPen(QPen(self.channel_color(channel), 2, DASHES[channel % len(DASHES)]))
            painter.drawLine(QPointF(left, TOP / 2), QPointF(left + 18, TOP / 2))
            painter.setPen(self._theme.color("text"))
            painter.drawText(QRectF(left + 22, 0, width + 2, TOP), Qt.AlignmentFlag.AlignVCenter, name)
            left += width + 36

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(monospace(11))
        low, high = float(self._edges[0]), float(self._edges[-1])
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        for share, side in zip((0.0, 0.5, 1.0), sides, strict=True):
            x = area.left() + share * area.width()
            painter.setPen(self._theme.color("line"))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom() + 4))
            painter.setPen(self._theme.color("dim"))
            left = x - (0.0, 40.0, 80.0)[sides.index(side)]
            digits = 2 - floor(log10(max(high - low, 1e-12)))  # as many as tell the ends apart
            text = value_text(round(low + share * (high - low), digits))
            painter.drawText(QRectF(left, area.bottom() + 4, 80, 16), side | Qt.AlignmentFlag.AlignVCenter, text)

    def channel_color(self, channel: int) -> QColor:
        """Red, green and blue for such channels, grey for one alone."""
        if len(self._counts) in (3, 4):
            return self._theme.color(("bad", "ok", "accent", "dim")[channel])
        return self._theme.color("dim") if len(self._counts) == 1 else class_color(channel, self._theme)

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _middle(self, place: int) -> str:
        return value_text((float(self._edges[place]) + float(self._edges[place + 1])) / 2)
