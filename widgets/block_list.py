"""The list of blocks and architectures, searchable: shared by the palette and the quick-add pop-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDrag, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from models.blocks import Block, Family, blocks_by_family
from widgets.mime import block_mime, template_mime
from widgets.theme import GRID, Theme, interface_font

ENTRY = Qt.ItemDataRole.UserRole
ROW_HEIGHT, HEADING_HEIGHT = 28, 30


@dataclass(frozen=True)
class TemplateRow:
    """An architecture as a row: its key, what people call it, one sentence about it."""

    key: str
    title: str
    detail: str


@dataclass(frozen=True)
class Entry:
    """A row; a heading has neither block nor template."""

    title: str
    detail: str = ""
    family: Family | None = None
    kind: type[Block] | None = None
    template: str | None = None

    @property
    def is_heading(self) -> bool:
        return self.kind is None and self.template is None

    @property
    def block(self) -> Block | None:
        """The row's block with its defaults; made when it is needed, since classes are costly to prepare."""
        return self.kind() if self.kind is not None else None

    def matches(self, words: Sequence[str]) -> bool:
        """Whether each word occurs in the name, the explanation or the category."""
        category = self.family.value if self.family is not None else "architecture"
        text = f"{self.title} {self.detail} {category}".lower()
        return all(word in text for word in words)

    def mime(self) -> QMimeData:
        """What travels when the row is dragged."""
        return block_mime(self.kind()) if self.kind is not None else template_mime(self.template or "", self.title)


def block_entries() -> list[Entry]:
    """Every block with its defaults under its category's heading."""
    entries = []
    for family, kinds in blocks_by_family().items():
        if kinds:
            entries.append(Entry(family.value, family=family))
            entries += [Entry(kind.__name__, kind.summary(), family, kind) for kind in kinds]
    return entries


def template_entries(templates: Sequence[TemplateRow]) -> list[Entry]:
    """The architectures under their heading."""
    rows = [Entry(row.title, row.detail, template=row.key) for row in templates]
    return [Entry("Architectures"), *rows] if rows else []


class BlockList(QListWidget):
    """Rows under headings. Enter and double click activate, dragging a row carries its block or architecture.

    Signals:
        entry_chosen(Entry): a row was activated.
    """

    entry_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("paletteList")
        self.setAccessibleName("Blocks")
        self.setItemDelegate(_RowDelegate(self))
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.itemDoubleClicked.connect(self._choose)

    @property
    def theme(self) -> Theme:
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.viewport().update()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        self.clear()
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(ENTRY, entry)
            if entry.is_heading:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            else:
                item.setToolTip(entry.detail)
            self.addItem(item)

    def filter(self, text: str) -> None:
        """Show the rows that match every word, and the headings that have such rows."""
        words = text.lower().split()
        heading: QListWidgetItem | None = None
        first: QListWidgetItem | None = None
        for item in self._items():
            entry: Entry = item.data(ENTRY)
            item.setHidden(entry.is_heading or not entry.matches(words))
            if entry.is_heading:
                heading = item
            elif not item.isHidden():
                first = first or item
                if heading is not None:
                    heading.setHidden(False)
        self.setCurrentRow(self.row(first) if words and first is not None else -1)

    def shown_titles(self) -> list[str]:
        """The rows in view of the search, headings left out."""
        return [item.text() for item in self._shown()]

    def choose_current(self) -> None:
        """Activate the current row, if there is one."""
        if self.currentItem() is not None:
            self._choose(self.currentItem())

    def enter_from_above(self) -> None:
        """Take the focus from the search field, on the first row when none is current."""
        if self.currentItem() is None:
            self.setCurrentRow(next((self.row(item) for item in self._shown()), -1))
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _shown(self) -> list[QListWidgetItem]:
        return [item for item in self._items() if not item.isHidden() and not item.data(ENTRY).is_heading]

    def _choose(self, item: QListWidgetItem) -> None:
        entry: Entry = item.data(ENTRY)
        if not entry.is_heading:
            self.entry_chosen.emit(entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose_current()
        else:
            super().keyPressEvent(event)

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        item = self.currentItem()
        if item is None or item.data(ENTRY).is_heading:
            return
        drag = QDrag(self)
        drag.setMimeData(item.data(ENTRY).mime())
        drag.setPixmap(self.row_pixmap(item))
        drag.setHotSpot(QPoint(20, ROW_HEIGHT // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def row_pixmap(self, item: QListWidgetItem) -> QPixmap:
        """The row as it looks, to follow the pointer."""
        ratio = self.devicePixelRatioF()
        width = self.viewport().width()
        pixmap = QPixmap(QSize(round(width * ratio), round(ROW_HEIGHT * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setOpacity(0.9)
        paint_row(painter, QRectF(0, 0, width, ROW_HEIGHT), item.data(ENTRY), self._theme, highlighted=True)
        painter.end()
        return pixmap


class SearchField(QLineEdit):
    """A search over a `BlockList`: typing filters, Down enters the list, Enter activates the best match."""

    def __init__(self, rows: BlockList) -> None:
        super().__init__()
        self._rows = rows
        self.setObjectName("paletteSearch")
        self.setPlaceholderText("Search blocks   (Ctrl+K)")
        self.setAccessibleName("Search blocks")
        self.setClearButtonEnabled(True)
        self.textChanged.connect(rows.filter)
        self.returnPressed.connect(rows.choose_current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self._rows.enter_from_above()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class _RowDelegate(QStyledItemDelegate):
    """Paints headings and rows as the canvas paints cards: a bar in the family's colour."""

    def __init__(self, rows: BlockList) -> None:
        super().__init__(rows)
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, HEADING_HEIGHT if index.data(ENTRY).is_heading else ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY)
        theme = self._rows.theme
        rect = QRectF(option.rect)
        state: QStyle.StateFlag = option.state
        painter.save()
        if entry.is_heading:
            _paint_heading(painter, rect, entry.title, theme.color("dim"))
        else:
            current = bool(state & QStyle.StateFlag.State_Selected)
            paint_row(painter, rect, entry, theme, bool(state & QStyle.StateFlag.State_MouseOver) or current)
            if current and self._rows.hasFocus():
                painter.setPen(theme.color("accent"))
                painter.drawRoundedRect(_body(rect), 5, 5)
        painter.restore()


def _body(rect: QRectF) -> QRectF:
    return rect.adjusted(0.5, 1.5, -0.5, -1.5)


def _paint_heading(painter: QPainter, rect: QRectF, title: str, color: QColor) -> None:
    font = interface_font(10)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(
        rect.adjusted(1, 0, 0, -GRID), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, title.upper()
    )


def paint_row(painter: QPainter, rect: QRectF, entry: Entry, theme: Theme, highlighted: bool) -> None:
    """A row: rounded, with the family's colour at the left."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    body = _body(rect)
    painter.setBrush(theme.color("line" if highlighted else "raised"))
    painter.drawRoundedRect(body, 5, 5)
    painter.setBrush(theme.family(entry.family) if entry.family is not None else theme.color("accent"))
    painter.drawRoundedRect(QRectF(body.left(), body.top(), 4, body.height()), 2, 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(interface_font(12))
    painter.setPen(theme.color("text"))
    text = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, int(body.width()) - 24)
    painter.drawText(body.adjusted(14, 0, -8, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
