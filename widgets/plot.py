"""`Plot`: one quantity of a run over its steps: per batch, smoothed, and on the held-out images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsItem

from models.training.growing import FEWEST_POINTS, Doubles, Floats, GrowingArray, Series
from models.training.history import History
from widgets.live.marks import Mark, MarkLines, best_text, marks_of
from widgets.live.quantities import LOSS, Quantity
from widgets.plot_axes import TimeAxis, ValueAxis, round_up
from widgets.theme import DARK, Theme, interface_font

POINTS = 1600
"""Points a curve is drawn with, at most: what a screen can show and pyqtgraph draws in a few milliseconds."""

EPOCH_MARKS, MARK_ROOM = 10, 44
"""Epochs that are named on the axis, at most, and the pixels that each name has."""

DOTS = 50
"""Epochs up to which each has a dot on the held-out curve."""

MARGIN = 0.05
"""Share of the range that is left free above and below the curves."""

HEADROOM = 0.02
"""Share of the height between a curve and the frame, at least."""

SHORTEST_AXIS = 100
"""Steps that the axis covers, at least."""

ENOUGH = 0.7
"""Share of the height that the curves fill, at least."""

NEAR = 5
"""Pixels within which the pointer is at a mark."""

Thinned = Callable[[GrowingArray, int, int, int], Series]
"""Takes so many points, at most, of an array's part."""

Over = Literal["epoch", "step", "time"]
"""What the axis counts. Epochs are named where they end; time is in seconds of training."""

