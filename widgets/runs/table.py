"""`RunsTable`: one line for each run; sorts, filters, selects several, copies, and edits tags and notes in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QByteArray, QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from models.training.runs.summary import RunSummary
from widgets.runs.columns import COLUMNS, INDEX, NAME, NOTES, STAR, TAGS
from widgets.runs.model import Index, RunsModel, key_of
from widgets.table_text import CSV, csv_text, markdown_text
from widgets.theme import Theme

ROW_HEIGHT = 28
_LINES = QItemSelectionModel.SelectionFlag.Rows
_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Space, Qt.Key.Key_S, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2)


class RunsTable(QTableView):
    """The table. What was selected stays selected while rows come, go and move.

    Signals:
        selection_changed: other runs are selected.
        restore_wanted, trash_wanted: Enter, Delete.
        star_wanted(key, star), tags_wanted(key, tags), notes_wanted(key, text): the user edited what is said of a run.
        details_wanted: a double click.
        menu_wanted(position): at this place of the screen.
        copied(text): what was put on the clipboard, in words.
        columns_changed: the choice, the order or the width of columns.
    """

    selection_changed = Signal()
    restore_wanted = Signal()
    trash_wanted = Signal()
    star_wanted = Signal(str, bool)
    tags_wanted = Signal(str, object)
    notes_wanted = Signal(str, str)
    details_wanted = Signal()
    menu_wanted = Signal(QPoint)
    copied = Signal(str)
    columns_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsTable")
        self.setAccessibleName("Runs, one line for each")
        self._model = RunsModel(self)
        self._keys: tuple[str, ...] = ()
        self._current = ""
        self._restoring = False
        self.setModel(self._model)
        self._set_up()
        self._set_up_header()
        for signal, own in (
            (self._model.star_wanted, self.star_wanted),
            (self._model.tags_wanted, self.tags_wanted),
            (self._model.notes_wanted, self.notes_wanted),
        ):
            signal.connect(own)
        self._model.modelAboutToBeReset.connect(self._before_reset)
        self._model.rows_changed.connect(self._after_reset)
        self.selectionModel().selectionChanged.connect(self._report)
        self.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(self.viewport().mapToGlobal(at)))

    def _set_up(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setStyleSheet("QTableView::item { padding: 0 7px; }")
        colored = _ColoredText(self)
        for key in (STAR, "status"):
            self.setItemDelegateForColumn(INDEX[key], colored)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setHighlightSections(False)
        header.setFixedHeight(ROW_HEIGHT)
        header.setMinimumSectionSize(28)
        header.setSortIndicator(INDEX["started"], Qt.SortOrder.DescendingOrder)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_columns_menu)
        for index, column in enumerate(COLUMNS):
            self.setColumnWidth(index, column.width)
            self.setColumnHidden(index, not column.shown)
        header.setSectionResizeMode(INDEX[STAR], QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(self._sort_by)
        for changed in (header.sectionMoved, header.sectionResized):
            changed.connect(lambda *_: self.columns_changed.emit())

    # --- what is shown ----------------------------------------------------------------------------------------------
    @property
    def shown_runs(self) -> Sequence[RunSummary]:
        """The runs in the order shown."""
        return self._model.shown

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """All runs, also those that the filter hides."""
        return self._model.runs

    @property
    def selected_runs(self) -> list[RunSummary]:
        """The selected runs in the order shown."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows(INDEX[NAME]))
        return [self._model.shown[row] for row in rows]

    @property
    def current_run(self) -> RunSummary | None:
        """The run that the keyboard is at, where it is selected; the first selected one otherwise."""
        selected = self.selected_runs
        here = self._model.shown[self.currentIndex().row()] if self.currentIndex().isValid() else None
        return here if here in selected else selected[0] if selected else None

    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show other runs, or the same with other values."""
        self._model.set_runs(runs)

    def set_filter(self, text: str) -> None:
        """Show those that this asks for, see `query`."""
        self._model.set_filter(text)

    def set_icons(self, icons: Mapping[str, QIcon]) -> None:
        """The signs of runs that are drawn elsewhere."""
        self._model.set_icons(icons)

    def set_theme(self, theme: Theme) -> None:
        self._model.set_theme(theme)
        self.viewport().update()

    def select(self, keys: Iterable[str], current: str = "") -> None:
        """Select these runs, as far as they are shown, and go to one of them."""
        keys = tuple(keys)
        self._restoring = True
        self._select(keys, current or (keys[0] if keys else ""))
        self._restoring = False
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
        self._report()

    def _select(self, keys: Iterable[str], current: str) -> None:
        selection = QItemSelection()
        rows = sorted(row for key in keys if (row := self._model.row_of(key)) is not None)
        for first, last in _stretches(rows):
            selection.select(self._model.index(first, 0), self._model.index(last, len(COLUMNS) - 1))
        row_of_current = self._model.row_of(current)
        if row_of_current is not None:
            index = self._model.index(row_of_current, max(self.currentIndex().column(), INDEX[NAME]))
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect | _LINES)

    def _before_reset(self) -> None:
        self._keys = tuple(key_of(run) for run in self.selected_runs)
        here = self.currentIndex()
        self._current = key_of(self._model.shown[here.row()]) if here.isValid() else ""
        self._place = self.verticalScrollBar().value()

    def _after_reset(self) -> None:
        self._restoring = True
        self._select(self._keys, self._current)
        self.verticalScrollBar().setValue(self._place)
        self._restoring = False
        if tuple(key_of(run) for run in self.selected_runs) != self._keys:
            self._report()

    def _report(self, *_: object) -> None:
        if not self._restoring:
            self.selection_changed.emit()

    # --- columns and order ------------------------------------------------------------------------------------------
    def _sort_by(self, column: int) -> None:
        """The first click on a heading puts the best first, the second the worst."""
        header = self.horizontalHeader()
        first = Qt.SortOrder.DescendingOrder if COLUMNS[column].descending else Qt.SortOrder.AscendingOrder
        if self._sorted_by == column:
            descending = self._order is Qt.SortOrder.DescendingOrder
            first = Qt.SortOrder.AscendingOrder if descending else Qt.SortOrder.DescendingOrder
        self.sort_by(column, first)
        header.setSortIndicator(column, first)

    _sorted_by, _order = INDEX["started"], Qt.SortOrder.DescendingOrder

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort by a column, counted as in `COLUMNS`."""
        self._sorted_by, self._order = column, order
        self.horizontalHeader().setSortIndicator(column, order)
        self._model.sort(column, order)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
        self.columns_changed.emit()

    def fill_columns_menu(self, menu: QMenu) -> None:
        """Offer every column but the name, which stays."""
        for index, column in enumerate(COLUMNS):
            if column.key in (STAR, NAME):
                continue
            action = menu.addAction(column.title)
            action.setToolTip(column.help)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(index))
            action.toggled.connect(lambda shown, index=index: self._show_column(index, shown))

    def _show_column(self, index: int, shown: bool) -> None:
        self.setColumnHidden(index, not shown)
        self.columns_changed.emit()

    def _open_columns_menu(self, position: QPoint) -> None:
        menu = QMenu("Columns", self)
        menu.setToolTipsVisible(True)
        self.fill_columns_menu(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.horizontalHeader().mapToGlobal(position))

    def columns_state(self) -> QByteArray:
        """Choice, order and widths of the columns, to be kept."""
        return self.horizontalHeader().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        """Bring columns back as they were; a state of other columns changes nothing."""
        header = self.horizontalHeader()
        if header.restoreState(state):
            header.setFixedHeight(ROW_HEIGHT)
            self.setColumnHidden(INDEX[NAME], False)
            column = header.sortIndicatorSection()
            self._sorted_by, self._order = column, header.sortIndicatorOrder()
            self._model.sort(column, self._order)

    # --- copying ----------------------------------------------------------------------------------------------------
    def as_csv(self) -> str:
        """The selected runs, or all that are shown, with the columns shown; numbers in full."""
        columns = self._shown_columns()
        rows = [[COLUMNS[index].copied(run) for index in columns] for run in self.selected_runs or self.shown_runs]
        return csv_text([self._title(index) for index in columns], rows)

    def as_markdown(self) -> str:
        """The same as they stand in the table, for documents."""
        columns = self._shown_columns()
        rows = [[COLUMNS[index].text(run) for index in columns] for run in self.selected_runs or self.shown_runs]
        return markdown_text([(self._title(index), COLUMNS[index].number) for index in columns], rows)

    def copy(self, kind: str = CSV) -> None:
        """Put the selected runs, or all that are shown, on the clipboard."""
        QGuiApplication.clipboard().setText(self.as_csv() if kind == CSV else self.as_markdown())
        count = len(self.selected_runs or self.shown_runs)
        self.copied.emit(f"Copied {count:,} {'run' if count == 1 else 'runs'} as {kind}")

    def _shown_columns(self) -> list[int]:
        header = self.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(len(COLUMNS)))
        return [index for index in order if not self.isColumnHidden(index)]

    @staticmethod
    def _title(index: int) -> str:
        return "star" if COLUMNS[index].key == STAR else COLUMNS[index].title

    # --- events -----------------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Keep keys that the window has shortcuts for while the keyboard is here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif not plain:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.restore_wanted.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.trash_wanted.emit()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_S):
            self.star_selected()
        elif event.key() == Qt.Key.Key_F2:
            self.edit_cell(NOTES if self.currentIndex().column() == INDEX[NOTES] else TAGS)
        else:
            super().keyPressEvent(event)

    def star_selected(self) -> None:
        """Star the selected runs; where all of them have one, take it away."""
        selected = self.selected_runs
        star = not all(run.star for run in selected)
        for run in selected:
            if run.star is not star:
                self.star_wanted.emit(key_of(run), star)

    def edit_cell(self, key: str) -> None:
        """Edit a cell of the current run in place."""
        if self.currentIndex().isValid():
            self.setColumnHidden(INDEX[key], False)
            index = self._model.index(self.currentIndex().row(), INDEX[key])
            self.scrollTo(index)
            self.edit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and index.column() == INDEX[STAR]:
            run = self._model.shown[index.row()]
            self.star_wanted.emit(key_of(run), not run.star)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not COLUMNS[index.column()].editable and index.column() != INDEX[STAR]:
            self.details_wanted.emit()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._restoring and current.row() != previous.row():
            self.selection_changed.emit()


class _ColoredText(QStyledItemDelegate):
    """Text in its own colour also where it is selected, for which style sheets know one colour only."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
        painter.setFont(option.font)
        room = option.rect if index.column() == INDEX[STAR] else option.rect.adjusted(7, 0, -4, 0)
        painter.drawText(room, int(option.displayAlignment), text)
        painter.restore()


def _is_own(event: QKeyEvent) -> bool:
    if event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll):
        return True
    return event.modifiers() is Qt.KeyboardModifier.NoModifier and event.key() in _KEYS


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Rows as first and last ones of stretches without gaps."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
