"""`SummaryPanel`: everything that is known of a network, one line for each block or layer, and the totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from models.analysis import Analysis, NodeAnalysis, analyse
from models.analysis.memory import bytes_text
from models.analysis.receptive_field import Length
from models.blocks import shape_text
from models.blocks.shapes import size_of
from models.network.expansion import Expansion, expand
from models.network.graph import Network
from widgets.copy_button import CopyButton
from widgets.facts_table import NO_VALUE, Column, FactsTable, FooterRow, Row
from widgets.theme import Theme

COLUMNS = (
    Column("block", "The block's name", widest=240),
    Column("type", "Kind of layer"),
    Column("output", "Shape that leaves the block, without the batch", number=True),
    Column("parameters", "Number of weights", number=True),
    Column("of all", "Share of the network's parameters", number=True, bar=True),
    Column("trainable", "Weights that training changes", number=True),
    Column("multiply-adds", "Multiplications with an addition, per image", number=True),
    Column("of all", "Share of the network's multiply-adds", number=True, bar=True),
    Column("activations", "Memory of what is computed here for one image, as float32", number=True),
    Column("receptive field", "Pixels of the input that one output value sees", number=True),
    Column("jump", "Pixels of the input between neighbouring outputs", number=True),
    Column("start", "First pixel that the first output sees; negative where it sees padding", number=True),
    Column("heaviest", "The blocks that have the most parameters or do the most multiply-adds"),
)
PARAMETER_SHARE, MULTIPLY_ADD_SHARE = (index for index, column in enumerate(COLUMNS) if column.bar)

HEAVY_SHARE, HEAVY_COUNT = 0.1, 3
"""A block is marked as heavy when it is among the first three and has a tenth of the total at least."""

INSIDE = " › "


Cell = tuple[str, Any]
"""What stands in a column, and what it is sorted by."""

Kept = dict[str, tuple[NodeAnalysis, tuple[Cell, ...]]]
"""Every node's cells with the analysis that they were made for: the same object as long as no edit touches the node."""


def summary_rows(
    network: Network, analysis: Analysis, owners: Mapping[str, str] | None = None, kept: Kept | None = None
) -> tuple[Row, ...]:
    """The lines for a network, in its order.

    Args:
        owners: the titles of the composites that nodes are inside of.
        kept: cells of the last time, renewed for what has changed: most of a large network has not.
    """
    nodes = [analysis.nodes[node.id] for node in network.nodes]
    heavy_parameters = heaviest([known.parameters for known in nodes])
    heavy_multiply_adds = heaviest([known.multiply_adds for known in nodes])
    rows = []
    for line, (node, known) in enumerate(zip(network.nodes, nodes, strict=True)):
        owner = (owners or {}).get(node.id)
        title = f"{owner}{INSIDE}{node.title}" if owner else node.title
        heavy = _heavy_text(line in heavy_parameters, line in heavy_multiply_adds)
        before = kept.get(node.id) if kept is not None else None
        cells = before[1] if before is not None and before[0] is known else _cells(known)
        if kept is not None:
            kept[node.id] = (known, cells)
        rows.append(_row(node.id, title, node.block.type, known, cells, analysis, heavy))
    return tuple(rows)


def total_row(network: Network, analysis: Analysis, noun: str = "block") -> Row:
    """The line below the others; `noun` is what the others are."""
    whole = NodeAnalysis(
        "",
        output_shapes=(analysis.output_shape,) if analysis.output_shape else (),
        weights=tuple(weight for known in analysis.nodes.values() for weight in known.weights),
        multiply_adds=analysis.multiply_adds,
        activation_values=sum(known.activation_values for known in analysis.nodes.values()),
        fields=analysis.nodes[network.output_node.id].fields if network.output_node is not None else (),
    )
    count = len(network)
    return _row("", "Total", f"{count:,} {noun}{'s' if count != 1 else ''}", whole, _cells(whole), analysis, "")


def heaviest(counts: Sequence[int]) -> frozenset[int]:
    """Indices of the few largest counts, as far as they are a good part of the sum."""
    total = sum(counts)
    order = sorted(range(len(counts)), key=lambda index: counts[index], reverse=True)
    return frozenset(index for index in order[:HEAVY_COUNT] if total and counts[index] >= HEAVY_SHARE * total)


def _row(
    key: str, title: str, kind: str, known: NodeAnalysis, cells: tuple[Cell, ...], analysis: Analysis, heavy: str
) -> Row:
    output, parameters, trainable, multiply_adds, *others = cells
    parameter_share = known.parameters / (analysis.parameters or 1)
    multiply_add_share = known.multiply_adds / (analysis.multiply_adds or 1)
    texts, values = zip(
        (title, title.lower()),
        (kind, kind.lower()),
        output,
        parameters,
        (f"{parameter_share:.1%}", parameter_share),
        trainable,
        multiply_adds,
        (f"{multiply_add_share:.1%}", multiply_add_share),
        *others,
        (heavy, len(heavy)),
        strict=True,
    )
    return Row(key, texts, values, f"{title} ({key})" if key and key != title else title)


