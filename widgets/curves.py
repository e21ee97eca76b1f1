"""`CurvesView`: loss and metric of a run, per batch, smoothed, and on the held-out images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from models.training.history import History
from widgets.plot import Plot
from widgets.theme import DARK, Theme

EMPTY_TEXT = "Press Train: the loss and the accuracy will be drawn here, batch by batch."


class CurvesView(QWidget):
    """Two plots side by side over the steps taken, with the epochs marked below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = History()
        self._drawn: dict[Plot, tuple[int, int, int]] = {}
        self._turn = 0
        self.loss_plot, self.metric_plot = Plot("lossPlot"), Plot("metricPlot")
        self._loss_title, self._metric_title = QLabel(), QLabel()
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
        for plot in self.plots:
            plot.getPlotItem().scene().sigMouseMoved.connect(lambda at, plot=plot: self._hover(plot, at))
        self._name(self.loss_plot, self._loss_title, "loss")
        self.set_metric_name("accuracy")
        self.set_theme(DARK)

    def set_history(self, history: History) -> None:
        """Show another run's curves."""
        self._history = history
        self.refresh()

    def set_metric_name(self, name: str) -> None:
        """The metric's name, in Keras's words."""
        self.metric_name = name.replace("_", " ")
        self._name(self.metric_plot, self._metric_title, self.metric_name)

    def set_theme(self, theme: Theme) -> None:
        for plot in self.plots:
            plot.set_theme(theme)
        self._legend.setText(
            f'<span style="color:{theme.accent}">—</span> train &nbsp;&nbsp;'
            f'<span style="color:{theme.validation}">—</span> held out'
        )

    @property
    def plots(self) -> tuple[Plot, Plot]:
        return (self.loss_plot, self.metric_plot)

    def refresh(self) -> None:
        """Draw what has come since the last time; does nothing while hidden or when nothing has."""
        if self.isVisible():
            self._draw(self.plots)

    def refresh_one(self) -> None:
        """`refresh` of one plot, the other one's turn being next: two in a row would hold the window twice as long."""
        self._turn = 1 - self._turn
        if self.isVisible():
            self._draw((self.plots[self._turn],))

    def export_png(self, path: Path) -> None:
        """Write the curves as a picture, as large as a report needs them. Raises OSError when that fails."""
        picture = CurvesView()
        picture.set_theme(self.loss_plot.theme)
        picture.set_metric_name(self.metric_name)
        picture._log.setChecked(self._log.isChecked())
        picture._history = self._history
        picture.setStyleSheet(f"CurvesView {{ background: {self.loss_plot.theme.panel}; }}")
        picture.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        picture.resize(1280, 420)
        picture._draw(picture.plots)
        saved = picture.grab().save(str(path), "PNG")
        picture.deleteLater()
        if not saved:
            raise OSError(f"The curves were not written to {path}. Choose a folder that exists and can be written to.")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw(self.plots)

    def _make_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 4, 16, 8)
        layout.setSpacing(0)
        top, plots = QHBoxLayout(), QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 4)
        top.setSpacing(16)
        top.addWidget(self._readout, 1)
        top.addWidget(self._log)
        top.addWidget(self._legend)
        plots.setSpacing(16)
        for title, plot in ((self._loss_title, self.loss_plot), (self._metric_title, self.metric_plot)):
            column = QVBoxLayout()
            column.setSpacing(2)
            title.setProperty("role", "heading")
            title.setContentsMargins(46, 0, 0, 0)
            column.addWidget(title)
            column.addWidget(plot, 1)
            plots.addLayout(column)
        layout.addLayout(top)
        layout.addLayout(plots, 1)
        return page

    @staticmethod
    def _name(plot: Plot, label: QLabel, title: str) -> None:
        plot.set_title(title)
        label.setText(title.upper())

    def _draw(self, plots: Sequence[Plot]) -> None:
        history = self._history
        self._pages.setCurrentIndex(1 if history.steps or history.epochs else 0)
        state = (id(history), history.steps, len(history.epochs))
        for plot in plots:
            if self._drawn.get(plot) != state:
                self._drawn[plot] = state
                self._draw_plot(plot)

    def _draw_plot(self, plot: Plot) -> None:
        history = self._history
        if plot is self.loss_plot:
            raw, smooth, held = history.losses, history.smooth_losses, [e.held_out_loss for e in history.epochs]
        else:
            raw, smooth, held = history.metrics, history.smooth_metrics, [e.held_out_metric for e in history.epochs]
        plot.show_values(raw, smooth, history.epoch_steps, held, history.planned_steps)

    def _hover(self, plot: Plot, at: QPointF) -> None:
        step = plot.step_at(at)
        history = self._history
        if step is None or not 1 <= step <= history.steps:
            self._readout.clear()
            return
        epoch = int(np.searchsorted(history.epoch_steps, step)) + 1
        parts = [f"step {step:,} · epoch {epoch}"]
        for name, smooth in (
            ("loss", history.smooth_losses),
            (self.metric_name, history.smooth_metrics),
        ):
            parts.append(f"{name} {smooth.values[step - 1]:.4g}")
        if epoch <= len(history.epochs) and history.epochs[epoch - 1].held_out_loss is not None:
            done = history.epochs[epoch - 1]
            parts.append(f"held out {done.held_out_loss:.4g} and {done.held_out_metric:.4g}")
        self._readout.setText("   ".join(parts))
