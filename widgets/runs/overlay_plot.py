"""`OverlayPlot`: one quantity of several runs over one another, with a line under the mouse that reads them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsItem

from widgets.plot_axes import ValueAxis
from widgets.runs.curve_data import Axis, Series
from widgets.runs.styles import RunStyle
from widgets.runs.texts import duration_text
from widgets.theme import DARK, Theme, interface_font

MARGIN, HEADROOM = 0.05, 0.02
"""Shares of the height that are left free around the curves: when the range is chosen, and at least."""

MARKERS = 7
"""Signs along a curve, so that it is known without its colour."""

MARKER_SIZE = 8
FEW_POINTS = 40
"""Up to so many points of a curve each has the run's sign."""


class Drawn(NamedTuple):
    """A run's curve: what is drawn strongly and, where that is smoothed, the values behind it."""

    key: str
    style: RunStyle
    main: Series
    behind: Series | None = None


class OverlayPlot(pg.PlotWidget):  # type: ignore[misc]
    """Shows all of the curves until the user zooms in with the wheel or a drag; a double click shows all again.

    Signals:
        place_hovered(object): the place on the axis under the mouse, None where it left.
        looked_closer: another part of the axis is looked at: see `looked_at`.
    """

    place_hovered = Signal(object)
    looked_closer = Signal()

    def __init__(self) -> None:
        super().__init__(axisItems={"left": ValueAxis("left"), "bottom": _PlaceAxis("bottom")})
        self.setObjectName("runCurves")
        self.setAccessibleName("Curves of the selected runs")
        self.theme = DARK
        self._drawn: tuple[Drawn, ...] = ()
        self._items: dict[str, _CurveItems] = {}
        self._follows, self._logarithmic, self._strong = True, False, ""
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=True)
        item.disableAutoRange()
        item.getViewBox().sigRangeChangedManually.connect(self._look_closer)
        for name in ("left", "bottom"):
            item.getAxis(name).setStyle(tickFont=interface_font(10), tickLength=-4, tickTextOffset=4)
            item.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        item.getAxis("left").setWidth(44)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.setZValue(50)
        self._line.hide()
        item.addItem(self._line, ignoreBounds=True)
        self.setMouseTracking(True)
        self.setMinimumSize(140, 80)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_curves(self, drawn: Sequence[Drawn]) -> None:
        """Draw these curves; those of runs that are drawn already only change."""
        self._drawn = tuple(drawn)
        for key in set(self._items) - {one.key for one in drawn}:
            self._items.pop(key).remove(self)
        for one in drawn:
            if one.key not in self._items:
                self._items[one.key] = _CurveItems(self)
            self._items[one.key].show(one, self.theme, self._logarithmic, not self._strong or self._strong == one.key)
        if self._follows:
            self._fit()

    def set_axis(self, axis: Axis) -> None:
        """What the horizontal axis counts."""
        self.getPlotItem().getAxis("bottom").set_kind(axis)
        self._follows = True

    def set_logarithmic(self, logarithmic: bool) -> None:
        """A logarithmic scale; values of zero and less are left out."""
        self._logarithmic = logarithmic
        self.getPlotItem().setLogMode(x=False, y=logarithmic)
        self._follows = True
        self.set_curves(self._drawn)

    def set_strong(self, key: str) -> None:
        """Bring one run forward and let the others fade; an empty key brings all back."""
        if key != self._strong:
            self._strong = key
            self.set_curves(self._drawn)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.setBackground(theme.color("panel"))
        self.getPlotItem().getViewBox().setBackgroundColor(theme.color("background"))
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("dim"))
        self.getPlotItem().getAxis("left").setGrid(28)
        self._line.setPen(pg.mkPen(theme.color("dim", 150), width=1))
        self.set_curves(self._drawn)

    # --- events -----------------------------------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self.place_at(event.position())
        self._line.setVisible(place is not None and bool(self._drawn))
        if place is not None:
            self._line.setPos(place)
        self.place_hovered.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._line.hide()
        self.place_hovered.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self.show_all()
        event.accept()

    def show_all(self) -> None:
        """Show the whole of every curve, and go on following them."""
        self._follows = True
        self._fit()
        self.looked_closer.emit()

    @property
    def looked_at(self) -> tuple[float, float] | None:
        """The part of the axis that the user chose to see; None for all."""
        if self._follows:
            return None
        left, right = self.getPlotItem().getViewBox().viewRange()[0]
        return float(left), float(right)

    def place_at(self, position: QPointF) -> float | None:
        """The place on the axis under a position in the widget, None outside the plot."""
        view = self.getPlotItem().getViewBox()
        scene = self.mapToScene(position.toPoint())
        return float(view.mapSceneToView(scene).x()) if view.sceneBoundingRect().contains(scene) else None

    def _look_closer(self, *_: object) -> None:
        self._follows = False
        self.looked_closer.emit()

    def _fit(self) -> None:
        """Show all. The range changes only when it must: an axis at rest is not drawn anew."""
        values = np.concatenate([one.main[1] for one in self._drawn]) if self._drawn else np.empty(0)
        if self._logarithmic:
            values = np.log10(values[values > 0])
        values = values[np.isfinite(values)]
        if not len(values):
            return
        low, high = float(values.min()), float(values.max())
        if len(values) > FEW_POINTS and not self._logarithmic:  # a peak or two at the start do not flatten the rest
            high = min(high, float(np.quantile(values, 0.995)) * 1.5) if low >= 0 else high
        left, right = 0.0, max((float(one.main[0][-1]) for one in self._drawn if len(one.main[0])), default=1.0)
        bottom, top = self.getPlotItem().getViewBox().viewRange()[1]
        clear = HEADROOM * (top - bottom)
        if not (bottom + clear <= low and high <= top - clear and high - low >= 0.8 * (top - bottom)):
            room = (high - low) * MARGIN or abs(high) * 0.1 or 0.5
            bottom, top = low - room, high + room
        self.setRange(xRange=(left, right * (1 + MARGIN / 2) or 1.0), yRange=(bottom, top), padding=0)


