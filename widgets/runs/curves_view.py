"""`RunCurvesView`: the curves of the selected runs over one another, and what is chosen about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from models.training.runs.summary import RunSummary
from widgets.runs.curve_data import AXES, NOISY, QUANTITIES, Axis, Quantity, RunCurves
from widgets.runs.legend import Entry, RunsLegend
from widgets.runs.model import key_of
from widgets.runs.overlay_plot import Drawn, OverlayPlot, values_at
from widgets.runs.styles import RunStyles
from widgets.runs.texts import described, duration_text, loss_text, share_text, started_text
from widgets.theme import DARK, Theme

SELECT = "Select runs in the table to see their curves: Ctrl or Shift and a click take several."
LEGEND_FROM = 430
"""Pixels of width from which the legend stands beside the curves."""

SMOOTHINGS = 100


class RunCurvesView(QWidget):
    """Controls, the plot and the legend.

    Signals:
        run_chosen(key): a run was clicked in the legend.
    """

    run_chosen = Signal(str)

    def __init__(self, styles: RunStyles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runCurvesView")
        self._styles = styles
        self._theme = DARK
        self._runs: dict[str, RunSummary] = {}
        self._curves: dict[str, RunCurves] = {}
        self._drawn: tuple[Drawn, ...] = ()
        self._place: float | None = None
        self.plot = OverlayPlot()
        self.legend = RunsLegend()
        self._make_controls()
        self._lay_out()
        self.plot.place_hovered.connect(self._read)
        self.plot.looked_closer.connect(self._draw)
        self.legend.hovered.connect(self.plot.set_strong)
        self.legend.chosen.connect(self.run_chosen)
        self._say()

    def _make_controls(self) -> None:
        self._quantity = _combo("runQuantity", "What the curves show", QUANTITIES)
        self._axis = _combo("runAxis", "What the horizontal axis counts", AXES, "by ")
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("runSmoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip("Smoothing: how much of what lies before each value has")
        self._smoothing.setRange(0, SMOOTHINGS - 1)
        self._smoothing.setValue(75)
        self._smoothing.setPageStep(10)
        self._smoothing.setFixedWidth(84)
        self._logarithmic = QCheckBox("log")
        self._logarithmic.setObjectName("runLogarithmic")
        self._logarithmic.setAccessibleName("Logarithmic scale")
        self._logarithmic.setToolTip("A logarithmic scale of the values")
        self._quantity.currentIndexChanged.connect(self._choose_quantity)
        self._axis.currentIndexChanged.connect(self._choose_axis)
        self._smoothing.valueChanged.connect(self._draw)
        self._logarithmic.toggled.connect(self.plot.set_logarithmic)

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(8)
        self._smoothing_text = QLabel("smooth")
        self._smoothing_text.setProperty("role", "dim")
        self._where = QLabel()
        self._where.setProperty("role", "dim")
        for widget in (self._quantity, self._axis, self._smoothing_text, self._smoothing, self._logarithmic):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self._where)
        self._notice = QLabel(SELECT, wordWrap=True)
        self._notice.setProperty("role", "dim")
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setFixedWidth(190)
        holder = QWidget()
        lines = QVBoxLayout(holder)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(self.legend)
        lines.addStretch(1)
        self._scroll.setWidget(holder)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.plot, 1)
        row.addWidget(self._notice, 1)
        row.addWidget(self._scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(controls)
        column.addLayout(row, 1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        """The runs whose curves are wanted; `set_curves` brings them."""
        self._runs = {key_of(run): run for run in runs}
        self._curves = {key: curves for key, curves in self._curves.items() if key in self._runs}
        self._draw()

    def set_curves(self, curves: Mapping[str, RunCurves]) -> None:
        """The curves of some of these runs."""
        found = {key: one for key, one in curves.items() if key in self._runs}
        if found:
            self._curves |= found
            self._draw()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.plot.set_theme(theme)
        self.legend.set_theme(theme)

    @property
    def curves(self) -> Mapping[str, RunCurves]:
        """The curves that have come, by the runs' keys."""
        return self._curves

    @property
    def missing(self) -> list[str]:
        """The runs whose curves have not come yet, by their keys."""
        return [key for key in self._runs if key not in self._curves]

    @property
    def quantity(self) -> Quantity:
        """What the curves show."""
        return QUANTITIES[self._quantity.currentIndex()]

    @property
    def axis(self) -> Axis:
        """What the horizontal axis counts."""
        return AXES[self._axis.currentIndex()]

    @property
    def smoothing(self) -> float:
        """Weight of what lies before each value."""
        return self._smoothing.value() / SMOOTHINGS

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """The curves as they are drawn."""
        return self._drawn

    @property
    def notice(self) -> str:
        """What is said in place of curves; empty where there are some."""
        return self._notice.text() if not self._notice.isHidden() else ""

    # --- inside -----------------------------------------------------------------------------------------------------
    def _choose_quantity(self) -> None:
        for widget in (self._smoothing_text, self._smoothing):
            widget.setVisible(self.quantity in NOISY)
        self.plot.show_all()
        self._draw()

    def _choose_axis(self) -> None:
        self.plot.set_axis(self.axis)
        self._draw()

    def _draw(self, *_: object) -> None:
        drawn = []
        for key, run in self._runs.items():
            style, curves = self._styles.of(key), self._curves.get(key)
            if style is None or curves is None or run is None:
                continue
            raw = curves.series(self.quantity, self.axis, self.plot.looked_at)
            if self.smoothing > 0 and self.quantity in NOISY:
                smooth = curves.averaged(self.quantity, self.axis, self.smoothing)
                drawn.append(Drawn(key, style, smooth, raw))
            else:
                drawn.append(Drawn(key, style, raw))
        self._drawn = tuple(drawn)
        self.plot.set_curves(self._drawn)
        self.legend.set_entries([self._entry(key) for key in self._runs if self._styles.of(key) is not None])
        self._say()
        self._read(self._place)

    def _entry(self, key: str) -> Entry:
        run, style = self._runs[key], self._styles.of(key)
        assert style is not None
        alike = sum(other.name == run.name for other in self._runs.values()) > 1
        return Entry(key, f"{run.name} · {started_text(run.created)}" if alike else run.name, style, described(run))

    def _say(self) -> None:
        """In place of curves: what must be done to see some."""
        empty = not any(len(one.main[0]) for one in self._drawn)
        if empty:
            text = "Reading the curves …" if self.missing else f"There is no {self.quantity} of these runs."
            self._notice.setText(text if self._runs else SELECT)
        self._notice.setVisible(empty)
        self.plot.setVisible(not empty)
        self._scroll.setVisible(not empty and self.width() >= LEGEND_FROM)

    def _read(self, place: float | None) -> None:
        """The values under the mouse, or the last ones."""
        self._place = place
        if place is None:
            ends = {one.key: one.main[1] for one in self._drawn}
            values = {key: float(known[-1]) for key, all_ in ends.items() if len(known := all_[all_ == all_])}
        else:
            values = dict(values_at(self._drawn, place))
        text = share_text if self.quantity in ("accuracy", "held-out accuracy") else loss_text
        self.legend.set_values({key: text(value) for key, value in values.items()})
        self._where.setText("" if place is None else self._place_text(place))

    def _place_text(self, place: float) -> str:
        if self.axis == "time":
            return f"after {duration_text(place)}" if place > 0 else ""
        return f"step {place:,.0f}" if self.axis == "step" else f"epoch {place:.1f}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()


def _combo(name: str, tip: str, values: Sequence[str], before: str = "") -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(tip)
    combo.setToolTip(tip)
    combo.addItems([f"{before}{value}" for value in values])
    return combo
