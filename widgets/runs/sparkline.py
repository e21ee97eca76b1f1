"""`Sparkline`: a run's curves in a few pixels: its loss, and its accuracy on the held-out samples."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.runs.curve_data import NOISY, Quantity, RunCurves, Series
from widgets.theme import DARK, Theme, interface_font

HEIGHT = 76
SMOOTHING = 0.8
TITLE = 16


class Sparkline(QWidget):
    """Two small curves side by side, each over its own range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runSparkline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme = DARK
        self._curves: RunCurves | None = None
        self.set_curves(None)

    def set_curves(self, curves: RunCurves | None) -> None:
        """Show a run's curves; None while they are not known."""
        self._curves = curves
        self.setAccessibleName(f"Small curves of the run: {len(curves.losses):,} steps" if curves else "No curves yet")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap, width = 8, (self.width() - 8) / 2
        held_out = self._curves is not None and bool(np.isfinite(self._curves.held_out_metrics).any())
        accuracy: Quantity = "held-out accuracy" if held_out else "accuracy"
        self._paint(painter, QRectF(0.5, 0.5, width - 1, self.height() - 1), "loss", "accent")
        self._paint(painter, QRectF(width + gap + 0.5, 0.5, width - 1, self.height() - 1), accuracy, "validation")
        painter.end()

    def _paint(self, painter: QPainter, area: QRectF, quantity: Quantity, token: str) -> None:
        theme = self._theme
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("background"))
        painter.drawRoundedRect(area, 6, 6)
        painter.setPen(theme.color("dim"))
        painter.setFont(interface_font(10))
        painter.drawText(area.adjusted(8, 4, -8, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, quantity)
        if self._curves is not None:
            _draw(painter, area.adjusted(8, TITLE + 4, -8, -8), self._series(quantity), theme.color(token))

    def _series(self, quantity: Quantity) -> Series:
        assert self._curves is not None
        if quantity in NOISY:
            return self._curves.averaged(quantity, "step", SMOOTHING)
        return self._curves.series(quantity, "step")


def _draw(painter: QPainter, area: QRectF, series: Series, color: QColor) -> None:
    steps, values = series
    known = np.isfinite(values)
    steps, values = steps[known], values[known]
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    across = (steps - steps[0]) / max(float(steps[-1] - steps[0]), 1e-12)
    up = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    points = [
        QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())
        for x, y in zip(across.tolist(), up.tolist(), strict=True)
    ]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.6))
    painter.drawPolyline(QPolygonF(points))
    if len(points) == 1:
        painter.drawEllipse(points[0], 2, 2)
