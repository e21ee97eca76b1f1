"""`SchedulePlot`: the learning rate over the epochs of a run, before it begins and while it goes on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.schedules import Length
from widgets.theme import DARK, Theme, interface_font
from widgets.training.axes import Frame, Mark, frame_of, nice_marks, paint_frame, rate_text

POINTS = 600
HEIGHT = 128
HEADROOM = 1.12
KEY_STEPS = 50
"""Presses of an arrow key that cross the plot."""

UNKNOWN_STEPS = 100
"""Steps of an epoch to draw with while the data set is not known: the shape hardly depends on them."""


class SchedulePlot(QWidget):
    """Draws a plan's learning rate at each step. The pointer, or the arrow keys, read it at one place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("schedulePlot")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = DARK
        self._plan = DEFAULT_PLAN
        self._length = Length(UNKNOWN_STEPS, UNKNOWN_STEPS)
        self._epochs = np.zeros(1)
        self._rates = np.zeros(1)
        self._read_at: float | None = None
        self._done: tuple[float, float] | None = None
        self.set_plan(DEFAULT_PLAN, None)

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_plan(self, plan: TrainingPlan, steps_per_epoch: int | None) -> None:
        """Show a plan's learning rate; the steps of an epoch are None while the data set is not known."""
        self._plan, self._length = plan, length_of(plan, steps_per_epoch or UNKNOWN_STEPS)
        steps = np.unique(np.linspace(0, self._length.steps - 1, POINTS).astype(np.int64))
        self._epochs = steps / self._length.steps_per_epoch
        self._rates = plan.learning_rate * plan.schedule.factors(steps, self._length)
        self.setAccessibleName(f"Learning rate over {self.last_epoch:.3g} epochs")
        self.setAccessibleDescription(self.spoken)
        self.setToolTip("")
        self.update()

    def set_progress(self, epoch: float | None, rate: float | None = None) -> None:
        """Where a run is, in epochs from 0 (None: there is none), and its learning rate there, where it is known."""
        done = None if epoch is None else (epoch, self.rate_at(epoch) if rate is None else rate)
        if done != self._done:
            self._done = done
            self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @property
    def last_epoch(self) -> float:
        """Where the run ends."""
        return self._length.steps / self._length.steps_per_epoch

    @property
    def spoken(self) -> str:
        """The curve in words: `0.001 at first, 0.0005 half-way, 0 at the end, at most 0.001`."""
        rates = self._rates
        return (
            f"{rate_text(float(rates[0]))} at first, {rate_text(float(rates[len(rates) // 2]))} half-way, "
            f"{rate_text(float(rates[-1]))} at the end, at most {rate_text(float(rates.max()))}"
        )

    def rate_at(self, epoch: float) -> float:
        """The learning rate at a moment of the run, in epochs."""
        step = int(np.clip(epoch * self._length.steps_per_epoch, 0, self._length.steps - 1))
        factor = self._plan.schedule.factors(np.array([step], np.int64), self._length)[0]
        return float(self._plan.learning_rate * factor)

    @property
    def reading(self) -> str:
        """What is read where the pointer is: `epoch 3.2 · 0.00082`; empty where it is nowhere."""
        if self._read_at is None:
            return ""
        return f"epoch {self._read_at:.1f} · {rate_text(self.rate_at(self._read_at))}"

    # --- reading ----------------------------------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._frame()
        inside = frame.rect.adjusted(-4, -4, 4, 4).contains(event.position())
        self._read(frame.value_at(event.position().x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._read(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._read(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            at = (self._read_at or 0.0) + moves[Qt.Key(event.key())] * self.last_epoch / KEY_STEPS
            self._read(min(max(at, 0.0), self.last_epoch))
            self.setAccessibleDescription(self.reading)
        else:
            super().keyPressEvent(event)

    def _read(self, epoch: float | None) -> None:
        if epoch != self._read_at:
            self._read_at = epoch
            self.update()

    # --- painting ---------------------------------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def _frame(self) -> Frame:
        top = max(float(self._rates.max()), self._done[1] if self._done else 0.0)
        return frame_of(self.width(), self.height(), (0.0, self.last_epoch), (0.0, top * HEADROOM))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame, theme = self._frame(), self._theme
        across: list[Mark] = [(n, f"{n:g}") for n in nice_marks(0, self.last_epoch, 6, self.last_epoch >= 2)]
        along: list[Mark] = [(rate, rate_text(rate)) for rate in nice_marks(0, frame.top, 3)]
        paint_frame(painter, frame, theme, across, along, "epochs")
        painter.save()
        painter.setClipRect(frame.rect)
        points = [frame.point(x, y) for x, y in zip(self._epochs, self._rates, strict=True)]
        points.append(QPointF(frame.rect.right(), points[-1].y()))  # the last step is taken, too
        line = QPolygonF(points)
        self._fill(painter, frame, line)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawPolyline(line)
        painter.restore()
        self._paint_progress(painter, frame)
        self._paint_reading(painter, frame)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(frame.rect)

    def _fill(self, painter: QPainter, frame: Frame, line: QPolygonF) -> None:
        below = QPolygonF(line)
        below.append(frame.rect.bottomRight())
        below.append(frame.rect.bottomLeft())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent", 28))
        painter.drawPolygon(below)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_progress(self, painter: QPainter, frame: Frame) -> None:
        if self._done is None:
            return
        epoch, rate = min(self._done[0], self.last_epoch), self._done[1]
        at, color = frame.point(epoch, rate), self._theme.color("ok")
        painter.setPen(QPen(color, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(at.x(), frame.rect.top()), QPointF(at.x(), frame.rect.bottom()))
        painter.setBrush(color)
        painter.setPen(QPen(self._theme.color("background"), 1.5))
        painter.drawEllipse(at, 4.5, 4.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._label(painter, frame, at.x(), f"now · {rate_text(rate)}")

    def _paint_reading(self, painter: QPainter, frame: Frame) -> None:
        if self._read_at is None:
            return
        at = frame.point(self._read_at, self.rate_at(self._read_at))
        painter.setPen(QPen(self._theme.color("dim"), 1))
        painter.drawLine(QPointF(at.x(), frame.rect.top()), QPointF(at.x(), frame.rect.bottom()))
        painter.setBrush(self._theme.color("text"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(at, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._label(painter, frame, at.x(), self.reading)

    def _label(self, painter: QPainter, frame: Frame, x: float, text: str) -> None:
        """A few words at the top, beside a place on the axis, on the side that has room."""
        painter.setFont(interface_font(10))
        width = painter.fontMetrics().horizontalAdvance(text) + 10
        left = x + 5 if x + 5 + width <= frame.rect.right() else x - 5 - width
        place = QRectF(max(left, frame.rect.left()), frame.rect.top() + 3, width, 16)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(place, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def length_of(plan: TrainingPlan, steps_per_epoch: int) -> Length:
    """How long a run of a plan is where an epoch has so many steps."""
    steps = plan.epochs * steps_per_epoch
    return Length(min(steps, plan.max_steps) if plan.max_steps is not None else steps, steps_per_epoch)
