"""Numbers along the axes of the small plots, and the frame they are painted in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from widgets.theme import Theme, interface_font

LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 8.0, 30.0
"""Pixels around the frame, for the numbers and the axis's name."""

Mark = tuple[float, str]
"""Where on an axis, in its own unit, and what stands there."""


def rate_text(value: float) -> str:
    """A learning rate as people write it: `0.001`, `3e-4`, `0`."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    digits, power = f"{value:.2e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"


def nice_marks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """At most `most` round numbers, evenly spaced, from `low` to `high`: steps of 1, 2 or 5 times a power of ten."""
    if not high > low or most < 1:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def decades(low: float, high: float) -> list[float]:
    """The powers of ten from `low` to `high`, as exponents; both are exponents themselves."""
    return [float(power) for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]


@dataclass(frozen=True)
class Frame:
    """A plot's place and its ranges: maps values to pixels and back."""

    rect: QRectF
    left: float
    right: float
    bottom: float
    top: float

    def point(self, x: float, y: float) -> QPointF:
        """The pixel of a value."""
        return QPointF(self.x(x), self.y(y))

    def x(self, value: float) -> float:
        return self.rect.left() + (value - self.left) / (self.right - self.left) * self.rect.width()

    def y(self, value: float) -> float:
        return self.rect.bottom() - (value - self.bottom) / (self.top - self.bottom) * self.rect.height()

    def value_at(self, pixel: float) -> float:
        """The value on the horizontal axis under a pixel, within the range."""
        share = (pixel - self.rect.left()) / max(self.rect.width(), 1.0)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def frame_of(width: float, height: float, across: tuple[float, float], along: tuple[float, float]) -> Frame:
    """The frame in a widget of this size, with the ranges of the horizontal and of the vertical axis."""
    rect = QRectF(LEFT, TOP, max(width - LEFT - RIGHT, 1.0), max(height - TOP - BOTTOM, 1.0))
    return Frame(rect, *_with_room(*across), *_with_room(*along))


def _with_room(low: float, high: float) -> tuple[float, float]:
    """A range that is no point, for numbers of any size."""
    least = max(abs(low) * 1e-6, 1e-12)
    return low, max(high, low + least)


def paint_frame(
    painter: QPainter, frame: Frame, theme: Theme, across: Sequence[Mark], along: Sequence[Mark], name: str
) -> None:
    """Paint the background, a line at each mark of the vertical axis, the marks, and what is along the bottom."""
    rect = frame.rect
    painter.fillRect(rect, theme.color("background"))
    painter.setFont(interface_font(10))
    for value, text in along:
        y = frame.y(value)
        painter.setPen(QPen(theme.color("line", 140), 1))
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
        painter.setPen(theme.color("dim"))
        place = QRectF(0, min(max(y - 7, 0), rect.bottom() - 13), rect.left() - 5, 14)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    for value, text in across:
        x = frame.x(value)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x, rect.bottom() + 3))
        painter.setPen(theme.color("dim"))
        width = painter.fontMetrics().horizontalAdvance(text) + 2
        left = min(max(x - width / 2, rect.left() - 12), rect.right() + RIGHT - width)
        painter.drawText(QRectF(left, rect.bottom() + 3, width, 13), Qt.AlignmentFlag.AlignCenter, text)
    painter.drawText(QRectF(rect.left(), rect.bottom() + 15, rect.width(), 14), Qt.AlignmentFlag.AlignCenter, name)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.drawRect(rect)