__all__ = ["HEADROOM", "MARGIN", "POINTS", "SHORTEST_AXIS", "Over", "Plot", "Series", "ValueAxis", "downsample"]


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """Shows the whole run until the user zooms in with the wheel or a drag; a double click shows all again.

    What is drawn are outlines of the part in view, so zooming in shows more, and a million steps cost what a thousand
    do. The range is set here and not by pyqtgraph's automatic, which draws everything twice for each new value.
    """

    def __init__(self, name: str) -> None:
        self._time_axis = TimeAxis("bottom")
        super().__init__(axisItems={"left": ValueAxis("left"), "bottom": self._time_axis})
        self.setObjectName(name)
        self.theme = DARK
        self.quantity = LOSS
        self._history = History()
        self._over: Over = "epoch"
        self._follows, self._logarithmic = True, False
        self._drawn: tuple[Series, ...] = ()
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.disableAutoRange()
        item.getViewBox().sigRangeChangedManually.connect(self._look_closer)
        for axis in ("left", "bottom"):
            item.getAxis(axis).setStyle(tickFont=interface_font(10), tickLength=-4, tickTextOffset=4)
            item.getAxis(axis).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        item.getAxis("left").setWidth(44)
        self._raw = item.plot(connect="finite")
        self._smooth = item.plot(connect="finite", antialias=True)
        self._held = item.plot(connect="finite", antialias=True, symbolSize=5)
        self._best = item.plot(symbol="star", symbolSize=13, pen=None)
        self._marks = MarkLines(item)
        self.setMinimumSize(120, 96)

    def set_title(self, title: str) -> None:
        """Say what the curves are of."""
        self.setAccessibleName(f"Curve of the {title} over the steps")

    def set_quantity(self, quantity: Quantity) -> None:
        """Show another quantity of the history."""
        if quantity != self.quantity:
            self.quantity = quantity
            self.set_title(quantity.title)
            self._scale()
            self.draw()

    def set_logarithmic(self, logarithmic: bool) -> None:
        """A logarithmic scale where the quantity can have one; values of zero and less are then left out."""
        self._logarithmic = logarithmic
        self._scale()
        self._fit()

    @property
    def _is_logarithmic(self) -> bool:
        return self._logarithmic and self.quantity.can_be_logarithmic

    def _scale(self) -> None:
        self.getPlotItem().setLogMode(x=False, y=self._is_logarithmic)
        for curve in (self._raw, self._smooth, self._held, self._best):
            curve.setLogMode(False, self._is_logarithmic)

    def set_over(self, over: Over) -> None:
        """What the axis counts."""
        if over != self._over:
            self._over, self._follows = over, True
            self.draw()

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
        for curve in (self._held, self._best):
            curve.setSymbolPen(None)
            curve.setSymbolBrush(theme.color("validation"))
        self._best.setSymbolPen(pg.mkPen(theme.color("background"), width=1))
        self._marks.set_theme(theme)

    # --- what is drawn ----------------------------------------------------------------------------------------------
    def show_history(self, history: History) -> None:
        """Draw a run as it is now: the axis reaches to the last planned step, or to a half, a quarter, … of them while
        the run is young.
        """
        self._history = history
        self.draw()

    def draw(self) -> None:
        """Draw what has come."""
        history, quantity = self._history, self.quantity
        held = np.array([np.nan if value is None else value for value in quantity.held_out(history)], np.float64)
        held_at = self._placed(np.array(history.epoch_steps[: len(held)], np.float64))
        self._drawn = (
            self._series(quantity.raw(history), GrowingArray.outline, 2 * self.width()),
            self._series(quantity.line(history), GrowingArray.sampled, self.width()),
            _finite((held_at, held)),
        )
        for curve, series in zip((self._raw, self._smooth, self._held), self._drawn, strict=True):
            curve.setData(*series)
        self._held.setSymbol("o" if len(held) <= DOTS else None)
        best = history.best_epoch
        if best is not None and best < len(held) and np.isfinite(held[best]):
            self._best.setData(held_at[best : best + 1], held[best : best + 1])
        else:
            self._best.clear()
        marks = marks_of(history)
        self._marks.set_marks(marks, self._placed(np.array([mark.step for mark in marks], np.float64)))
        self._name_places()
        if self._follows:
            self._fit()

    def _series(self, values: GrowingArray | None, thinned: Thinned, points: int) -> Series:
        """The part of a curve that is in view, with so many points, as far as they can be told apart."""
        if values is None:
            return _finite((np.empty(0), np.empty(0)))
        first, last = self._steps_in_view(len(values))
        steps, shown = thinned(values, min(max(points, FEWEST_POINTS), POINTS), first, last)
        return _finite((self._placed(steps), shown))

    def _steps_in_view(self, count: int) -> tuple[int, int]:
        if self._follows or count == 0:
            return 0, count
        left, right = self.getPlotItem().getViewBox().viewRange()[0]
        if self._over == "time":
            grid = np.linspace(0, count, 4096)
            left, right = np.interp((left, right), self._placed(grid), grid)
        return max(int(left) - 1, 0), min(max(int(right) + 2, 0), count)

    def _placed(self, steps: Doubles) -> Doubles:
        """Where steps stand on the axis."""
        return self._history.seconds_at(steps) if self._over == "time" else steps

    # --- pointer ----------------------------------------------------------------------------------------------------
    def step_at(self, position: QPointF) -> int | None:
        """The step under a position in the scene, None outside the plot."""
        view = self.getPlotItem().getViewBox()
        if not view.sceneBoundingRect().contains(position):
            return None
        place = float(view.mapSceneToView(position).x())
        if self._over == "time":
            grid = np.linspace(0, self._history.steps, 4096)
            place = float(np.interp(place, self._placed(grid), grid))
        return round(place)

    def mark_at(self, position: QPointF) -> Mark | None:
        """The mark under a position in the scene."""
        view = self.getPlotItem().getViewBox()
        for mark, place in self._marks.placed:
            if abs(view.mapViewToScene(QPointF(place, 0)).x() - position.x()) <= NEAR:
                return mark
        best_at = self._best.getData()[0]
        if best_at is None or not len(best_at):
            return None
        distance = view.mapViewToScene(QPointF(float(best_at[0]), 0)).x() - position.x()
        return Mark(int(best_at[0]), "best", best_text(self._history)) if abs(distance) <= NEAR else None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole run again, and go on following it."""
        self._follows = True
        self.draw()
        event.accept()

    def _look_closer(self, *_: object) -> None:
        """The user zoomed or dragged: what is in view gets as many points as there is room for."""
        self._follows = False
        self.draw()
        self._fit_height()

    # --- ranges -----------------------------------------------------------------------------------------------------
    def _reach(self, taken: int) -> int:
        """The step where the axis ends: it changes only when the curve reaches its end, and then doubles."""
        reach = max(self._history.planned_steps, 1)
        while reach > SHORTEST_AXIS and reach / 2 >= taken * (1 + MARGIN):
            reach = -(-reach // 2)
        return reach

    def _name_places(self) -> None:
        """Name ends of epochs on the axis, as many as there is room for; before the first one it counts steps."""
        self._time_axis.counts_seconds = self._over == "time"
        named: Sequence[tuple[float, str]] = ()
        if self._over == "epoch" and self._history.epoch_steps:
            ends = self._history.epoch_steps
            first, last = self._steps_in_view(self._history.steps)
            across = self._reach(self._history.steps) if self._follows else max(last - first, 1)
            every = round_up(len(ends) * across / max(ends[-1], 1) / min(EPOCH_MARKS, max(self.width() / MARK_ROOM, 1)))
            marks = [(step, str(n)) for n, step in enumerate(ends, start=1) if n % every == 0]
            named = [(step, f"epoch {text}" if index == 0 else text) for index, (step, text) in enumerate(marks)]
        self.getPlotItem().getAxis("bottom").setTicks([named] if named else None)

    def _fit(self) -> None:
        """Show the whole run."""
        reach = float(self._placed(np.array([self._reach(max(self._history.steps, 1))], np.float64))[0])
        if self._fit_height():
            self.setXRange(0, reach, padding=0)

    def _fit_height(self) -> bool:
        """Show all values in view. Their range changes only when it must: an axis at rest is not drawn anew."""
        values = np.concatenate([series[1] for series in self._drawn]) if self._drawn else np.empty(0)
        if self._is_logarithmic:
            values = np.log10(values[values > 0])
        values = values[np.isfinite(values)]
        if len(values) == 0:
            return False
        low, high = float(values.min()), float(values.max())
        bottom, top = self.getPlotItem().getViewBox().viewRange()[1]
        clear = HEADROOM * (top - bottom)
        if not (bottom + clear <= low and high <= top - clear and high - low >= ENOUGH * (top - bottom)):
            room = (high - low) * MARGIN or (0.5 if self._is_logarithmic or abs(high) > 1 else abs(high) / 2 or 0.5)
            self.setYRange(low - room, high + room, padding=0)
        return True


def downsample(values: Floats, points: int = POINTS) -> Series:
    """Steps (counted from 1) and values of an array that does not grow, as `GrowingArray.outline` gives them."""
    array = GrowingArray()
    array.extend(values)
    return array.outline(points)


def _finite(series: Series) -> Series:
    """Infinite values become gaps, and a series without any number is empty: pyqtgraph's ranges need that."""
    steps, values = series
    values = np.where(np.isfinite(values), values, np.nan)
    return (steps, values) if np.isfinite(values).any() else (steps[:0], values[:0])
