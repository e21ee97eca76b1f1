"""The inspector's second tab: totals and the table of all blocks."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from models.analysis import Analysis
from models.blocks import shape_text
from models.network.graph import Network
from widgets.inspector.parts import MARGIN, card, label
from widgets.summary_table import SummaryTable
from widgets.theme import Theme, monospace

UNKNOWN = "–"


class NetworkTab(QWidget):
    """Shows the whole network; `node_chosen(node_id)` when the user goes to a line of the table."""

    node_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Network, Analysis, int] = (Network(), Analysis(), 1)
        self._current: str | None = None
        self._stale = False
        self._totals = Totals()
        self.table = SummaryTable()
        self.table.node_chosen.connect(self.node_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        layout.setSpacing(12)
        layout.addWidget(label("Network", "title"))
        layout.addWidget(card(self._totals))
        layout.addWidget(self.table, 1)
        self._refresh()

    def set_network(self, network: Network, analysis: Analysis, batch_size: int) -> None:
        """Show a network's numbers; while the tab is hidden they wait, since every edit comes here."""
        self._shown = (network, analysis, batch_size)
        self._stale = True
        if self.isVisible():
            self._refresh()

    def set_current(self, node_id: str | None) -> None:
        """Mark a block's line."""
        self._current = node_id
        self.table.set_current(node_id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self.table.set_theme(theme)

    def _refresh(self) -> None:
        self._stale = False
        network, analysis, _batch_size = self._shown
        self._totals.set_values(total_texts(*self._shown))
        self.table.set_network(network, analysis)
        self.table.set_current(self._current)


class Totals(QWidget):
    """Names and numbers in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}

    def set_values(self, texts: dict[str, str]) -> None:
        """Show texts under their names; the names stay the same from call to call."""
        for name, text in texts.items():
            if name not in self._values:
                self._values[name] = label(size=11)
                line = self._grid.rowCount()
                self._grid.addWidget(_name_label(name), line, 0)
                self._grid.addWidget(self._values[name], line, 1)
            self._values[name].setText(text)


def total_texts(network: Network, analysis: Analysis, batch_size: int) -> dict[str, str]:
    """A network's totals in words."""
    entry, output = (shape_text(shape or ()) or UNKNOWN for shape in (analysis.input_shape, analysis.output_shape))
    return {
        "blocks": f"{len(network):,}",
        "input → output": f"{entry} → {output}",
        "parameters": f"{analysis.parameters:,}",
        "trainable": f"{analysis.trainable:,}",
        "multiply-adds": f"{analysis.multiply_adds:,} per image",
        "receptive field": shape_text(analysis.receptive_field or ()) or UNKNOWN,
        "activations": f"{bytes_text(analysis.activation_bytes)} per image",
        "training memory": f"≈{bytes_text(analysis.training_bytes(batch_size))}, batch {batch_size:,}",
    }


def bytes_text(count: int) -> str:
    """`5.7 MB`: decimal units, as memory is sold."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def _name_label(name: str) -> QLabel:
    made = QLabel(name)
    made.setProperty("role", "dim")
    made.setFont(monospace(11))
    return made