class _CurveItems:
    """The items of one run's curve: the line, the values behind it and the signs along it."""

    def __init__(self, plot: OverlayPlot) -> None:
        item = plot.getPlotItem()
        self._behind = item.plot(connect="finite")
        self._main = item.plot(connect="finite", antialias=True)
        self._signs = pg.ScatterPlotItem(pen=None, pxMode=True)
        self._signs.setZValue(20)
        item.addItem(self._signs, ignoreBounds=True)

    def show(self, drawn: Drawn, theme: Theme, logarithmic: bool, strong: bool) -> None:
        color = drawn.style.color(theme)
        pen = drawn.style.pen(theme)
        if not strong:
            for fading in (color, faded := pen.color()):
                fading.setAlpha(50)
            pen.setColor(faded)
        self._main.setPen(pen)
        self._main.setZValue(10 if strong else 5)
        self._main.setLogMode(False, logarithmic)
        self._main.setData(*_drawable(drawn.main))
        pale = drawn.style.color(theme)
        pale.setAlpha(60 if strong else 15)
        self._behind.setPen(pg.mkPen(pale, width=1))
        self._behind.setLogMode(False, logarithmic)
        self._behind.setData(*_drawable(drawn.behind or (np.empty(0), np.empty(0))))
        places, values = _signs(drawn, logarithmic)
        self._signs.setData(
            places, values, symbol=drawn.style.marker, size=MARKER_SIZE, brush=pg.mkBrush(color), pen=None
        )

    def remove(self, plot: OverlayPlot) -> None:
        for item in (self._behind, self._main, self._signs):
            plot.getPlotItem().removeItem(item)


def _signs(drawn: Drawn, logarithmic: bool) -> Series:
    """Where the run's sign stands: at each of few points, or at some, which differ from run to run, and at the end."""
    places, values = drawn.main
    known = np.flatnonzero(np.isfinite(values) & ((values > 0) | (not logarithmic)))
    if len(known) > FEW_POINTS:
        phase = (drawn.style.number * 0.37) % 1
        wanted = (np.arange(MARKERS) + phase) / MARKERS * (len(known) - 1)
        known = known[np.append(wanted.astype(int), len(known) - 1)]
    values = np.log10(values[known]) if logarithmic else values[known]
    return places[known], values


def _drawable(series: Series) -> Series:
    """A series without any number is empty: pyqtgraph's ranges need that."""
    return series if np.isfinite(series[1]).any() else (series[0][:0], series[1][:0])


class _PlaceAxis(pg.AxisItem):  # type: ignore[misc]
    """The horizontal axis: steps, epochs, or time in words."""

    _kind: Axis = "step"

    def set_kind(self, kind: Axis) -> None:
        self._kind = kind
        self.picture = None
        self.update()

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self._kind == "time":
            return [duration_text(value) if value else "0" for value in values]
        return [f"{value:,.0f}" if float(value).is_integer() else f"{value:g}" for value in values]


def values_at(drawn: Sequence[Drawn], place: float) -> Mapping[str, float]:
    """Each run's value at a place on the axis; runs that do not reach there have none."""
    found = {}
    for one in drawn:
        places, values = one.main
        known = np.isfinite(values)
        places, values = places[known], values[known]
        if len(places) and places[0] - 1e-9 <= place <= places[-1] + 1e-9:
            found[one.key] = float(np.interp(place, places, values))
    return found
