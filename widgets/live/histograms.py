"""`HistogramsView`: how the selected block's activations and weights are spread, over the time of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from models.training.events import BlocksMeasured, Histogram
from models.training.history import History
from widgets.live.histogram_map import HistogramMap, ShareBar, Spread
from widgets.live.measures import layer_text, with_values
from widgets.live.title_chooser import TitleChooser
from widgets.stacked import Stacked
from widgets.theme import Theme

What = Literal["activations", "weights"]
EMPTY_TEXT = (
    "While a network trains, this shows how the selected block's activations and weights are spread, and how that "
    "changes.\nPress Train."
)
ROOM_FOR_NUMBERS = 700
"""Pixels of width; in less of it the numbers are in the tooltip alone."""

HEADING = 20
"""Pixels of height of the maps' headings: one has a chooser beside it, and both stand level."""

NOT_MEASURED = {"activations": "The selected block has none that are measured.", "weights": "It has no weights."}


class HistogramsView(QWidget):
    """Two maps side by side. Where the selected block has several layers inside, one of them is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("histogramsView")
        self._history = History()
        self._last: object = None
        self._selected: tuple[str, ...] = ()
        self._layers: tuple[str, ...] = ()
        self._layer: str | None = None
        self._chooser = TitleChooser("Layer whose histograms are shown", capitals=False)
        self._chooser.chosen.connect(self._choose)
        self._chooser.setFixedHeight(HEADING)
        self._maps: dict[What, HistogramMap] = {
            "activations": HistogramMap("activations"),
            "weights": HistogramMap("weights"),
        }
        self._numbers: dict[What, QLabel] = {what: QLabel() for what in self._maps}
        self._bars: dict[What, ShareBar] = {what: ShareBar(view.is_signed) for what, view in self._maps.items()}
        self._pages = Stacked(EMPTY_TEXT, self._make_page(), self)

    def set_history(self, history: History) -> None:
        """Show another run."""
        self._history, self._last = history, None
        self.refresh()

    def set_selected(self, layers: Sequence[str]) -> None:
        """Which layers the selected block stands for: itself, or what is inside."""
        self._selected, self._last = tuple(layers), None
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        views: list[HistogramMap | ShareBar] = [*self._maps.values(), *self._bars.values()]
        for view in views:
            view.set_theme(theme)

    def refresh(self) -> None:
        """Show what has come since the last time; does nothing while hidden or when nothing has."""
        measured = self._history.measured
        if not self.isVisible() or (measured and self._last is measured[-1]):
            return
        self._last = measured[-1] if measured else None
        self._pages.show_page(bool(measured))
        if measured:
            self._find_layers(measured[-1])
            self._show(measured)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for numbers in self._numbers.values():
            numbers.setVisible(self.width() >= ROOM_FOR_NUMBERS)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _make_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 12, 4)
        layout.setSpacing(2)
        body = QHBoxLayout()
        body.setSpacing(12)
        for what, view in self._maps.items():
            column, row = QVBoxLayout(), QHBoxLayout()
            column.setSpacing(2)
            row.setContentsMargins(8 if what == "activations" else 44, 0, 8, 0)
            title, numbers = QLabel(what.upper()), self._numbers[what]
            title.setProperty("role", "heading")
            numbers.setProperty("role", "dim")
            numbers.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            row.setSpacing(10)
            title.setFixedHeight(HEADING)
            row.addWidget(title)
            if what == "activations":
                row.addWidget(self._chooser)
            row.addWidget(numbers, 2)
            row.addWidget(self._bars[what], 1)
            column.addLayout(row)
            column.addWidget(view, 1)
            body.addLayout(column, 1)
        layout.addLayout(body, 1)
        return page

    def _find_layers(self, measured: BlocksMeasured) -> None:
        """The selected block's layers that are measured, or all of them: the one that was shown goes on being shown."""
        known = with_values(measured.blocks)
        self._layers = tuple(layer for layer in self._selected if layer in known) if self._selected else known
        if self._layer not in self._layers:
            self._layer = self._layers[0] if self._layers else None
        names = [layer_text(layer) for layer in self._layers]
        self._chooser.set_choices(names, layer_text(self._layer) if self._layer is not None else "no block")
        self._chooser.setVisible(bool(names))
        self._chooser.setEnabled(len(names) > 1)

    def _choose(self, name: str) -> None:
        self._layer = next(layer for layer in self._layers if layer_text(layer) == name)
        self._last = None
        self.refresh()

    def _show(self, measured: Sequence[BlocksMeasured]) -> None:
        for what, view in self._maps.items():
            spreads = []
            for event in measured:
                histogram = self._histogram(event, what)
                if histogram is not None:
                    spreads.append(Spread(event.step, event.epoch, histogram))
            view.set_spreads(spreads, NOT_MEASURED[what])
            self._numbers[what].setText(view.summary)
            self._bars[what].set_largest(view.largest)
            self._bars[what].setVisible(bool(spreads))

    def _histogram(self, event: BlocksMeasured, what: What) -> Histogram | None:
        block = event.blocks.get(self._layer) if self._layer is not None else None
        if block is None:
            return None
        return block.activations if what == "activations" else block.weights
