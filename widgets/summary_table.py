"""`SummaryTable`: one line for each block of a network, sortable, copied as Markdown or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication, QPainter
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from models.analysis import Analysis
from models.blocks import shape_text
from models.network.graph import Network
from widgets.theme import DARK, Theme, monospace

Index = QModelIndex | QPersistentModelIndex
HEADINGS = ("block", "output", "parameters", "share", "trainable", "multiply-adds", "receptive field", "type")
SHOWN = tuple("params" if heading == "parameters" else heading for heading in HEADINGS)
"""As there is room for in an inspector; copies of the table have the whole words."""

HELP = (
    "The block's name", "Shape that leaves the block, without the batch", "Number of weights",
    "Share of the network's parameters", "Weights that training changes", "Multiplications with an addition, per image",
    "Pixels of the input that one output value sees", "Kind of layer",
)  # fmt: skip
SHARE = HEADINGS.index("share")
NUMBERS = range(HEADINGS.index("output"), HEADINGS.index("type"))
NO_VALUE = "–"
WIDEST = (96, 74, 68)
"""Pixels of the first columns, at most: names, shapes and parameters stand side by side in a narrow inspector."""


class Row(NamedTuple):
    """A block's line: the texts that stand in it, and the values it is sorted by."""

    node_id: str
    texts: tuple[str, ...]
    keys: tuple[Any, ...]


def summary_rows(network: Network, analysis: Analysis) -> tuple[Row, ...]:
    """The lines for a network, in its order."""
    total = max(analysis.parameters, 1)
    rows = []
    for node in network.nodes:
        known = analysis.nodes[node.id]
        shape, field = known.output_shape or (), known.receptive_field or ()
        share = known.parameters / total
        texts = (
            node.title, shape_text(shape) or NO_VALUE, f"{known.parameters:,}", f"{share:.1%}",
            f"{known.trainable:,}", f"{known.multiply_adds:,}", shape_text(field) or NO_VALUE, node.block.type,
        )  # fmt: skip
        keys = (
            node.title.lower(), known.activation_bytes, known.parameters, share,
            known.trainable, known.multiply_adds, max(field, default=0), node.block.type.lower(),
        )  # fmt: skip
        rows.append(Row(node.id, texts, keys))
    return tuple(rows)


class SummaryModel(QAbstractTableModel):
    """The lines of a network as Qt's views want them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()

    def set_rows(self, rows: tuple[Row, ...]) -> bool:
        """Show other lines. Where the blocks are the same ones the selection stays, and the answer is False."""
        if [row.node_id for row in rows] == [row.node_id for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(HEADINGS) - 1))
            return False
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.UserRole:
            return row.keys[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if index.column() in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and index.column() in NUMBERS:
            return monospace(11)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight if section in NUMBERS else Qt.AlignmentFlag.AlignLeft
        texts = {Qt.ItemDataRole.DisplayRole: SHOWN, Qt.ItemDataRole.ToolTipRole: HELP}.get(Qt.ItemDataRole(role))
        return texts[section] if texts else None


class SummaryTable(QTableView):
    """The table. A click or the arrow keys choose a block; the third click on a heading restores the network's order.

    Signals:
        node_chosen(node_id): the user went to a line.
    """

    node_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("summaryTable")
        self.setAccessibleName("Summary of the network, one line for each block")
        self._model = SummaryModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._bar = ShareBar(self)
        self.setModel(self._sorted)
        self.setItemDelegateForColumn(SHARE, self._bar)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setHighlightSections(False)
        self.setSortingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().currentRowChanged.connect(self._report)

    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show a network."""
        if self._model.set_rows(summary_rows(network, analysis)):
            self.resizeColumnsToContents()
            for column, widest in enumerate(WIDEST):
                self.setColumnWidth(column, min(self.columnWidth(column), widest))

    def set_current(self, node_id: str | None) -> None:
        """Mark a block's line, without reporting it."""
        ids = [row.node_id for row in self._model.rows]
        index = self._model.index(ids.index(node_id), 0) if node_id in ids else QModelIndex()
        blocked = self.blockSignals(True)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._sorted.mapFromSource(index), flags)
        self.blockSignals(blocked)

    def set_theme(self, theme: Theme) -> None:
        self._bar.color = theme.color("accent", 70)
        self.viewport().update()

    def as_markdown(self) -> str:
        """The table as Markdown, in the order shown."""
        ruler = ["---:" if column in NUMBERS else "---" for column in range(len(HEADINGS))]
        lines = [HEADINGS, ruler, *([text.replace("|", "\\|") for text in texts] for texts in self._texts())]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def as_csv(self) -> str:
        """The table as CSV, in the order shown, numbers without separators."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(
            [text.replace(",", "") if text[:1].isdigit() else text for text in row] for row in self._texts()
        )
        return out.getvalue()

    def _texts(self) -> Sequence[tuple[str, ...]]:
        order = (self._sorted.mapToSource(self._sorted.index(row, 0)).row() for row in range(self._sorted.rowCount()))
        return [self._model.rows[row].texts for row in order]

    def _report(self, current: QModelIndex) -> None:
        if current.isValid():
            self.node_chosen.emit(self._model.rows[self._sorted.mapToSource(current).row()].node_id)

    def _open_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        clipboard = QGuiApplication.clipboard()
        menu.addAction("Copy as Markdown", lambda: clipboard.setText(self.as_markdown()))
        menu.addAction("Copy as CSV", lambda: clipboard.setText(self.as_csv()))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(position))


class ShareBar(QStyledItemDelegate):
    """Draws a share as a bar behind its percentage."""

    color: QColor = DARK.color("accent", 70)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = float(index.data(Qt.ItemDataRole.UserRole))
        area: QRect = option.rect.adjusted(4, 5, -4, -5)
        painter.fillRect(area.adjusted(0, 0, round(area.width() * (share - 1)), 0), self.color)
        super().paint(painter, option, index)
