"""`CurvesView`: loss and metric of a run, per batch, smoothed, and on the held-out images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from models.training.history import Floats, GrowingArray, History
from widgets.theme import DARK, Theme, interface_font

POINTS = 2000
"""Points a curve is drawn with, at most: what a screen can show and pyqtgraph draws in a few milliseconds."""

EPOCH_MARKS = 10
EMPTY_TEXT = "Press Train: the loss and the accuracy will be drawn here, batch by batch."
Series = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


class CurvesView(QWidget):
    """Two plots side by side over the steps taken, with the epochs marked above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = History()
        self._drawn: tuple[int, int, int] | None = None
        self.loss_plot, self.metric_plot = Plot("loss", "lossPlot", corner=1), Plot("accuracy", "metricPlot", corner=0)
        self._readout, self._legend = QLabel(), QLabel()
        self._readout.setProperty("role", "dim")
        self._log = QCheckBox("log scale")
        self._log.setToolTip("Draw the loss on a logarithmic scale")
        self._log.toggled.connect(self.loss_plot.set_logarithmic)
        empty = QLabel(EMPTY_TEXT)
        empty.setProperty("role", "dim")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(self._make_page())
        for plot in (self.loss_plot, self.metric_plot):
            plot.getPlotItem().scene().sigMouseMoved.connect(lambda at, plot=plot: self._hover(plot, at))
        self.set_theme(DARK)

    def set_history(self, history: History) -> None:
        """Show another run's curves."""
        self._history = history
        self.refresh()

    def set_metric_name(self, name: str) -> None:
        """The metric's name, in Keras's words."""
        self.metric_plot.set_title(name.replace("_", " "))

    def set_theme(self, theme: Theme) -> None:
        for plot in (self.loss_plot, self.metric_plot):
            plot.set_theme(theme)
        self._legend.setText(
            f'<span style="color:{theme.accent}">—</span> train &nbsp;&nbsp;'
            f'<span style="color:{theme.validation}">—</span> held out'
        )

    def refresh(self) -> None:
        """Draw what has come since the last time; does nothing while hidden or when nothing has."""
        if self.isVisible():
            self._draw()

    def export_png(self, path: Path) -> None:
        """Write the curves as a picture, as large as a report needs them. Raises OSError when that fails."""
        picture = CurvesView()
        picture.set_theme(self.loss_plot.theme)
        picture.set_metric_name(self.metric_plot.title)
        picture._log.setChecked(self._log.isChecked())
        picture._history = self._history
        picture.setStyleSheet(f"CurvesView {{ background: {self.loss_plot.theme.panel}; }}")
        picture.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        picture.resize(1280, 420)
        picture._draw()
        saved = picture.grab().save(str(path), "PNG")
        picture.deleteLater()
        if not saved:
            raise OSError(f"The curves were not written to {path}. Choose a folder that exists and can be written to.")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _make_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 4, 16, 8)
        layout.setSpacing(0)
        top, plots = QHBoxLayout(), QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 0)
        top.setSpacing(16)
        top.addWidget(self._readout, 1)
        top.addWidget(self._log)
        top.addWidget(self._legend)
        plots.setSpacing(16)
        plots.addWidget(self.loss_plot)
        plots.addWidget(self.metric_plot)
        layout.addLayout(top)
        layout.addLayout(plots, 1)
        return page

    def _draw(self) -> None:
        history = self._history
        state = (id(history), history.steps, len(history.epochs))
        if state == self._drawn:
            return
        self._drawn = state
        self._pages.setCurrentIndex(1 if history.steps or history.epochs else 0)
        held_losses = [epoch.held_out_loss for epoch in history.epochs]
        held_metrics = [epoch.held_out_metric for epoch in history.epochs]
        self.loss_plot.show_values(history.losses, history.smooth_losses, history.epoch_steps, held_losses)
        self.metric_plot.show_values(history.metrics, history.smooth_metrics, history.epoch_steps, held_metrics)

    def _hover(self, plot: Plot, at: QPointF) -> None:
        step = plot.step_at(at)
        history = self._history
        if step is None or not 1 <= step <= history.steps:
            self._readout.clear()
            return
        epoch = int(np.searchsorted(history.epoch_steps, step)) + 1
        parts = [f"step {step:,} · epoch {epoch}"]
        for name, smooth in (
            (self.loss_plot.title, history.smooth_losses),
            (self.metric_plot.title, history.smooth_metrics),
        ):
            parts.append(f"{name} {smooth.values[step - 1]:.4g}")
        if epoch <= len(history.epochs) and history.epochs[epoch - 1].held_out_loss is not None:
            done = history.epochs[epoch - 1]
            parts.append(f"held out {done.held_out_loss:.4g} and {done.held_out_metric:.4g}")
        self._readout.setText("   ".join(parts))


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """One quantity over the steps; its title stands in the left (0) or right (1) upper corner."""

    def __init__(self, title: str, name: str, corner: int) -> None:
        super().__init__(axisItems={"left": ValueAxis("left")})
        self.setObjectName(name)
        self.title = title
        self.theme = DARK
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.showAxis("top")
        for axis in ("left", "bottom", "top"):
            item.getAxis(axis).setStyle(tickFont=interface_font(10), tickLength=-4, tickTextOffset=4)
        item.getAxis("left").setWidth(44)
        self._label = pg.LabelItem(justify="left")
        self._label.setParentItem(item.getViewBox())
        self._label.anchor(itemPos=(corner, 0), parentPos=(corner, 0), offset=(8 - 16 * corner, 4))
        self._raw = item.plot(connect="finite")
        self._smooth = item.plot(connect="finite", antialias=True)
        self._held = item.plot(connect="finite", antialias=True, symbolSize=5)
        self.setMinimumSize(160, 96)
        self.set_title(title)

    def set_title(self, title: str) -> None:
        self.title = title
        self.setAccessibleName(f"Curve of the {title} over the steps")
        self._label.setText(f"{title} by step", color=self.theme.dim, size="9pt")

    def set_logarithmic(self, logarithmic: bool) -> None:
        """A logarithmic scale; values of zero and less are left out."""
        self.getPlotItem().setLogMode(x=False, y=logarithmic)
        for curve in (self._raw, self._smooth, self._held):
            curve.setLogMode(False, logarithmic)
        self.getPlotItem().enableAutoRange()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.setBackground(theme.color("panel"))
        self.getPlotItem().getViewBox().setBackgroundColor(theme.color("background"))
        for name in ("left", "bottom", "top", "right"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("dim"))
        self.getPlotItem().getAxis("left").setGrid(28)
        self.getPlotItem().getAxis("top").setGrid(28)
        self._raw.setPen(pg.mkPen(theme.color("accent", 90), width=1))
        self._smooth.setPen(pg.mkPen(theme.color("accent"), width=2))
        self._held.setPen(pg.mkPen(theme.color("validation"), width=2))
        self._held.setSymbolPen(None)
        self._held.setSymbolBrush(theme.color("validation"))
        self.set_title(self.title)

    def show_values(
        self, raw: GrowingArray, smooth: GrowingArray, epoch_steps: list[int], held_out: list[float | None]
    ) -> None:
        """Draw values per step, smoothed, and per epoch on the held-out images (None where nothing is held out)."""
        self._raw.setData(*_finite(downsample(raw.values)))
        self._smooth.setData(*_finite(downsample(smooth.values)))
        held = np.array([np.nan if value is None else value for value in held_out], dtype=np.float64)
        self._held.setData(*_finite((np.array(epoch_steps, dtype=np.float64), held)))
        self._held.setSymbol("o" if len(held) <= EPOCH_MARKS * 5 else None)
        every = max(1, -(-len(epoch_steps) // EPOCH_MARKS))
        marks = [(step, str(n)) for n, step in enumerate(epoch_steps, start=1) if n % every == 0]
        named = [(step, f"epoch {text}" if index == 0 else text) for index, (step, text) in enumerate(marks)]
        self.getPlotItem().getAxis("top").setTicks([named])

    def step_at(self, position: QPointF) -> int | None:
        """The step under a position in the scene, None outside the plot."""
        view = self.getPlotItem().getViewBox()
        if not view.sceneBoundingRect().contains(position):
            return None
        return round(float(view.mapSceneToView(position).x()))


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that on a logarithmic scale names 1, 2, 5, 10, 20, … only, so that the numbers keep apart."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        texts = super().logTickStrings(values, scale, spacing)
        named = (round(10 ** (value % 1)) in (1, 2, 5, 10) for value in values)
        return [text if keep else "" for text, keep in zip(texts, named, strict=True)]


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
