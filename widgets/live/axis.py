"""Small axes for views that paint themselves: round places, their names, and where a value stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from widgets.plot_axes import count_text
from widgets.theme import Theme, interface_font

LEFT, BOTTOM, TOP, RIGHT = 44, 18, 4, 8
"""Pixels that the axes' names and the frame's edges take."""

TICK_ROOM = 64
"""Pixels that a name below the axis has."""


@dataclass(frozen=True)
class Span:
    """The values from `low` to `high` along one side of a picture."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value stands, 0 at `low` and 1 at `high`."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5


def frame_of(area: QRectF) -> QRectF:
    """What the axes leave of an area."""
    return area.adjusted(LEFT, TOP, -RIGHT, -BOTTOM)


def round_places(span: Span, most: int) -> list[float]:
    """Round numbers within a span, at most about so many."""
    width = span.high - span.low
    if not (width > 0 and math.isfinite(width)) or most < 1:
        return []
    rough = width / most
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1, 2, 5, 10) if factor * scale >= rough * 0.75)
    first = math.ceil(span.low / step - 1e-9)
    last = math.floor(span.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def value_text(value: float) -> str:
    """A number beside an axis."""
    return "0" if value == 0 else f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def power_text(value: float) -> str:
    """A value on a logarithmic scale, given by its logarithm."""
    return value_text(10.0**value)


def paint_axes(
    painter: QPainter,
    frame: QRectF,
    theme: Theme,
    steps: Span,
    values: Span,
    places: Sequence[float],
    write: Callable[[float], str] = value_text,
    grid: bool = True,
) -> None:
    """Lines and names: values at the left, steps below; with `grid`, a line across at each value."""
    painter.setFont(interface_font(10))
    names, line = theme.color("dim"), QPen(theme.color("line"), 1)
    for value in places:
        y = frame.bottom() - values.share(value) * frame.height()
        if grid:
            painter.setPen(QPen(faint(theme), 1))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
        painter.setPen(names)
        room = QRectF(frame.left() - LEFT, y - 8, LEFT - 5, 16)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, write(value))
    paint_steps(painter, frame, theme, steps)
    painter.setPen(line)
    painter.drawLine(frame.bottomLeft(), frame.bottomRight())
    painter.drawLine(frame.topLeft(), frame.bottomLeft())


def paint_steps(painter: QPainter, frame: QRectF, theme: Theme, steps: Span) -> None:
    """Names of steps below a frame, the first one with the word."""
    painter.setFont(interface_font(10))
    painter.setPen(theme.color("dim"))
    for index, step in enumerate(round_places(steps, max(int(frame.width() / TICK_ROOM), 2))):
        x = frame.left() + steps.share(step) * frame.width()
        text = f"step {count_text(step)}" if index == 0 else count_text(step)
        room = QRectF(x - TICK_ROOM / 2, frame.bottom() + 2, TICK_ROOM, 14)
        if index == 0 and room.left() < frame.left() - 8:
            room.moveLeft(frame.left())
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, text)
        elif room.right() > frame.right() + RIGHT:
            room.moveRight(frame.right() + RIGHT)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight, text)
        else:
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, text)


def faint(theme: Theme) -> QColor:
    """The colour of lines behind the curves."""
    return theme.color("line", 110)
