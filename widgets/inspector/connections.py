"""The inputs of a merge block: what feeds it, and what else could."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from models.network.graph import Node, Source
from widgets.inspector.parts import clear, label

CHOOSE = "Connect another output …"


class Connections(QWidget):
    """Lists a block's inputs with a button to disconnect each; hidden for blocks with one input at most.

    Signals:
        connect_requested(Source), disconnect_requested(input_index).
    """

    connect_requested = Signal(object)
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

    def set_node(
        self, node: Node | None, sources: Sequence[tuple[Source, str]], names: Mapping[Source, str], read_only: bool
    ) -> None:
        """Show a node's inputs, and the outputs with their names that could be connected as well.

        `names` says what people call the sources of the inputs; where one has none its id does.
        """
        self.setVisible(node is not None and (node.block.max_inputs > 1 or any(s.output for s in node.inputs)))
        shown = (node.id, node.inputs, tuple(sources), dict(names), read_only) if node is not None else None
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._rows)
        if node is None:
            return
        for index, source in enumerate(node.inputs):
            self._rows.addWidget(self._input_row(index, names.get(source, source.node), read_only))
        self._chooser.clear()
        self._chooser.addItem(CHOOSE)
        for source, title in sources:
            self._chooser.addItem(title, source)
        self._chooser.setVisible(bool(sources) and not read_only)

    def _input_row(self, index: int, name: str, read_only: bool) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        button = QToolButton()
        button.setText("✕")
        button.setProperty("role", "flat")
        button.setAccessibleName(f"Disconnect input {index + 1}, {name}")
        button.setToolTip(f"Disconnect {name}")
        button.clicked.connect(lambda: self.disconnect_requested.emit(index))
        button.setHidden(read_only)
        layout.addWidget(label(f"{index + 1}   {name}", size=12), 1)
        layout.addWidget(button)
        return row

    def _connect(self, index: int) -> None:
        source = self._chooser.itemData(index)
        self._chooser.setCurrentIndex(0)
        if source:
            self.connect_requested.emit(Source(*source))
