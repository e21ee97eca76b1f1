"""`HealthView`: how every layer of the network fares while it learns, and the selected one in detail."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from models.training.history import History
from widgets.image_grid import ScaleBar
from widgets.live.layer_heat import LayerHeat
from widgets.live.measures import MEASURES, Measure, Table, layer_text
from widgets.live.title_chooser import TitleChooser
from widgets.live.trend import Trend, TrendPlot
from widgets.stacked import Stacked
from widgets.theme import DARK, Theme

EMPTY_TEXT = (
    "While a network trains, this shows for every layer how strong its gradients are, how far each step moves its "
    "weights, and how many of its units are dead or saturated.\nPress Train."
)
NONE_HAVE_IT = {
    "dead_share": "No layer of this network has a ReLU.",
    "saturated_share": "No layer of this network has a tanh or a sigmoid.",
}
MOST_LINES = 12


class HealthView(QWidget):
    """A strip of colours for each layer, and the selected block's values as lines beside them.

    Signals:
        layer_chosen(str): the user chose a layer, by its id in the expanded network.
    """

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("healthView")
        self._history = History()
        self._tables = {measure.title: Table(measure) for measure in MEASURES}
        self._selected: tuple[str, ...] = ()
        self._theme = DARK
        self._stale = True
        self._chooser = TitleChooser("What is shown of every layer")
        self._chooser.set_choices([measure.title for measure in MEASURES], MEASURES[0].title)
        self._chooser.chosen.connect(self._show_all)
        self._meaning, self._scale, self._name = QLabel(), ScaleBar(), QLabel()
        self._heat, self._trend = LayerHeat(), TrendPlot("The selected block over the steps")
        self._none = QLabel()
        self._heat.layer_chosen.connect(self.layer_chosen)
        self._area = QScrollArea()
        self._pages = Stacked(EMPTY_TEXT, self._make_page(), self)

    @property
    def measure(self) -> Measure:
        """What is shown of every layer."""
        return self._tables[self._chooser.choice].measure

    def set_history(self, history: History) -> None:
        """Show another run."""
        self._history, self._stale = history, True
        self._tables = {measure.title: Table(measure) for measure in MEASURES}
        self.refresh()

    def set_selected(self, layers: Collection[str]) -> None:
        """Which layers the selected block stands for: itself, or what is inside."""
        self._selected, self._stale = tuple(layers), True
        self.refresh()
        self._scroll_to_selected()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for view in (self._heat, self._trend, self._scale):
            view.set_theme(theme)

    def refresh(self) -> None:
        """Show what has come since the last time; does nothing while hidden or when nothing has."""
        if not self.isVisible():
            return
        self._pages.show_page(bool(self._history.measured))
        if self._tables[self._chooser.choice].follow(self._history.measured) or self._stale:
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._scroll_to_selected()

    def _show_all(self) -> None:
        self._stale = True
        self.refresh()

    def _scroll_to_selected(self) -> None:
        row = self._heat.first_chosen()
        if row is not None and self.isVisible():
            rect = self._heat.row_rect(row)
            self._area.ensureVisible(0, rect.center().y(), 0, rect.height() * 2)

    def _make_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 12, 4)
        layout.setSpacing(4)
        top, body = QHBoxLayout(), QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 0)
        top.setSpacing(12)
        self._meaning.setProperty("role", "dim")
        self._meaning.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top.addWidget(self._chooser)
        top.addWidget(self._meaning, 1)
        top.addWidget(self._scale)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._heat)
        side = QVBoxLayout()
        side.setSpacing(2)
        self._name.setProperty("role", "heading")
        self._name.setContentsMargins(44, 0, 0, 0)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        side.addWidget(self._name)
        side.addWidget(self._trend, 1)
        self._none.setProperty("role", "dim")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body.setSpacing(12)
        body.addWidget(self._none, 3)
        body.addWidget(self._area, 3)
        body.addLayout(side, 2)
        layout.addLayout(top)
        layout.addLayout(body, 1)
        return page

    def _show(self) -> None:
        self._stale = False
        table, measure = self._tables[self._chooser.choice], self.measure
        self._heat.set_table(table)
        self._heat.set_chosen(self._selected)
        self._meaning.setText(measure.meaning)
        self._meaning.setToolTip(measure.meaning)
        self._none.setText(NONE_HAVE_IT.get(measure.field, "Not measured yet."))
        self._none.setVisible(not table.layers)
        self._area.setVisible(bool(table.layers))
        low, high = self._heat.levels
        self._scale.set_scale(measure.colors, (low, high) if measure.share else (10.0**low, 10.0**high))
        self._show_selected(table)

    def _show_selected(self, table: Table) -> None:
        """The selected block's layers as lines; all layers where none of them has the measure."""
        measure = table.measure
        rows = [row for row, layer in enumerate(table.layers) if layer in self._selected][:MOST_LINES]
        names = [layer_text(table.layers[row]) for row in rows]
        self._name.setText((names[0] if len(names) == 1 else f"{len(names)} layers") if names else "SELECTED BLOCK")
        self._trend.write = measure.text
        band = measure.band
        scaled_band = None
        if band is not None and not measure.share:
            scaled_band = (float(np.log10(band[0])), float(np.log10(band[1])))
        trends = [
            Trend(name, table.steps, measure.scaled(table.values[row])) for row, name in zip(rows, names, strict=True)
        ]
        self._trend.set_trends(
            trends,
            logarithmic=not measure.share,
            band=scaled_band,
            floor=0.0 if measure.share else None,
            empty=f"Select a row, or a block with {'weights' if not measure.share else 'such units'}.",
        )
