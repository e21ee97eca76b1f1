"""The inspector's second tab: totals, whether training fits the device, and the stack as a line of text."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from models.analysis import Analysis
from models.analysis.memory import Device, bytes_text, fit_text, fits, training_memory
from models.blocks import shape_text
from models.network.graph import Network
from widgets.inspector.parts import MARGIN, card, column, label, scroll
from widgets.notation_field import NotationField
from widgets.theme import Theme, monospace, set_property

UNKNOWN = "–"


class NetworkTab(QWidget):
    """Shows the whole network; `network_described(Network)` when the user wrote another one."""

    network_described = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Network, Analysis, int] = (Network(), Analysis(), 1)
        self._device = Device("")
        self._frozen: frozenset[str] = frozenset()
        self._stale = False
        self._totals = Totals()
        self._fit = label()
        self._fit.setObjectName("memoryFit")
        self._heading = label("AS TEXT", "heading")
        self.notation = NotationField()
        self.notation.network_described.connect(self.network_described)
        body, layout = column(12)
        layout.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        layout.addWidget(label("Network", "title"))
        layout.addWidget(card(self._totals, self._fit))
        layout.addWidget(self._heading)
        layout.addWidget(self.notation)
        layout.addWidget(label("Every block with its numbers stands in the Summary below the canvas.", "dim"))
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(body))
        self._refresh()

    def set_network(self, network: Network, analysis: Analysis, batch_size: int, frozen: Collection[str] = ()) -> None:
        """Show a network's numbers; while the tab is hidden they wait, since every edit comes here.

        `frozen` are the nodes whose weights training leaves as they are.
        """
        self._shown = (network, analysis, batch_size)
        self._frozen = frozenset(frozen)
        self._stale = True
        if self.isVisible():
            self._refresh()

    def set_device(self, device: Device) -> None:
        """What computes, and with how much memory."""
        self._device = device
        self._show_fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self.notation.set_theme(theme)

    def _refresh(self) -> None:
        self._stale = False
        network, analysis, _batch_size = self._shown
        self._totals.set_values(total_texts(*self._shown, self._frozen))
        self.notation.set_network(network, analysis)
        self._show_fit()

    def _show_fit(self) -> None:
        _network, analysis, batch_size = self._shown
        text = fit_text(analysis, batch_size, self._device)
        fitting = fits(training_memory(analysis, batch_size), self._device)
        self._fit.setText(("✓  " if fitting else "⚠  ") + text)
        set_property(self._fit, "role", "ok" if fitting else "warn")
        self._fit.setVisible(bool(text))


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


def total_texts(network: Network, analysis: Analysis, batch_size: int, frozen: Collection[str] = ()) -> dict[str, str]:
    """A network's totals in words; weights of `frozen` nodes are not trained."""
    still = sum(known.trainable for node_id, known in analysis.nodes.items() if node_id in frozen)
    entry, output = (shape_text(shape or ()) or UNKNOWN for shape in (analysis.input_shape, analysis.output_shape))
    full, mixed = (training_memory(analysis, batch_size, kind).total for kind in ("float32", "mixed_float16"))
    return {
        "blocks": f"{len(network):,}",
        "input → output": f"{entry} → {output}",
        "parameters": f"{analysis.parameters:,}",
        "trainable": f"{analysis.trainable - still:,}",
        "multiply-adds": f"{analysis.multiply_adds:,} per image",
        "receptive field": shape_text(analysis.receptive_field or ()) or UNKNOWN,
        "activations": f"{bytes_text(analysis.activation_bytes)} per image",
        "training memory": f"≈{bytes_text(full)}, batch {batch_size:,}",
        "mixed precision": f"≈{bytes_text(mixed)}, batch {batch_size:,}",
    }


def _name_label(name: str) -> QLabel:
    made = QLabel(name)
    made.setProperty("role", "dim")
    made.setFont(monospace(11))
    return made
