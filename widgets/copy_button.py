"""`CopyButton`: the ways to copy a table, behind one button."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from widgets.facts_table import FactsTable


class CopyButton(QPushButton):
    """`Copy ▾`: the whole table or what is selected, as Markdown or CSV."""

    def __init__(self, table: FactsTable, parent: QWidget | None = None) -> None:
        super().__init__("Copy", parent)
        self._table = table
        self.setAccessibleName("Copy the table")
        self.setToolTip("Copy the whole table or the selected rows, as Markdown or CSV")
        menu = QMenu(self)
        menu.aboutToShow.connect(self.refresh)
        self.setMenu(menu)
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be copied now."""
        self._table.fill_copy_menu(self.menu())
