"""`SignalPlot`: the channels of a signal over its steps, or the values of a row."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Signal

from models.data.samples import Values
from widgets.data.class_colors import class_color
from widgets.theme import DARK, Theme, interface_font

MOST_CHANNELS = 12
DOTS = 64
"""Up to so many steps each value has a dot."""


class SignalPlot(pg.PlotWidget):  # type: ignore[misc]
    """Curves. The wheel and drags zoom along the steps, a double click shows all again.

    Signals:
        step_pointed(step or None): the step under the pointer.
    """

    step_pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("signalPlot")
        self._theme = DARK
        self._values: Values = np.zeros((0, 1), np.float32)
        self._curves: list[pg.PlotDataItem] = []
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        for axis in ("left", "bottom"):
            item.getAxis(axis).setStyle(tickFont=interface_font(11), tickLength=-4, tickTextOffset=4)
        item.getAxis("left").setWidth(48)
        self._legend = item.addLegend(offset=(-8, 8))
        self._line = pg.InfiniteLine(angle=90)
        self._line.hide()
        item.addItem(self._line, ignoreBounds=True)
        self.scene().sigMouseMoved.connect(self._moved)
        self.setMinimumSize(160, 96)
        self.set_theme(DARK)

    def set_signal(self, values: Values, names: Sequence[str] = ()) -> None:
        """Show a signal (steps, channels); channels without a name show their number."""
        item = self.getPlotItem()
        for curve in self._curves:
            item.removeItem(curve)
        self._values = values
        symbol = "o" if len(values) <= DOTS else None
        channels = min(values.shape[1], MOST_CHANNELS)
        titles = [names[channel] if channel < len(names) else f"channel {channel}" for channel in range(channels)]
        self._curves = [
            item.plot(*_series(values[:, channel]), name=escape(name), symbol=symbol, symbolSize=5, connect="finite")
            for channel, name in enumerate(titles)  # escaped, since legends take names for markup
        ]
        self._legend.setVisible(channels > 1)
        self._line.hide()
        self._color()
        self.show_all()

    def show_all(self) -> None:
        """Show all steps and values."""
        finite = self._values[np.isfinite(self._values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        room = (high - low) * 0.06 or 0.5
        self.setRange(xRange=(0, max(len(self._values) - 1, 1)), yRange=(low - room, high + room), padding=0.01)

    def point_to(self, step: int | None) -> None:
        """Mark a step and report it."""
        valid = step is not None and 0 <= step < len(self._values)
        self._line.setVisible(valid)
        if valid:
            self._line.setValue(step)
        self.step_pointed.emit(step if valid else None)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setBackground(theme.color("panel"))
        self.getPlotItem().getViewBox().setBackgroundColor(theme.color("background"))
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("dim"))
            axis.setGrid(28)
        self._line.setPen(pg.mkPen(theme.color("dim"), width=1))
        self._legend.setLabelTextColor(theme.color("text"))
        self._legend.setBrush(pg.mkBrush(theme.color("panel", 220)))
        self._color()

    def mouseDoubleClickEvent(self, event: object) -> None:
        self.show_all()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.point_to(None)

    def _color(self) -> None:
        for channel, curve in enumerate(self._curves):
            color = class_color(channel, self._theme)
            curve.setPen(pg.mkPen(color, width=2 if len(self._values) <= 2000 else 1))
            curve.setSymbolPen(None)
            curve.setSymbolBrush(color)

    def _moved(self, position: QPointF) -> None:
        view = self.getPlotItem().getViewBox()
        inside = view.sceneBoundingRect().contains(position)
        self.point_to(round(float(view.mapSceneToView(position).x())) if inside else None)


def _series(values: Values) -> tuple[Values, Values]:
    """Steps and values of one channel: gaps where there are no numbers, nothing where there are none at all."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(0), np.zeros(0)
    return np.arange(len(values)), np.where(finite, values, np.nan).astype(np.float64)