def _cells(known: NodeAnalysis) -> tuple[Cell, ...]:
    """What depends on a node alone, not on the rest of the network."""
    shape, fields = known.output_shape, known.fields[0] if known.fields else ()
    shapes = " · ".join(shape_text(output) for output in known.output_shapes)
    return (
        (shapes or NO_VALUE, size_of(shape) if shape else 0),
        (f"{known.parameters:,}", known.parameters),
        (f"{known.trainable:,}", known.trainable),
        (f"{known.multiply_adds:,}", known.multiply_adds),
        (bytes_text(known.activation_bytes), known.activation_bytes),
        (shape_text(known.receptive_field or ()) or NO_VALUE, max(known.receptive_field or (0,))),
        (_lengths_text(field.jump for field in fields), float(max((field.jump for field in fields), default=0))),
        (_lengths_text(field.start for field in fields), float(min((field.start for field in fields), default=0))),
    )


def _heavy_text(parameters: bool, multiply_adds: bool) -> str:
    words = [word for word, heavy in (("parameters", parameters), ("multiply-adds", multiply_adds)) if heavy]
    return f"▲ {' and '.join(words)}" if words else ""


def _lengths_text(lengths: Iterable[Length]) -> str:
    """One number where all axes agree, `2, 1` where they do not."""
    texts = [str(length).replace("-", "−") for length in lengths]
    return (texts[0] if len(set(texts)) == 1 else ", ".join(texts)) if texts else NO_VALUE


class SummaryPanel(QWidget):
    """The table with its totals below and its options above.

    Signals:
        node_chosen(node_id): the user went to a line; of a layer inside a composite its id in the expansion.
        copied(text): what was put on the clipboard, in words.
    """

    node_chosen = Signal(str)
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("summaryPanel")
        self.setAccessibleName("Summary of the network")
        self._shown: tuple[Network, Analysis] = (Network(), Analysis())
        self._current: str | None = None
        self._stale = False
        self._kept: Kept = {}
        self._layers: tuple[Expansion, Analysis] | None = None
        self.table = FactsTable(COLUMNS)
        self.table.setObjectName("summaryTable")
        self.table.setAccessibleName("Summary of the network, one line for each block")
        self.total = FooterRow(self.table)
        self.total.setObjectName("summaryTotal")
        self.total.setAccessibleName("Totals of the network")
        self.inside = QCheckBox("Layers inside composite blocks")
        self.inside.setToolTip("One line for each layer, with every composite block taken apart")
        self.inside.toggled.connect(self._refresh)
        self._hint = QLabel()
        self._hint.setProperty("role", "dim")
        self.copy_button = CopyButton(self.table)
        self._lay_out(self.copy_button)
        self.table.copied.connect(self.copied)
        self.table.row_chosen.connect(self.node_chosen)

    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show a network; while the panel is hidden it waits, since every edit comes here."""
        self._shown = (network, analysis)
        self._stale = True
        if self.isVisible():
            self._refresh()

    def set_current(self, node_id: str | None) -> None:
        """Mark a block's line."""
        self._current = node_id
        if not self._stale:
            self.table.set_current(node_id)

    def set_theme(self, theme: Theme) -> None:
        self.table.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        network, analysis = self._shown
        composites = [node for node in network.nodes if _is_open(node.id, analysis)]
        self.inside.setEnabled(bool(composites))
        owners: dict[str, str] = {}
        if composites and self.inside.isChecked():
            before, known = self._layers or (None, None)
            expansion = expand(network, before=before)
            owners = {inner: node.title for node in composites for inner in expansion.members.get(node.id, ())}
            network, analysis = expansion.network, analyse(expansion.network, before=known)
            self._layers = expansion, analysis
        total = total_row(network, analysis, "layer" if owners else "block")
        self.total.set_row(total)
        self._kept = {key: cells for key, cells in self._kept.items() if key in network}
        self.table.set_rows(summary_rows(network, analysis, owners, self._kept), total)
        self.table.set_current(self._current)
        self._hint.setText("" if network.nodes else "The network is empty.")

    def _lay_out(self, copy: CopyButton) -> None:
        options = QHBoxLayout()
        options.setContentsMargins(12, 6, 12, 4)
        options.addWidget(self.inside)
        options.addWidget(self._hint)
        options.addStretch(1)
        options.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(options)
        column.addWidget(self.table, 1)
        column.addWidget(self.total, 0, Qt.AlignmentFlag.AlignLeft)
        self.setTabOrder(self.table, copy)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)


def _is_open(node_id: str, analysis: Analysis) -> bool:
    """Whether a block is a composite whose inside is known."""
    node = analysis.network.node(node_id)
    known = analysis.nodes[node_id]
    return bool(known.output_shapes) and node.block.inside(known.input_shapes) is not None
