"""The inputs of a merge block: what feeds it, and what else could."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from models.network.graph import Node
from widgets.inspector.parts import clear, label

CHOOSE = "Connect another output …"


class Connections(QWidget):
    """Lists a block's inputs with a button to disconnect each; hidden for blocks with one input at most.

    Signals:
        connect_requested(source_id), disconnect_requested(input_index).
    """

    connect_requested = Signal(str)
    disconnect_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self._shown: object = None
        self._chooser = QComboBox()
        self._chooser.setAccessibleName(CHOOSE)
        self._chooser.setMinimumContentsLength(8)
        self._chooser.activated.connect(self._connect)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(label("INPUTS", "heading"))
        layout.addLayout(self._rows)
        layout.addWidget(self._chooser)

    def set_node(self, node: Node | None, sources: Sequence[tuple[str, str]]) -> None:
        """Show a node's inputs, and the (id, title) of outputs that could be connected as well."""
        self.setVisible(node is not None and node.block.max_inputs > 1)
        shown = (node.id, node.inputs, tuple(sources)) if node is not None else None
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._rows)
        if node is None:
            return
        for index, source in enumerate(node.inputs):
            self._rows.addWidget(self._input_row(index, source.node))
        self._chooser.clear()
        self._chooser.addItem(CHOOSE)
        for source_id, title in sources:
            self._chooser.addItem(f"{title} ({source_id})", source_id)
        self._chooser.setEnabled(bool(sources))

    def _input_row(self, index: int, source_id: str) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        button = QToolButton()
        button.setText("✕")
        button.setProperty("role", "flat")
        button.setAccessibleName(f"Disconnect input {index + 1}, {source_id}")
        button.setToolTip(f"Disconnect {source_id}")
        button.clicked.connect(lambda: self.disconnect_requested.emit(index))
        layout.addWidget(label(f"{index + 1}   {source_id}", size=12), 1)
        layout.addWidget(button)
        return row

    def _connect(self, index: int) -> None:
        source_id = self._chooser.itemData(index)
        self._chooser.setCurrentIndex(0)
        if source_id:
            self.connect_requested.emit(source_id)
