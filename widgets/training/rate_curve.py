"""`RateCurve`: the loss over the learning rates that were tried, with one of them marked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import DARK, Theme, interface_font
from widgets.training.axes import Frame, decades, frame_of, nice_marks, paint_frame, rate_text

Floats = npt.NDArray[np.float32]

OUTLIERS = 1.6
"""The axis ends this many times as far above the lowest loss as the first one: what explodes leaves the picture."""

SMOOTHING = 0.8
KEY_STEP = 0.05
"""Of a power of ten, for an arrow key."""


class RateCurve(QWidget):
    """A click, or the arrow keys, choose a rate on the logarithmic axis.

    Signals:
        rate_chosen(float): the user chose this one.
    """

    rate_chosen = Signal(float)

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rateCurve")
        self.setAccessibleName("Loss over the learning rate")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._theme = DARK
        self._range = float(np.log10(low)), float(np.log10(high))
        self._rates: npt.NDArray[np.float64] = np.zeros(0)
        self._losses: npt.NDArray[np.float64] = np.zeros(0)
        self._smooth: npt.NDArray[np.float64] = np.zeros(0)
        self._chosen: float | None = None
        self._pointer: float | None = None

    def set_values(self, rates: Floats, losses: Floats) -> None:
        """Show the losses of these rates, which rise; losses that are not finite are left out."""
        finite = np.isfinite(losses)
        self._rates = np.log10(np.maximum(rates[finite].astype(np.float64), 1e-30))
        self._losses = losses[finite].astype(np.float64)
        self._smooth = smoothed(self._losses)
        self.update()

    def set_chosen(self, rate: float | None) -> None:
        """Mark a rate."""
        self._chosen = rate
        self.setAccessibleDescription(f"{rate_text(rate)} is chosen" if rate is not None else "No rate is chosen")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    # --- choosing ---------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._frame().value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = self._frame().value_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(self._pointer)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointer = None
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -KEY_STEP, Qt.Key.Key_Right: KEY_STEP}
        if event.key() in moves and len(self._rates):
            start = np.log10(self._chosen) if self._chosen is not None else self._rates[len(self._rates) // 2]
            self._choose(float(np.clip(start + moves[Qt.Key(event.key())], *self._range)))
        else:
            super().keyPressEvent(event)

    def _choose(self, exponent: float) -> None:
        if len(self._rates):
            self.rate_chosen.emit(readable(10**exponent))

    # --- painting ---------------------------------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        return QSize(560, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 160)

    def _frame(self) -> Frame:
        losses = self._smooth
        if not len(losses):
            return frame_of(self.width(), self.height(), self._range, (0.0, 1.0))
        low = float(losses.min())
        high = max(float(losses[0]), low + 1e-9)
        top = min(float(losses.max()), low + OUTLIERS * max(high - low, 0.05 * abs(low), 1e-6))
        room = max(top - low, 1e-6) * 0.08
        return frame_of(self.width(), self.height(), self._range, (low - room, top + room))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame, theme = self._frame(), self._theme
        across = [(power, rate_text(10**power)) for power in decades(*self._range)]
        along = [(loss, f"{loss:.3g}") for loss in nice_marks(frame.bottom, frame.top, 4)] if len(self._losses) else []
        paint_frame(painter, frame, theme, across, along, "learning rate")
        painter.save()
        painter.setClipRect(frame.rect)
        for values, pen in (
            (self._losses, QPen(theme.color("accent", 90), 1)),
            (self._smooth, QPen(theme.color("accent"), 2)),
        ):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([frame.point(x, y) for x, y in zip(self._rates, values, strict=True)]))
        painter.restore()
        if self._pointer is not None and len(self._rates):
            x = frame.x(self._pointer)
            painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, frame.rect.top()), QPointF(x, frame.rect.bottom()))
        self._paint_chosen(painter, frame)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(frame.rect)

    def _paint_chosen(self, painter: QPainter, frame: Frame) -> None:
        if self._chosen is None:
            return
        exponent = float(np.log10(self._chosen))
        if not frame.left <= exponent <= frame.right:
            return
        x, color = frame.x(exponent), self._theme.color("ok")
        painter.setPen(QPen(color, 1.5))
        painter.drawLine(QPointF(x, frame.rect.top()), QPointF(x, frame.rect.bottom()))
        if len(self._rates) and self._rates[0] <= exponent <= self._rates[-1]:
            at = frame.point(exponent, float(np.interp(exponent, self._rates, self._smooth)))
            painter.setBrush(color)
            painter.setPen(QPen(self._theme.color("background"), 1.5))
            painter.drawEllipse(at, 5, 5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setFont(interface_font(11))
        text = rate_text(self._chosen)
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        left = x + 6 if x + 6 + width <= frame.rect.right() else x - 6 - width
        place = QRectF(left, frame.rect.top() + 4, width, 18)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(place, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def readable(rate: float) -> float:
    """A rate in two digits: nobody can read more off a curve."""
    return float(f"{rate:.2g}")


def smoothed(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A running mean that begins without lag: each value's weight is made up for what is missing at the start."""
    means = np.empty(len(losses))
    mean, weight = 0.0, 0.0
    for index, loss in enumerate(losses):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        means[index] = mean / weight
    return means
