"""The palette: every block and architecture, to search, drag out or append; and the same search as a pop-up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from models.blocks.composite import Group
from widgets.block_entries import Entry, TemplateRow, block_sections, composite_sections, template_sections
from widgets.block_list import BlockList, SearchField
from widgets.theme import DARK, Theme

__all__ = ["BlockPalette", "QuickAdd", "TemplateRow"]


NARROWEST = 204
"""Pixels in which an architecture's sizes can be read."""


class BlockPalette(QWidget):
    """Blocks by category, the user's own composites, then architectures.

    Signals:
        block_activated(Block): with its defaults, or a composite of the user's own, by double click or Enter.
        template_activated(str): an architecture's key.
        composite_removed(str): the name of a composite that the user wants out of the project.
    """

    block_activated = Signal(object)
    template_activated = Signal(str)
    composite_removed = Signal(str)

    def __init__(self, theme: Theme = DARK) -> None:
        super().__init__()
        self.setObjectName("palette")
        self.setAccessibleName("Palette of blocks")
        self.setMinimumWidth(NARROWEST)
        self._composites: tuple[Group, ...] = ()
        self._templates: dict[str, TemplateRow] = {}
        self._list = BlockList(theme)
        self._search = SearchField(self._list)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 8, 8)
        column.setSpacing(4)
        column.addWidget(self._search)
        column.addWidget(self._list)
        self._list.entry_chosen.connect(self._activate)
        self._list.removal_requested.connect(lambda entry: self.composite_removed.emit(entry.title))
        self._show()

    def set_templates(self, templates: Sequence[TemplateRow]) -> None:
        """The architectures of the last section."""
        self._templates = {row.key: row for row in templates}
        self._show()

    def set_template(self, row: TemplateRow) -> None:
        """Another text for an architecture that is listed: its sizes, once they are known."""
        if row.key in self._templates:
            self._templates[row.key] = row
            (section,) = template_sections([row])
            self._list.set_entry(section.entries[0])

    def set_composites(self, composites: Sequence[Group]) -> None:
        """The composites of the user's own."""
        if tuple(composites) != self._composites:
            self._composites = tuple(composites)
            self._show()

    def _show(self) -> None:
        own, known = composite_sections(self._composites), template_sections(tuple(self._templates.values()))
        self._list.set_sections([*own, *block_sections(), *known])

    def set_theme(self, theme: Theme) -> None:
        self._list.set_theme(theme)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _activate(self, entry: Entry) -> None:
        if (block := entry.block) is not None:
            self.block_activated.emit(block)
        elif entry.template is not None:
            self.template_activated.emit(entry.template)


class QuickAdd(QFrame):
    """The search as a panel over the window: type, Enter, and the block is chosen; Esc or a click elsewhere closes.

    A child of the window, not a window of its own: it needs no keyboard grab and stays where it belongs.

    Signals:
        block_chosen(Block): with its defaults, or a composite of the user's own.
    """

    block_chosen = Signal(object)

    def __init__(self, parent: QWidget, theme: Theme = DARK) -> None:
        super().__init__(parent)
        self._room = parent
        self.hide()
        self.setObjectName("quickAdd")
        self.setAccessibleName("Add a block")
        self.resize(280, 340)
        self._list = BlockList(theme)
        self._list.setObjectName("quickAddList")
        self._list.setDragEnabled(False)
        self._list.set_sections(block_sections())
        self._search = SearchField(self._list)
        self._search.setObjectName("quickAddSearch")
        self._search.setPlaceholderText("Add a block …")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(4)
        column.addWidget(self._search)
        column.addWidget(self._list)
        self._list.entry_chosen.connect(self._choose)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._close_when_left)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._list.set_theme(theme)
        self.setStyleSheet(
            f"#quickAdd {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 8px; }}"
        )

    def set_composites(self, composites: Sequence[Group]) -> None:
        """The composites of the user's own, which stand first."""
        self._list.set_sections([*composite_sections(composites), *block_sections()])

    def open_at(self, position: QPoint) -> None:
        """Show with an empty search; `position` on the screen, kept inside the window."""
        self._search.clear()
        self._list.filter("")
        corner = self._room.mapFromGlobal(position)
        x = min(max(corner.x(), 0), max(self._room.width() - self.width(), 0))
        y = min(max(corner.y(), 0), max(self._room.height() - self.height(), 0))
        self.move(x, y)
        self.show()
        self.raise_()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _close_when_left(self, before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and not self.isAncestorOf(now):
            self.close()

    def _choose(self, entry: Entry) -> None:
        self.close()
        if (block := entry.block) is not None:
            self.block_chosen.emit(block)
