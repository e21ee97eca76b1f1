"""What a composite block is made of: a list of the blocks inside, and the ways to them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from models.analysis import NodeAnalysis
from models.analysis.network_analysis import BlockFacts, block_facts
from models.blocks import Block, shape_text
from models.blocks.shapes import size_of
from models.network.graph import SEPARATOR, Node
from widgets.facts_table import ROW_HEIGHT, Column, FactsTable, Row
from widgets.inspector.parts import label
from widgets.theme import Theme

COLUMNS = (
    Column("inside", "The block's name inside the composite", widest=84),
    Column("output", "Shape that leaves the block, without the batch", number=True, widest=88),
    Column("params", "Number of weights", number=True, widest=66),
    Column("type", "Kind of block"),
)
NAME, OUTPUT, PARAMETERS, KIND = range(len(COLUMNS))
LEAST_NAME, LEAST_OUTPUT, LEAST_KIND = 46, 56, 72
"""Pixels that the names, the shapes and the kinds keep where there is little room."""
LOOK_TIP = "Open the composite where it stands on the canvas"
MOST_ROWS = 10
"""Longer lists scroll, so that what stands below stays in reach."""


class InsideList(QWidget):
    """Lists what is inside a composite, with buttons to look inside and to unpack; hidden for layers.

    Signals:
        node_chosen(node_id): the user went to a block inside; its id once the composite is open.
        look_inside_requested, unpack_requested.
    """

    node_chosen = Signal(str)
    look_inside_requested = Signal()
    unpack_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = _ShortTable(COLUMNS)
        self._table.setObjectName("insideTable")
        self._table.horizontalHeader().setMinimumSectionSize(LEAST_NAME)
        self._table.setAccessibleName("Blocks inside this composite")
        self._table.row_activated.connect(self.node_chosen)
        self._table.clicked.connect(lambda index: self.node_chosen.emit(self._table.shown_rows[index.row()].key))
        self._look = _button("Look inside", LOOK_TIP, "lookInsideButton")
        self._look.clicked.connect(self.look_inside_requested)
        self._node_id = ""
        self._opened: tuple[str, ...] = ()
        self._unpack = _button("Unpack", "Replace the composite by the blocks inside it, to edit them", "unpackButton")
        self._unpack.clicked.connect(self.unpack_requested)
        buttons = QHBoxLayout()
        buttons.addWidget(self._look)
        buttons.addWidget(self._unpack)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(label("INSIDE", "heading"))
        layout.addWidget(self._table)
        layout.addLayout(buttons)

    def set_block(self, node_id: str, block: Block | None, analysis: NodeAnalysis | None, read_only: bool) -> None:
        """Show what is inside a block; of one that stands inside another there is nothing to unpack."""
        facts = block_facts(block, analysis.input_shapes) if block is not None and analysis is not None else None
        steps = facts.steps if isinstance(facts, BlockFacts) else ()
        self._node_id = node_id
        self._name_button()
        self.setVisible(bool(steps))
        self._unpack.setVisible(not read_only)
        self._table.set_rows([_row(node_id, node, known) for node, known in steps])
        self._table.updateGeometry()

    def set_opened(self, ids: Sequence[str]) -> None:
        """Which composites are open on the canvas: the button closes those."""
        self._opened = tuple(ids)
        self._name_button()

    def _name_button(self) -> None:
        opened = self._node_id in self._opened
        self._look.setText("Close" if opened else "Look inside")
        tip = "Close the composite on the canvas" if opened else LOOK_TIP
        self._look.setToolTip(tip)
        self._look.setAccessibleDescription(tip)

    def set_theme(self, theme: Theme) -> None:
        self._table.set_theme(theme)


class _ShortTable(FactsTable):
    """A table as high as its rows, up to a few."""

    def sizeHint(self) -> QSize:
        rows = min(self.model().rowCount(), MOST_ROWS)
        frame = self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()
        return QSize(super().sizeHint().width(), rows * ROW_HEIGHT + frame + self.horizontalScrollBar().height())

    def fit_columns(self) -> None:
        """No column is cut: the parameters go first, then names and shapes are elided, and at last the kinds."""
        wanted = [self._wanted_width(index) for index in range(len(self.columns))]
        room = self.viewport().width()
        self.setColumnHidden(PARAMETERS, sum(wanted) > room)
        too_much = max(0, sum(wanted) - wanted[PARAMETERS] - room)
        for index, least in ((NAME, LEAST_NAME), (OUTPUT, LEAST_OUTPUT), (KIND, LEAST_KIND)):
            less = max(0, min(too_much, wanted[index] - least))
            wanted[index] -= less
            too_much -= less
        for index, width in enumerate(wanted):
            self.setColumnWidth(index, width)

    def _wanted_width(self, index: int) -> int:
        width = max(self.sizeHintForColumn(index), self.horizontalHeader().sectionSizeHint(index))
        widest = self.columns[index].widest
        return min(width, widest) if widest else width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())


def _row(composite: str, node: Node, facts: BlockFacts) -> Row:
    parameters = sum(weight.size for weight in facts.weights)
    shapes = " · ".join(shape_text(shape) for shape in facts.output_shapes)
    settings = node.block.settings_text()
    return Row(
        f"{composite}{SEPARATOR}{node.id}",
        (node.name or node.id, shapes, f"{parameters:,}" if parameters else "", node.block.label),
        (node.id, size_of(facts.output_shapes[0]), parameters, node.block.label.lower()),
        f"{node.id}: {node.block.label} {settings}".strip(),
    )


def _button(text: str, tip: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
