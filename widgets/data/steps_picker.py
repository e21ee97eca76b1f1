"""`StepPicker`: the pop-up from which a step is added to a chain."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from models.blocks import Shape
from models.data.steps import Step
from widgets.data.class_colors import plain_tip
from widgets.theme import DARK, Theme, interface_font

ROW, HEADING = 36, 24
WIDTH, MOST_HEIGHT = 340, 380
SEARCHED_FROM = 10
"""So many steps need a search."""

KIND = Qt.ItemDataRole.UserRole
NOTE = Qt.ItemDataRole.UserRole + 1


class StepPicker(QFrame):
    """Steps under their groups' names, each with what it does. Typing searches, arrows walk, Enter or a click adds.

    Signals:
        step_chosen(type of the step).
    """

    step_chosen = Signal(object)

    def __init__(self, kinds: Sequence[type[Step]], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("stepPicker")
        self.setStyleSheet("#stepPicker { border: 1px solid palette(mid); }")
        self._theme = DARK
        self._kinds = tuple(kinds)
        self.search = QLineEdit(placeholderText="Search steps", clearButtonEnabled=True)
        self.search.setAccessibleName("Search steps")
        self.search.setVisible(len(self._kinds) >= SEARCHED_FROM)
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list = _StepList()
        self.list.setItemDelegate(_StepDelegate(self))
        self.list.itemClicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.search)
        column.addWidget(self.list)
        self._fill(None)

    @property
    def theme(self) -> Theme:
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def open_at(self, anchor: QRect, shape: Shape | None) -> None:
        """Show it below a rectangle of the screen; steps that leave samples of this shape as they are say so."""
        self._fill(shape)
        self.search.clear()
        self.filter("")
        margins = self.contentsMargins()
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        chrome = 16 + margins.top() + margins.bottom() + (self.search.sizeHint().height() + 8 if self._searches else 0)
        self.resize(WIDTH, min(rows + chrome + 4, MOST_HEIGHT))
        self.move(_on_screen(self, anchor))
        self.show()
        (self.search if self._searches else self.list).setFocus(Qt.FocusReason.PopupFocusReason)

    def filter(self, text: str) -> None:
        """Show the steps with every word in their title, group or help, and the headings that have such steps."""
        words = text.lower().split()
        heading: QListWidgetItem | None = None
        first = -1
        for row in range(self.list.count()):
            item = self.list.item(row)
            kind = item.data(KIND)
            if kind is None:
                heading = item
                item.setHidden(True)
                continue
            known = f"{kind.title} {kind.__name__} {kind.group} {summary_of(kind)}".lower()
            item.setHidden(not all(word in known for word in words))
            if not item.isHidden():
                first = row if first < 0 else first
                if heading is not None:
                    heading.setHidden(False)
        self.list.setCurrentRow(first)

    def shown_titles(self) -> list[str]:
        """The steps in view of the search."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item.text() for item in items if item.data(KIND) is not None and not item.isHidden()]

    def choose_current(self) -> None:
        """Add the current step."""
        item = self.list.currentItem()
        if item is not None:
            self._choose(item)

    def eventFilter(self, watched: object, event: object) -> bool:
        """From the search field arrows walk along the list and Enter chooses."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.choose_current()
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose_current()
        else:
            super().keyPressEvent(event)

    @property
    def _searches(self) -> bool:
        return len(self._kinds) >= SEARCHED_FROM

    def _fill(self, shape: Shape | None) -> None:
        self.list.clear()
        groups = list(dict.fromkeys(kind.group for kind in self._kinds))
        for group in groups:
            heading = QListWidgetItem(group.upper())
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(heading)
            for kind in (kind for kind in self._kinds if kind.group == group):
                item = QListWidgetItem(kind.title)
                note = kind().note(shape) if shape else ""
                item.setData(KIND, kind)
                item.setData(NOTE, note)
                item.setToolTip(plain_tip("\n".join(filter(None, (summary_of(kind), note)))))
                spoken = ". ".join(filter(None, (kind.title, summary_of(kind), note)))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
                self.list.addItem(item)

    def _choose(self, item: QListWidgetItem) -> None:
        kind = item.data(KIND)
        if kind is not None:
            self.hide()
            self.step_chosen.emit(kind)


class _StepList(QListWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stepPickerList")
        self.setAccessibleName("Steps")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)


class _StepDelegate(QStyledItemDelegate):
    """A heading, or a step's title and below it what it does."""

    def __init__(self, picker: StepPicker) -> None:
        super().__init__(picker)
        self._picker = picker

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW if index.data(KIND) is not None else HEADING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, rect = self._picker.theme, option.rect
        painter.save()
        kind, title = index.data(KIND), str(index.data())
        if kind is None:
            font = interface_font(11)
            font.setWeight(font.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(theme.color("dim"))
            painter.drawText(rect.adjusted(8, 4, -8, 0), Qt.AlignmentFlag.AlignVCenter, title)
            painter.restore()
            return
        view = self._picker.list
        current = index.row() == view.currentRow()
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if current or hovered:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.color("accent") if current else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1).toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        dimmed = bool(index.data(NOTE))
        painter.setFont(interface_font(12))
        painter.setPen(theme.color("dim" if dimmed else "text"))
        upper = QRect(rect.left() + 8, rect.top() + 2, rect.width() - 16, 16)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(interface_font(11))
        painter.setPen(theme.color("dim"))
        lower = upper.translated(0, 16)
        words = str(index.data(NOTE) or summary_of(kind))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


def summary_of(kind: type[Step]) -> str:
    """What a kind of step does, in one plain sentence."""
    return (kind.__doc__ or "").strip().split("\n")[0]


def _on_screen(popup: QWidget, anchor: QRect) -> QPoint:
    """Below the anchor where there is room, else above, and never beyond the screen's edges."""
    screen = popup.screen().availableGeometry()
    top = anchor.bottom() + 4
    if top + popup.height() > screen.bottom():
        top = max(anchor.top() - 4 - popup.height(), screen.top())
    left = min(max(anchor.right() - popup.width(), screen.left()), screen.right() - popup.width())
    return QPoint(left, top)
