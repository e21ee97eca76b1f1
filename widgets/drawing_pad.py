"""`DrawingPad`: white strokes on black, with the mouse."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets.theme import DARK, Theme

SIDE = 64
"""Pixels of the drawing that is handed out: finer than any network's input for drawn signs needs."""

PEN = 0.1
"""Width of the pen as a share of the pad: about that of the bundled digits' strokes."""


class DrawingPad(QWidget):
    """A black square to draw on.

    Signals:
        drawn(image): after every stroke's every move, float32 (64, 64, 1) in 0 … 1.
    """

    drawn = Signal(object)

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Drawing pad")
        self._theme = DARK
        self._canvas = QImage(side, side, QImage.Format.Format_Grayscale8)
        self._canvas.fill(0)
        self._last = QPointF()

    def clear(self) -> None:
        """Start again."""
        self._canvas.fill(0)
        self._changed()

    def image(self) -> npt.NDArray[np.float32]:
        """The drawing, float32 (64, 64, 1) in 0 … 1."""
        smooth = Qt.TransformationMode.SmoothTransformation
        small = self._canvas.scaled(SIDE, SIDE, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        small = small.convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(small.constBits(), dtype=np.uint8).reshape(SIDE, small.bytesPerLine())
        return (rows[:, :SIDE, None] / np.float32(255)).astype(np.float32)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._last = event.position()
            self._stroke(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._stroke(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(0, 0, self._canvas)
        painter.setPen(self._theme.color("accent" if self.hasFocus() else "line"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _stroke(self, end: QPointF) -> None:
        painter = QPainter(self._canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(Qt.GlobalColor.white, self.width() * PEN)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if end == self._last:
            painter.drawPoint(end)
        else:
            painter.drawLine(self._last, end)
        painter.end()
        self._last = end
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.drawn.emit(self.image())
