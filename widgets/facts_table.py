"""`FactsTable`: rows of texts and numbers that sort by any column and copy as CSV or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from widgets.table_text import CSV, MARKDOWN, csv_text, markdown_text
from widgets.theme import DARK, Theme, monospace

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 26
NO_VALUE = "–"
SORT_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class Column:
    """A column of a `FactsTable`.

    Attributes:
        title: the heading, also in copies.
        help: the heading's tooltip.
        number: right-aligned in the monospaced font.
        bar: values are shares from 0 to 1 and are drawn as bars behind their texts.
        widest: pixels that the column takes at most, at first; 0 for as many as it wants.
    """

    title: str
    help: str
    number: bool = False
    bar: bool = False
    widest: int = 0


class Row(NamedTuple):
    """A line: what it stands for, the texts that stand in it, the values it is sorted by, and its tooltip."""

    key: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]
    tip: str = ""


class FactsModel(QAbstractTableModel):
    """Rows as Qt's views want them."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()

    def set_rows(self, rows: tuple[Row, ...]) -> bool:
        """Show other rows. Where they stand for the same things the selection stays, and the answer is False."""
        if [row.key for row in rows] == [row.key for row in self.rows]:
            changed = [line for line, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if old != new]
            self.rows = rows
            if changed:
                self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self.columns) - 1))
            return False
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == SORT_ROLE:  # first: sorting asks thousands of times
            return row.values[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.texts[index.column()]
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and column.number:
            return monospace(11)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip or None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.title
        return column.help if role == Qt.ItemDataRole.ToolTipRole else None


class FactsTable(QTableView):
    """The table. The third click on a heading restores the first order; Ctrl+C copies the selected rows.

    Signals:
        row_chosen(key): the user went to a row, by a click or the arrow keys.
        row_activated(key): by a double click or Enter.
        copied(text): what was put on the clipboard, in words.
    """

    row_chosen = Signal(str)
    row_activated = Signal(str)
    copied = Signal(str)

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = FactsModel(columns, self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORT_ROLE)
        self._total: Row | None = None
        self._bar = ShareBar(self)
        self.setModel(self._sorted)
        _plain(self, self._bar, columns)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setHighlightSections(False)
        header.setFixedHeight(ROW_HEIGHT)
        header.setResizeContentsPrecision(0)  # what is in view: asking every row of a large network takes too long
        self.setSortingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().currentRowChanged.connect(self._report)
        self.doubleClicked.connect(lambda index: self.row_activated.emit(self._key(index)))

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._model.columns

    @property
    def shown_rows(self) -> tuple[Row, ...]:
        """The rows in the order shown."""
        return tuple(self._row(line) for line in range(self._sorted.rowCount()))

    @property
    def selected_rows(self) -> tuple[Row, ...]:
        """The selected rows in the order shown."""
        return tuple(self._row(index.row()) for index in sorted(self.selectionModel().selectedRows()))

    def set_rows(self, rows: Sequence[Row], total: Row | None = None) -> None:
        """Show rows; `total` ends the copies of the whole table."""
        self._total = total
        if self._model.set_rows(tuple(rows)) and rows:
            self.fit_columns()

    def fit_columns(self) -> None:
        """Make every column as wide as it needs to be."""
        self.resizeColumnsToContents()
        for index, column in enumerate(self.columns):
            if column.widest:
                self.setColumnWidth(index, min(self.columnWidth(index), column.widest))

    def set_current(self, key: str | None) -> None:
        """Mark a row, without reporting it."""
        keys = [row.key for row in self._model.rows]
        index = self._model.index(keys.index(key), 0) if key in keys else QModelIndex()
        blocked = self.blockSignals(True)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._sorted.mapFromSource(index), flags)
        self.blockSignals(blocked)

    def set_theme(self, theme: Theme) -> None:
        self._bar.color = theme.color("accent", 70)
        self.viewport().update()

    # --- copying ----------------------------------------------------------------------------------------------------
    def as_markdown(self, selected: bool = False) -> str:
        """All rows in the order shown and the total, or the selected rows, as Markdown."""
        return markdown_text([(column.title, column.number) for column in self.columns], self._texts(selected))

    def as_csv(self, selected: bool = False) -> str:
        """All rows in the order shown and the total, or the selected rows, as CSV; numbers without separators."""
        return csv_text([column.title for column in self.columns], self._texts(selected))

    def copy(self, kind: str, selected: bool) -> None:
        """Put all rows, or the selected ones, on the clipboard as CSV or Markdown, and say how many."""
        QGuiApplication.clipboard().setText(self.as_csv(selected) if kind == CSV else self.as_markdown(selected))
        count = len(self.selected_rows) if selected else self._sorted.rowCount()
        self.copied.emit(f"Copied {count:,} {'row' if count == 1 else 'rows'} as {kind}")

    def copy_selection(self) -> None:
        """Put the selected rows on the clipboard as CSV, which spreadsheets read; all of them when none is selected."""
        self.copy(CSV, selected=bool(self.selected_rows))

    def fill_copy_menu(self, menu: QMenu) -> None:
        """Offer every way to copy; several selected rows come first, otherwise the whole table does."""
        menu.clear()
        several = len(self.selected_rows)
        rows = f"The {several:,} selected rows" if several > 1 else "The selected row"
        for selected in (True, False) if several > 1 else (False, True):
            for kind in (MARKDOWN, CSV):
                text = f"{rows if selected else 'The whole table'} as {kind}"
                action = menu.addAction(text, partial(self.copy, kind, selected))
                action.setEnabled(several > 0 or not selected)

    def _texts(self, selected: bool) -> list[tuple[str, ...]]:
        if selected:
            return [row.texts for row in self.selected_rows]
        return [row.texts for row in (*self.shown_rows, *((self._total,) if self._total else ()))]

    def _open_menu(self, position: QPoint) -> None:
        menu = QMenu("Copy", self)
        self.fill_copy_menu(menu)
        for action in menu.actions():
            action.setText(f"Copy {action.text()[0].lower()}{action.text()[1:]}")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(position))

    # --- events -----------------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+C and Ctrl+A, which the window has shortcuts for, while the keyboard is here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt goes to the first row where there is none yet: the user has not chosen it."""
        blocked = self.blockSignals(True)
        super().focusInEvent(event)
        self.blockSignals(blocked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_activated.emit(self._key(self.currentIndex()))
        else:
            super().keyPressEvent(event)

    def _row(self, line: int) -> Row:
        return self._model.rows[self._sorted.mapToSource(self._sorted.index(line, 0)).row()]

    def _key(self, index: Index) -> str:
        return self._row(index.row()).key

    def _report(self, current: QModelIndex) -> None:
        if current.isValid():
            self.row_chosen.emit(self._key(current))


class FooterRow(QTableView):
    """A row below a table that neither sorts nor scrolls away; its columns follow the table's."""

    def __init__(self, table: FactsTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._model = FactsModel(table.columns, self)
        self._bar = ShareBar(self)
        self.setModel(self._model)
        _plain(self, self._bar, table.columns)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        table.viewport().installEventFilter(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(ROW_HEIGHT + 1)
        self.horizontalHeader().hide()
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.horizontalHeader().sectionResized.connect(lambda column, _old, new: self.setColumnWidth(column, new))
        table.horizontalScrollBar().valueChanged.connect(self.horizontalScrollBar().setValue)

    def sizeHint(self) -> QSize:
        """As wide as the table's rows: not below its vertical scroll bar, so that both scroll as far."""
        return QSize(self._table.viewport().width() + 2 * self.frameWidth(), ROW_HEIGHT + 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setMaximumWidth(self.sizeHint().width())
            self.updateGeometry()
        return False

    def set_row(self, row: Row) -> None:
        """Show a row."""
        self._model.set_rows((row,))

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands in the row."""
        return self._model.rows[0].texts if self._model.rows else ()


class ShareBar(QStyledItemDelegate):
    """Draws a share as a bar behind its percentage."""

    color: QColor = DARK.color("accent", 70)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = float(index.data(SORT_ROLE))
        area: QRect = option.rect.adjusted(4, 5, -4, -5)
        painter.fillRect(area.adjusted(0, 0, round(area.width() * (share - 1)), 0), self.color)
        super().paint(painter, option, index)


def _plain(view: QTableView, bar: ShareBar, columns: Sequence[Column]) -> None:
    """A table without grid and row numbers, whose rows are selected whole."""
    for index, column in enumerate(columns):
        if column.bar:
            view.setItemDelegateForColumn(index, bar)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)


def _is_own(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll)
