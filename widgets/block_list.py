"""The list of blocks and architectures, searchable: shared by the palette and the quick-add pop-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDrag, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListWidget, QListWidgetItem, QMenu

from widgets.block_entries import Entry, Section
from widgets.block_rows import ENTRY, Heading, More, RowDelegate, paint_row, row_height
from widgets.theme import Theme

_NOTHING = Qt.ItemFlag.NoItemFlags
_CHOOSABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


@dataclass(frozen=True)
class _Lines:
    """The items of one section."""

    section: Section
    heading: QListWidgetItem
    rows: tuple[QListWidgetItem, ...]
    more: QListWidgetItem | None


class BlockList(QListWidget):
    """Rows under headings that fold by a click, or by Left and Right. Enter and double click activate a row,
    dragging one carries its block or architecture.

    Signals:
        entry_chosen(Entry): a row was activated.
        removal_requested(Entry): the user wants a composite of their own out of the list.
    """

    entry_chosen = Signal(object)
    removal_requested = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: list[_Lines] = []
        self._folded: set[str] = set()
        self._unfolded: set[str] = set()
        self._words: list[str] = []
        self.setObjectName("paletteList")
        self.setAccessibleName("Blocks")
        self.setItemDelegate(RowDelegate(self))
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

    def set_sections(self, sections: Sequence[Section]) -> None:
        """Show sections; what is folded and searched stays so."""
        scrolled = self.verticalScrollBar().value()
        self.clear()
        self._lines = [self._add(section) for section in sections]
        self._refresh()
        self.verticalScrollBar().setValue(scrolled)

    def set_entry(self, entry: Entry) -> None:
        """Show another text for an architecture that is listed."""
        for item in self._rows():
            if item.data(ENTRY).template == entry.template:
                item.setData(ENTRY, entry)
                item.setToolTip(entry.detail)

    def filter(self, text: str) -> None:
        """Show the rows that match every word, folded away or not, and the headings that have such rows."""
        self._words = text.lower().split()
        self._refresh()
        matching = [item for item in self._rows() if not item.isHidden()] if self._words else []
        best = max(matching, key=lambda item: item.data(ENTRY).closeness(self._words), default=None)
        self.setCurrentRow(self.row(best) if best is not None else -1)

    def shown_titles(self) -> list[str]:
        """The rows in view of the search, headings left out."""
        return [item.text() for item in self._rows() if not item.isHidden()]

    def choose_current(self) -> None:
        """Activate the current row, if there is one."""
        if self.currentItem() is not None:
            self._choose(self.currentItem())

    def enter_from_above(self) -> None:
        """Take the focus from the search field, on the first row when none is current."""
        if self.currentItem() is None:
            shown = (item for item in self._items() if not item.isHidden() and item.flags() & _CHOOSABLE)
            self.setCurrentRow(next((self.row(item) for item in shown), -1))
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def fold(self, title: str, folded: bool) -> None:
        """Hide a section's rows below its heading, or show them again."""
        (self._folded.add if folded else self._folded.discard)(title)
        self._refresh()

    def unfold_more(self, title: str, unfolded: bool) -> None:
        """Show also the rows of a section that are tucked away, or tuck them away again."""
        (self._unfolded.add if unfolded else self._unfolded.discard)(title)
        self._refresh()

    # --- items ------------------------------------------------------------------------------------------------------
    def _add(self, section: Section) -> _Lines:
        heading = self._item(section.title, Heading(section.title))
        rows = []
        for entry in section.entries:
            item = self._item(entry.title, entry)
            item.setToolTip(entry.detail)
            spoken = ", ".join(text for text in (entry.title, entry.year, entry.sizes) if text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            rows.append(item)
        more = self._item(section.more, More(section.title, section.more)) if section.tucked else None
        return _Lines(section, heading, tuple(rows), more)

    def _item(self, text: str, entry: object) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setData(ENTRY, entry)
        self.addItem(item)
        return item

    def _refresh(self) -> None:
        """Hide what is folded, tucked away or not searched for; a folded heading can be reached by keys."""
        for lines in self._lines:
            title = lines.section.title
            folded = title in self._folded and not self._words
            all_shown = bool(self._words) or title in self._unfolded
            for item in lines.rows:
                entry: Entry = item.data(ENTRY)
                item.setHidden(folded or (entry.tucked and not all_shown) or not entry.matches(self._words))
            lines.heading.setHidden(not folded and all(item.isHidden() for item in lines.rows))
            lines.heading.setData(ENTRY, Heading(title, folded))
            lines.heading.setFlags(_CHOOSABLE if folded else _NOTHING)
            state = "folded" if folded else "unfolded"
            lines.heading.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}, {state}")
            if lines.more is not None:
                lines.more.setHidden(folded or bool(self._words))
                lines.more.setText("Fewer" if title in self._unfolded else lines.section.more)
                lines.more.setData(ENTRY, More(title, lines.more.text(), title in self._unfolded))

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _rows(self) -> list[QListWidgetItem]:
        return [item for lines in self._lines for item in lines.rows]

    def _section_at(self, item: QListWidgetItem | None) -> _Lines | None:
        row = self.row(item) if item is not None else -1
        before = [lines for lines in self._lines if self.row(lines.heading) <= row]
        return before[-1] if before else None

    def _choose(self, item: QListWidgetItem) -> None:
        entry = item.data(ENTRY)
        if isinstance(entry, Entry):
            self.entry_chosen.emit(entry)

    def _toggle(self, entry: object) -> bool:
        """Fold or unfold what a heading or a "more" stands for; False for a row."""
        if isinstance(entry, Heading):
            self.fold(entry.title, not entry.folded)
        elif isinstance(entry, More):
            self.unfold_more(entry.section, not entry.unfolded)
        return not isinstance(entry, Entry)

    # --- events -----------------------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Keep Del, which the window has a shortcut for, while one of the user's own composites is current."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            entry = self.currentItem().data(ENTRY) if self.currentItem() is not None else None
            if event.key() == Qt.Key.Key_Delete and isinstance(entry, Entry) and entry.own is not None:
                event.accept()
                return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item, key = self.currentItem(), event.key()
        lines = self._section_at(item)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and not self._toggle(item.data(ENTRY)):
                self._choose(item)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and lines is not None and not self._words:
            self.fold(lines.section.title, key == Qt.Key.Key_Left)
            target = lines.heading if key == Qt.Key.Key_Left else lines.rows[0]
            if key == Qt.Key.Key_Left or item is lines.heading:
                self.setCurrentItem(target)
        elif key == Qt.Key.Key_Delete and item is not None:
            self._remove(item)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton and self._toggle(item.data(ENTRY)):
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.itemAt(event.pos())
        entry = item.data(ENTRY) if item is not None else None
        if item is None or not isinstance(entry, Entry) or entry.own is None:
            return
        menu = QMenu(self)
        menu.addAction(f"Remove “{entry.title}” from the project").triggered.connect(lambda: self._remove(item))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _remove(self, item: QListWidgetItem) -> None:
        entry = item.data(ENTRY)
        if isinstance(entry, Entry) and entry.own is not None:
            self.removal_requested.emit(entry)

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        item = self.currentItem()
        if item is None or not isinstance(item.data(ENTRY), Entry):
            return
        drag = QDrag(self)
        drag.setMimeData(item.data(ENTRY).mime())
        drag.setPixmap(self.row_pixmap(item))
        drag.setHotSpot(QPoint(20, row_height(item.data(ENTRY)) // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def row_pixmap(self, item: QListWidgetItem) -> QPixmap:
        """The row as it looks, to follow the pointer."""
        ratio = self.devicePixelRatioF()
        width, height = self.viewport().width(), row_height(item.data(ENTRY))
        pixmap = QPixmap(QSize(round(width * ratio), round(height * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setOpacity(0.9)
        paint_row(painter, QRectF(0, 0, width, height), item.data(ENTRY), self._theme, highlighted=True)
        painter.end()
        return pixmap


class SearchField(QLineEdit):
    """A search over a `BlockList`: typing filters, Down enters the list, Enter activates the best match."""

    def __init__(self, rows: BlockList) -> None:
        super().__init__()
        self._rows = rows
        self.setObjectName("paletteSearch")
        self.setPlaceholderText("Search  (Ctrl+K)")
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
