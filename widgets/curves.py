"""`CurvesView`: loss, metric and learning rate of a run, per batch, smoothed, and on the held-out images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from models.training.history import History
from widgets.live.quantities import GRADIENT_NORM, LEARNING_RATE, LOSS, METRIC, Quantity, further_metrics
from widgets.live.title_chooser import TitleChooser
from widgets.plot import Over, Plot
from widgets.theme import DARK, Theme

EMPTY_TEXT = "Press Train: the loss and the accuracy will be drawn here, batch by batch."
OVER: dict[str, Over] = {"over epochs": "epoch", "over steps": "step", "over time": "time"}
ROOM_FOR_THREE = 720
"""Pixels of width from which on the learning rate has a plot of its own."""

SLIM = 2, 3
"""Width of that plot against the others."""


class CurvesView(QWidget):
    """Plots side by side over the run: the loss, a quantity of choice and, where there is room, a slim one more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = History()
        self._drawn: dict[Plot, tuple[object, ...]] = {}
        self._turn = 0
        self._metric = METRIC
        self._theme = DARK
        self.loss_plot, self.metric_plot = Plot("lossPlot"), Plot("metricPlot")
        self.rate_plot: Plot | None = None  # made when there is something to draw: the window opens without
        self._loss_title = QLabel("LOSS")
        self._metric_title = TitleChooser("Curve in the second plot")
        self._rate_title = TitleChooser("Curve in the third plot")
        self._readout, self._legend = QLabel(), QLabel()
        self._over, self._log = TitleChooser("What the curves are drawn over", capitals=False), QCheckBox("log scale")
        self._make_controls()
        empty = QLabel(EMPTY_TEXT)
        empty.setProperty("role", "dim")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(self._make_page())
        self.loss_plot.set_title(LOSS.title)
        self.loss_plot.set_quantity(LOSS)
        self._rate_title.set_choices((LEARNING_RATE.title, GRADIENT_NORM.title), LEARNING_RATE.title)
        self.set_metric_name("accuracy")
        self.set_theme(DARK)

    def set_history(self, history: History) -> None:
        """Show another run's curves."""
        self._history = history
        self.refresh()

    def set_metric_name(self, name: str) -> None:
        """The metric's name, in Keras's words."""
        self.metric_name = name.replace("_", " ")
        self._metric = Quantity("metric", self.metric_name)
        self.metric_plot.set_quantity(self._metric)
        self._offer()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for plot in self.all_plots:
            plot.set_theme(theme)
        self._legend.setText(
            f'<span style="color:{theme.accent}">—</span> train &nbsp;&nbsp;'
            f'<span style="color:{theme.validation}">—</span> held out &nbsp;&nbsp;'
            f'<span style="color:{theme.validation}">★</span> best'
        )

    def set_over(self, over: str) -> None:
        """Draw over epochs, steps or time: one of `OVER`."""
        self._over.set_chosen(over)
        for plot in self.all_plots:
            plot.set_over(OVER[over])

    @property
    def all_plots(self) -> tuple[Plot, ...]:
        """Those that were made."""
        two = (self.loss_plot, self.metric_plot)
        return two if self.rate_plot is None else (*two, self.rate_plot)

    @property
    def plots(self) -> tuple[Plot, ...]:
        """Those that there is room for."""
        return self.all_plots if self._has_room else self.all_plots[:2]

    @property
    def _has_room(self) -> bool:
        return self.width() >= ROOM_FOR_THREE

    def refresh(self) -> None:
        """Draw what has come since the last time; does nothing while hidden or when nothing has."""
        if self.isVisible():
            self._make_room()
            self._draw(self.plots)

    def refresh_one(self) -> None:
        """`refresh` of one plot, then the next one's turn: several in a row would hold the window longer."""
        if self.isVisible():
            self._make_room()
            self._turn = (self._turn + 1) % len(self.plots)
            self._draw((self.plots[self._turn],))

    def export_png(self, path: Path) -> None:
        """Write the curves as a picture, as large as a report needs them. Raises OSError when that fails."""
        picture = CurvesView()
        picture.set_theme(self.loss_plot.theme)
        picture.set_metric_name(self.metric_name)
        picture._history = self._history
        picture.resize(1280, 420)
        picture._make_room()
        for own, other in zip(self.all_plots[1:], picture.all_plots[1:], strict=False):
            other.set_quantity(own.quantity)
        picture._offer()
        picture._name_chosen()
        picture._log.setChecked(self._log.isChecked())
        picture.set_over(self._over.choice)
        picture.setStyleSheet(f"CurvesView {{ background: {self.loss_plot.theme.panel}; }}")
        picture.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        picture._draw(picture.plots)
        saved = picture.grab().save(str(path), "PNG")
        picture.deleteLater()
        if not saved:
            raise OSError(f"The curves were not written to {path}. Choose a folder that exists and can be written to.")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    # --- parts ------------------------------------------------------------------------------------------------------
    def _make_controls(self) -> None:
        self._readout.setProperty("role", "dim")
        self._readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._log.setToolTip("Draw the loss, the learning rate and the gradient norm on a logarithmic scale")
        self._over.set_choices(tuple(OVER), "over epochs")
        self._over.chosen.connect(self.set_over)
        self._metric_title.chosen.connect(lambda title: self._choose(self.metric_plot, title))
        self._rate_title.chosen.connect(lambda title: self._choose(self.all_plots[-1], title))
        for plot in self.all_plots:
            self._connect(plot)

    def _connect(self, plot: Plot) -> None:
        self._log.toggled.connect(plot.set_logarithmic)
        plot.getPlotItem().scene().sigMouseMoved.connect(lambda at, plot=plot: self._hover(plot, at))

    def _make_room(self) -> None:
        """The third plot, once there is something to draw and room for it."""
        wanted = self._has_room and self._has_values
        if wanted and self.rate_plot is None:
            self.rate_plot = Plot("ratePlot")
            self.rate_plot.set_theme(self._theme)
            self.rate_plot.set_quantity(LEARNING_RATE)
            self.rate_plot.set_over(OVER[self._over.choice])
            self.rate_plot.set_logarithmic(self._log.isChecked())
            self._connect(self.rate_plot)
            self._rate_layout.addWidget(self.rate_plot, 1)
        if self._rate_column.isHidden() == wanted:
            self._rate_column.setVisible(wanted)
            self._offer()

    @property
    def _has_values(self) -> bool:
        return bool(self._history.steps or self._history.epochs)

    def _make_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 4, 16, 8)
        layout.setSpacing(0)
        top, plots = QHBoxLayout(), QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 4)
        top.setSpacing(16)
        top.addWidget(self._readout, 1)
        for control in (self._over, self._log, self._legend):
            top.addWidget(control)
        plots.setSpacing(16)
        self._rate_column, self._rate_layout = _column(self._rate_title)
        for title, plot in ((self._loss_title, self.loss_plot), (self._metric_title, self.metric_plot)):
            holder, column = _column(title)
            column.addWidget(plot, 1)
            plots.addWidget(holder, SLIM[1])
        plots.addWidget(self._rate_column, SLIM[0])
        self._rate_column.hide()
        self._loss_title.setProperty("role", "heading")
        layout.addLayout(top)
        layout.addLayout(plots, 1)
        return page

    # --- choosing ---------------------------------------------------------------------------------------------------
    def _offered(self) -> tuple[Quantity, ...]:
        """What the second plot can show; without a third one the learning rate and the gradient norm as well."""
        more = (LEARNING_RATE, GRADIENT_NORM) if self._rate_column.isHidden() else ()
        return (self._metric, *further_metrics(self._history), *more)

    def _offer(self) -> None:
        offered = self._offered()
        if self.metric_plot.quantity not in offered:
            self.metric_plot.set_quantity(self._metric)
        self._metric_title.set_choices([quantity.title for quantity in offered], self.metric_plot.quantity.title)

    def _choose(self, plot: Plot, title: str) -> None:
        known = (*self._offered(), LEARNING_RATE, GRADIENT_NORM)
        plot.set_quantity(next(quantity for quantity in known if quantity.title == title))
        self._name_chosen()

    def _name_chosen(self) -> None:
        self._metric_title.set_chosen(self.metric_plot.quantity.title)
        if self.rate_plot is not None:
            self._rate_title.set_chosen(self.rate_plot.quantity.title)

    # --- drawing ----------------------------------------------------------------------------------------------------
    def _draw(self, plots: Sequence[Plot]) -> None:
        history = self._history
        self._pages.setCurrentIndex(1 if self._has_values else 0)
        marks = len(history.rate_changes), tuple(history.resumes)
        state = (id(history), history.steps, len(history.epochs), history.planned_steps, marks)
        for plot in plots:
            if self._drawn.get(plot) != state:
                self._drawn[plot] = state
                plot.show_history(history)
        if self._metric_title.choices != tuple(quantity.title for quantity in self._offered()):
            self._offer()

    def _hover(self, plot: Plot, at: QPointF) -> None:
        text = self._text_at(plot.step_at(at))
        self._readout.setText(text)
        self._legend.setVisible(not text or self.width() >= ROOM_FOR_THREE)
        mark = plot.mark_at(at)
        place = plot.mapToGlobal(plot.mapFromScene(at)) + QPoint(12, 0)
        if mark is not None:
            QToolTip.showText(place, mark.text, plot)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _text_at(self, step: int | None) -> str:
        """What the curves are at a step, in words."""
        history = self._history
        if step is None or not 1 <= step <= history.steps:
            return ""
        epoch = int(np.searchsorted(history.epoch_steps, step))
        parts = [f"step {step:,} · epoch {epoch + 1}"]
        held = []
        for plot in self.plots:
            line, measured = plot.quantity.line(history), plot.quantity.held_out(history)
            if line is not None and np.isfinite(line.values[step - 1]):
                parts.append(f"{plot.quantity.title} {line.values[step - 1]:.4g}")
            value = measured[epoch] if epoch < len(measured) else None
            if value is not None:
                held.append(f"{value:.4g}")
        return "   ".join([*parts, *([f"held out {' and '.join(held)}"] if held else [])])


def _column(title: QWidget) -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    row = QHBoxLayout()
    row.setContentsMargins(46, 0, 0, 0)
    title.setFixedHeight(18)
    row.addWidget(title)
    row.addStretch(1)
    column.addLayout(row)
    return holder, column
