"""`RunsModel`: runs as rows, filtered and sorted here, since Qt's proxy would ask Python for every comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QIcon

from models.training.runs.summary import RunSummary
from widgets.runs.columns import COLUMNS, INDEX, NAME, STAR, TAGS, sorted_runs
from widgets.runs.query import query
from widgets.runs.styles import swatch
from widgets.runs.texts import STATUS_HELP, STATUS_TOKENS, described, iso_text, tags_of
from widgets.theme import DARK, Theme, monospace

Index = QModelIndex | QPersistentModelIndex
NEWEST_FIRST = (INDEX["started"], True)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def key_of(run: RunSummary) -> str:
    """What a run is known by in the views: its folder, as copies of a run share its id."""
    return str(run.path)


class RunsModel(QAbstractTableModel):
    """All runs, and of them those that are shown.

    Signals:
        star_wanted(key, star), tags_wanted(key, tags), notes_wanted(key, text): the user edited a cell.
        rows_changed: other runs, or in another order, are shown; indices are not valid any more.
    """

    star_wanted = Signal(str, bool)
    tags_wanted = Signal(str, object)
    notes_wanted = Signal(str, str)
    rows_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[RunSummary, ...] = ()
        self.shown: list[RunSummary] = []
        self._rows: dict[str, int] = {}
        self._filter, self._order = "", NEWEST_FIRST
        self._theme = DARK
        self._icons: Mapping[str, QIcon] = {}
        self._font = monospace(11)
        self._no_icon = swatch(None, DARK)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show other runs, or the same with other values."""
        self.runs = tuple(runs)
        self._show()

    def set_filter(self, text: str) -> None:
        """Show those that this asks for, see `query`."""
        if text != self._filter:
            self._filter = text
            self._show()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order is Qt.SortOrder.DescendingOrder) if column >= 0 else NEWEST_FIRST
        self._show()

    def set_icons(self, icons: Mapping[str, QIcon]) -> None:
        """The signs of runs that are drawn elsewhere; they stand before the names."""
        changed = {key for key in (*self._icons, *icons) if self._icons.get(key) is not icons.get(key)}
        self._icons = icons
        for row in sorted(self._rows[key] for key in changed if key in self._rows):
            index = self.index(row, INDEX[NAME])
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, len(COLUMNS) - 1))

    def row_of(self, key: str) -> int | None:
        """Where a run stands; None where it is not shown."""
        return self._rows.get(key)

    def _show(self) -> None:
        wanted = query(self._filter)
        column, descending = self._order
        shown = sorted_runs([run for run in self.runs if wanted(run)], COLUMNS[column], descending)
        if [run.path for run in shown] == [run.path for run in self.shown]:
            self._take_values(shown)
            return
        self.beginResetModel()
        self.shown = shown
        self._rows = {key_of(run): row for row, run in enumerate(shown)}
        self.endResetModel()
        self.rows_changed.emit()

    def _take_values(self, shown: list[RunSummary]) -> None:
        """The same rows: those with other values are painted anew."""
        changed = [
            row for row, (old, new) in enumerate(zip(self.shown, shown, strict=True)) if old is not new and old != new
        ]
        self.shown = shown
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(COLUMNS) - 1))

    # --- Qt ---------------------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if COLUMNS[index.column()].editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self.shown[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(run)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter if column.key == STAR else _RIGHT if column.number else _LEFT
        if role == Qt.ItemDataRole.FontRole:
            return self._font if column.number else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._foreground(run, column.key)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons.get(key_of(run), self._no_icon) if column.key == NAME else None
        if role == Qt.ItemDataRole.EditRole:
            return ", ".join(run.tags) if column.key == TAGS else run.notes
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(run, column.key)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(run, column.key, column.text(run))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        run, column = self.shown[index.row()], COLUMNS[index.column()]
        if column.key == TAGS and tags_of(str(value)) != run.tags:
            self.tags_wanted.emit(key_of(run), tags_of(str(value)))
        elif column.key != TAGS and column.editable and str(value) != run.notes:
            self.notes_wanted.emit(key_of(run), str(value))
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter if column.key == STAR else _RIGHT if column.number else _LEFT
        if role == Qt.ItemDataRole.AccessibleTextRole and column.key == STAR:
            return "star"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.title
        return column.help if role == Qt.ItemDataRole.ToolTipRole else None

    def _foreground(self, run: RunSummary, key: str) -> Any:
        if key == STAR:
            return self._theme.color("warn") if run.star else self._theme.color("dim", 110)
        if key == "status":
            return self._theme.color(STATUS_TOKENS[run.status])
        return None if key == NAME else self._theme.color("text", 210)

    @staticmethod
    def _tip(run: RunSummary, key: str) -> str:
        if key == "status":
            return STATUS_HELP[run.status]
        if key == "started":
            return iso_text(run.created)
        if key in ("parameters", "multiply_adds"):
            return f"{run.parameters:,} parameters, {run.multiply_adds:,} multiply-adds"
        if key in ("notes", "tags") and (run.notes or run.tags):
            return "\n\n".join(part for part in (", ".join(run.tags), run.notes[:1000]) if part)
        return described(run)

    @staticmethod
    def _spoken(run: RunSummary, key: str, text: str) -> str:
        if key == STAR:
            return "starred" if run.star else "not starred"
        return run.status if key == "status" else text
