"""`ZooPlot`: architectures as points, parameters across and multiply-adds up, both in powers of ten."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from widgets.theme import DARK, Theme, interface_font

LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 34
RADIUS = 4.5
REACH = 14
"""Pixels from which a point is hit."""

UNITS = {0: "1", 3: "1 k", 6: "1 M", 9: "1 G", 12: "1 T"}


class Point(NamedTuple):
    """An architecture in the plane."""

    key: str
    title: str
    parameters: int
    multiply_adds: int


class ZooPlot(QWidget):
    """The plane. A click or the arrow keys choose a point; names stand where there is room for them.

    Signals:
        point_chosen(key).
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("zooPlot")
        self.setAccessibleName("Parameters against multiply-adds")
        self.setMinimumSize(240, 140)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = DARK
        self._points: tuple[Point, ...] = ()
        self._current = ""

    def set_points(self, points: Sequence[Point]) -> None:
        """Show these points; both axes fit them."""
        self._points = tuple(sorted(points, key=lambda point: point.parameters))
        self.update()

    def set_current(self, key: str) -> None:
        """Mark a point, without reporting it."""
        self._current = key
        chosen = next((point for point in self._points if point.key == key), None)
        self.setAccessibleDescription(_spoken(chosen) if chosen is not None else "")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def position(self, point: Point) -> QPointF:
        """Where a point stands in the widget."""
        area = self._area()
        (left, right), (low, high) = self._ranges()
        x = (log10(max(point.parameters, 1)) - left) / (right - left)
        y = (log10(max(point.multiply_adds, 1)) - low) / (high - low)
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def point_at(self, position: QPointF) -> Point | None:
        """The nearest point within reach."""
        near = [(_distance(self.position(point), position), point) for point in self._points]
        distance, point = min(near, default=(REACH + 1.0, None), key=lambda pair: pair[0])
        return point if distance <= REACH else None

    # --- events -----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = self.point_at(event.position())
        if point is not None:
            self.point_chosen.emit(point.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = 1 if event.key() == Qt.Key.Key_Right else -1 if event.key() == Qt.Key.Key_Left else 0
        if not step or not self._points:
            super().keyPressEvent(event)
            return
        keys = [point.key for point in self._points]
        index = keys.index(self._current) + step if self._current in keys else 0
        self.point_chosen.emit(keys[min(max(index, 0), len(keys) - 1)])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            point = self.point_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), _spoken(point) if point is not None else "", self)
            return True
        return bool(super().event(event))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(interface_font(10))
        painter.fillRect(self._area(), self._theme.color("background"))
        if self._points:
            self._paint_axes(painter)
            self._paint_points(painter)
        painter.end()

    # --- painting ---------------------------------------------------------------------------------------------------
    def _paint_axes(self, painter: QPainter) -> None:
        area, theme, centred = self._area(), self._theme, Qt.AlignmentFlag.AlignCenter
        (left, right), (low, high) = self._ranges()
        for power in range(left, right + 1):
            x = area.left() + (power - left) / (right - left) * area.width()
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.color("dim"))
            painter.drawText(QRectF(x - 30, area.bottom() + 2, 60, 14), centred, _power_text(power))
        for power in range(low, high + 1):
            y = area.bottom() - (power - low) / (high - low) * area.height()
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("dim"))
            alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), alignment, _power_text(power))
        painter.drawText(QRectF(area.left(), area.bottom() + 16, area.width(), 16), centred, "parameters")
        painter.save()
        painter.translate(10, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 16), centred, "multiply-adds")
        painter.restore()

    def _paint_points(self, painter: QPainter) -> None:
        """The current point last, on top; a name only where it covers no other name or point."""
        theme = self._theme
        places = [self.position(point) for point in self._points]
        taken = [QRectF(place.x() - 6, place.y() - 6, 12, 12) for place in places]
        order = sorted(self._points, key=lambda point: point.key != self._current)
        for point in order:
            place, chosen = self.position(point), point.key == self._current
            width = painter.fontMetrics().horizontalAdvance(point.title)
            name = QRectF(place.x() + 8, place.y() - 8, width + 2, 16)
            if name.right() > self.width():
                name.moveRight(place.x() - 8)
            if chosen or not any(name.intersects(other) for other in taken):
                taken.append(name)
                painter.setPen(theme.color("text" if chosen else "dim"))
                painter.drawText(name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, point.title)
        for point in reversed(order):
            chosen = point.key == self._current
            painter.setPen(QPen(theme.color("text"), 2) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent", 255 if chosen else 190))
            radius = RADIUS + 1.5 if chosen else RADIUS
            painter.drawEllipse(self.position(point), radius, radius)

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _ranges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The powers of ten that the axes go from and to."""
        return _range([point.parameters for point in self._points]), _range([p.multiply_adds for p in self._points])


def _range(values: Sequence[int]) -> tuple[int, int]:
    powers = [floor(log10(max(value, 1))) for value in values] or [0]
    return min(powers), max(powers) + 1


def _distance(a: QPointF, b: QPointF) -> float:
    return float(((a.x() - b.x()) ** 2 + (a.y() - b.y()) ** 2) ** 0.5)


def _power_text(power: int) -> str:
    """`10 k` for 4."""
    unit = power // 3 * 3
    return f"{10 ** (power - unit)}{UNITS.get(unit, f'e{unit}')[1:]}"


def _spoken(point: Point) -> str:
    return f"{point.title}: {point.parameters:,} parameters, {point.multiply_adds:,} multiply-adds"
