"""`QueueDialog`: the runs that wait for one another, to be put in order, taken out, started or held."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

Row = tuple[str, str, str]
"""A run's key, its name, and its settings in a line."""

KEY = Qt.ItemDataRole.UserRole
SIZE = QSize(680, 380)
EMPTY = "No run waits. Run ▸ Add to queue puts the project there as it is now."


class QueueDialog(QDialog):
    """A list that is reordered by dragging, by buttons, or by Ctrl+Up and Ctrl+Down. Stays open beside the work.

    Signals:
        moved(key, places): a run should stand so many places further down, or up where below zero.
        removed(key): a run should be taken out.
        start_requested, hold_requested: the waiting runs should be started one after the other, or not.
    """

    moved = Signal(str, int)
    removed = Signal(str)
    start_requested = Signal()
    hold_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queueDialog")
        self.setWindowTitle("Queue of runs")
        self._is_going = False
        self._state = QLabel()
        self._state.setWordWrap(True)
        self._list = _QueueList()
        self._list.moved.connect(self.moved)
        self._list.removed.connect(self.removed)
        self._list.itemSelectionChanged.connect(self._refresh_buttons)
        self._up = self._button("Up", "Let the selected run come sooner (Ctrl+Up)", lambda: self._list.shift(-1))
        self._down = self._button("Down", "Let the selected run come later (Ctrl+Down)", lambda: self._list.shift(1))
        self._remove = self._button("Remove", "Take the selected run out of the queue (Del)", self._list.take_out)
        self._go = self._button("Start", "", self._toggle)
        self._go.setProperty("role", "primary")
        self._go.setObjectName("queueStart")
        close = self._button("Close", "Close this list; the queue goes on", self.close)
        row = QHBoxLayout()
        for button in (self._up, self._down, self._remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self._go)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._state)
        column.addWidget(self._list, 1)
        column.addLayout(row)
        self.resize(SIZE)
        self.set_runs((), "", False)

    def set_runs(self, rows: Sequence[Row], running: str, is_going: bool) -> None:
        """Show the waiting runs; `running` is the one under way, `is_going` whether the next one follows by itself."""
        self._is_going = is_going
        self._list.set_rows(rows)
        if not rows:
            text = EMPTY
        elif is_going:
            text = "The next run starts when the one under way ends." if running else "The next run starts soon."
        else:
            text = "The runs wait. Start lets them follow one after the other."
        self._state.setText(f"Training now: {running}. {text}" if running else text)
        self._go.setText("Hold" if is_going and rows else "Start")
        tip = "Let the waiting runs wait; the one under way goes on" if is_going else "Start them one after the other"
        self._go.setToolTip(tip)
        self._refresh_buttons()

    @property
    def keys(self) -> list[str]:
        """The runs in their order, as shown."""
        return self._list.keys

    def select(self, row: int) -> None:
        """Select one run."""
        item = self._list.topLevelItem(row)
        if item is not None:
            self._list.setCurrentItem(item)

    def _toggle(self) -> None:
        (self.hold_requested if self._is_going else self.start_requested).emit()

    def _refresh_buttons(self) -> None:
        at, count = self._list.current_row, self._list.topLevelItemCount()
        self._up.setEnabled(at > 0)
        self._down.setEnabled(0 <= at < count - 1)
        self._remove.setEnabled(at >= 0)
        self._go.setEnabled(count > 0)

    @staticmethod
    def _button(text: str, tip: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: act())  # type: ignore[operator]
        return button


class _QueueList(QTreeWidget):
    """The runs in two columns."""

    moved = Signal(str, int)
    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queueList")
        self.setAccessibleName("Waiting runs")
        self.setHeaderLabels(["", "Network", "Settings"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setStyleSheet("QTreeView::item { padding: 6px 8px; } QHeaderView::section { padding: 6px 8px; }")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.header().setSectionsMovable(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    @property
    def keys(self) -> list[str]:
        return [self._key(row) for row in range(self.topLevelItemCount())]

    @property
    def current_row(self) -> int:
        chosen = self.selectedItems()
        return self.indexOfTopLevelItem(chosen[0]) if chosen else -1

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these runs; the selected one stays selected."""
        chosen = self._key(self.current_row) if self.current_row >= 0 else None
        self.clear()
        for number, (key, name, details) in enumerate(rows, 1):
            item = QTreeWidgetItem([str(number), name, details])
            item.setData(0, KEY, key)
            item.setToolTip(1, f"{name}: {details}")
            item.setToolTip(2, details)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
            self.addTopLevelItem(item)
            if key == chosen:
                self.setCurrentItem(item)

    def shift(self, places: int) -> None:
        """Ask for the selected run to be moved."""
        if 0 <= self.current_row + places < self.topLevelItemCount() and self.current_row >= 0:
            self.moved.emit(self._key(self.current_row), places)

    def take_out(self) -> None:
        """Ask for the selected run to be removed."""
        if self.current_row >= 0:
            self.removed.emit(self._key(self.current_row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.take_out()
        elif control and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.shift(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for what was dragged to be moved; the list follows when that was done."""
        at = self.current_row
        place = event.position().toPoint()
        target = self.indexAt(place)
        to = self.topLevelItemCount()
        if target.isValid():
            to = target.row() + (place.y() > self.visualRect(target).center().y())
        event.setDropAction(Qt.DropAction.IgnoreAction)  # Qt must not move the row itself
        event.accept()
        if at >= 0 and (places := to - at - (to > at)):
            self.moved.emit(self._key(at), places)

    def _key(self, row: int) -> str:
        item = self.topLevelItem(row)
        assert item is not None, row
        return str(item.data(0, KEY))
