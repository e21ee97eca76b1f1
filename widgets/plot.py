"""`Plot`: one quantity over the steps of a run: per batch, smoothed, and on the held-out images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsItem

from models.training.history import Floats, GrowingArray
from widgets.theme import DARK, Theme, interface_font

POINTS = 2000
"""Points a curve is drawn with, at most: what a screen can show and pyqtgraph draws in a few milliseconds."""

EPOCH_MARKS = 10
MARGIN = 0.05
"""Share of the range that is left free above and below the curves."""

HEADROOM = 0.02
"""Share of the height between a curve and the frame, at least."""

SHORTEST_AXIS = 100
"""Steps that the axis covers, at least."""

ENOUGH = 0.7
"""Share of the height that the curves fill, at least."""

Series = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """Shows the whole run until the user zooms in with the wheel or a drag; a double click shows all again.

    The range is set here and not by pyqtgraph's automatic, which draws everything twice for each new value.
    """

    def __init__(self, name: str) -> None:
        super().__init__(axisItems={"left": ValueAxis("left")})
        self.setObjectName(name)
        self.theme = DARK
        self._follows, self._logarithmic, self._planned_steps = True, False, 1
        self._drawn: tuple[Series, ...] = ()
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.disableAutoRange()
        item.getViewBox().sigRangeChangedManually.connect(self._stop_following)
        for axis in ("left", "bottom"):
            item.getAxis(axis).setStyle(tickFont=interface_font(10), tickLength=-4, tickTextOffset=4)
            item.getAxis(axis).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        item.getAxis("left").setWidth(44)
        self._raw = item.plot(connect="finite")
        self._smooth = item.plot(connect="finite", antialias=True)
        self._held = item.plot(connect="finite", antialias=True, symbolSize=5)
        self.setMinimumSize(160, 96)

    def set_title(self, title: str) -> None:
        """Say what the curves are of."""
        self.setAccessibleName(f"Curve of the {title} over the steps")

    def set_logarithmic(self, logarithmic: bool) -> None:
        """A logarithmic scale; values of zero and less are left out."""
        self._logarithmic = logarithmic
        self.getPlotItem().setLogMode(x=False, y=logarithmic)
        for curve in (self._raw, self._smooth, self._held):
            curve.setLogMode(False, logarithmic)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.setBackground(theme.color("panel"))
        self.getPlotItem().getViewBox().setBackgroundColor(theme.color("background"))
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("dim"))
        self.getPlotItem().getAxis("left").setGrid(28)
        self._raw.setPen(pg.mkPen(theme.color("accent", 90), width=1))
        self._smooth.setPen(pg.mkPen(theme.color("accent"), width=2))
        self._held.setPen(pg.mkPen(theme.color("validation"), width=2))
        self._held.setSymbolPen(None)
        self._held.setSymbolBrush(theme.color("validation"))

    def show_values(
        self,
        raw: GrowingArray,
        smooth: GrowingArray,
        epoch_steps: list[int],
        held_out: list[float | None],
        planned_steps: int,
    ) -> None:
        """Draw values per step, smoothed, and per epoch on the held-out images (None where nothing is held out).

        The axis reaches to the last of `planned_steps`, or to a half, a quarter, … of them while the run is young.
        """
        self._planned_steps = planned_steps
        held = np.array([np.nan if value is None else value for value in held_out], dtype=np.float64)
        self._drawn = (
            _finite(downsample(raw.values)),
            _finite(downsample(smooth.values)),
            _finite((np.array(epoch_steps, dtype=np.float64), held)),
        )
        for curve, series in zip((self._raw, self._smooth, self._held), self._drawn, strict=True):
            curve.setData(*series)
        self._held.setSymbol("o" if len(held) <= EPOCH_MARKS * 5 else None)
        self._mark_epochs(epoch_steps, raw)
        if self._follows:
            self._fit()

    def step_at(self, position: QPointF) -> int | None:
        """The step under a position in the scene, None outside the plot."""
        view = self.getPlotItem().getViewBox()
        if not view.sceneBoundingRect().contains(position):
            return None
        return round(float(view.mapSceneToView(position).x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole run again, and go on following it."""
        self._follows = True
        self._fit()
        event.accept()

    def _stop_following(self, *_: object) -> None:
        self._follows = False

    def _reach(self, taken: int) -> int:
        """Where the axis ends: it changes only when the curve reaches its end, and then doubles."""
        reach = max(self._planned_steps, 1)
        while reach > SHORTEST_AXIS and reach / 2 >= taken * (1 + MARGIN):
            reach = -(-reach // 2)
        return reach

    def _mark_epochs(self, epoch_steps: list[int], raw: GrowingArray) -> None:
        """Name ends of epochs on the axis, as many as there is room for; before the first one it counts steps."""
        shown = len(epoch_steps) * self._reach(len(raw)) / max(epoch_steps[-1], 1) if epoch_steps else 0
        every = _round_up(shown / EPOCH_MARKS)
        marks = [(step, str(n)) for n, step in enumerate(epoch_steps, start=1) if n % every == 0]
        named = [(step, f"epoch {text}" if index == 0 else text) for index, (step, text) in enumerate(marks)]
        self.getPlotItem().getAxis("bottom").setTicks([named] if named else None)

    def _fit(self) -> None:
        """Show the whole run. The range of values changes only when it must: an axis at rest is not drawn anew."""
        values = np.concatenate([series[1] for series in self._drawn]) if self._drawn else np.empty(0)
        if self._logarithmic:
            values = np.log10(values[values > 0])
        values = values[np.isfinite(values)]
        if len(values) == 0:
            return
        low, high = float(values.min()), float(values.max())
        bottom, top = self.getPlotItem().getViewBox().viewRange()[1]
        clear = HEADROOM * (top - bottom)
        if not (bottom + clear <= low and high <= top - clear and high - low >= ENOUGH * (top - bottom)):
            room = (high - low) * MARGIN or 0.5
            bottom, top = low - room, high + room
        taken = int(max((series[0][-1] for series in self._drawn if len(series[0])), default=1))
        self.setRange(xRange=(0, self._reach(taken)), yRange=(bottom, top), padding=0)


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that on a logarithmic scale names 1, 2, 5, 10, 20, … only, so that the numbers keep apart."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        texts = super().logTickStrings(values, scale, spacing)
        named = (round(10 ** (value % 1)) in (1, 2, 5, 10) for value in values)
        return [text if keep else "" for text, keep in zip(texts, named, strict=True)]


def _round_up(number: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= number:
                return step * scale
        scale *= 10


def downsample(values: Floats, points: int = POINTS) -> Series:
    """Steps (counted from 1) and values, at most `points` of each: of every stretch its lowest and its highest."""
    count = len(values)
    stretch = -(-count // (points // 2))
    if stretch <= 2:
        return np.arange(1, count + 1, dtype=np.float64), values.astype(np.float64)
    starts = np.arange(0, count, stretch)
    ends = np.append(starts[1:], count)
    steps = np.stack([starts + 1, ends], axis=1).reshape(-1).astype(np.float64)
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    return steps, np.stack([lowest, highest], axis=1).reshape(-1).astype(np.float64)


def _finite(series: Series) -> Series:
    """Infinite values become gaps, and a series without any number is empty: pyqtgraph's ranges need that."""
    steps, values = series
    values = np.where(np.isfinite(values), values, np.nan)
    return (steps, values) if np.isfinite(values).any() else (steps[:0], values[:0])
