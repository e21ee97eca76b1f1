"""`RunsHeader`: the line above the runs: how many there are, the filter, the columns, and where others come from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QWidget

from widgets.data.elided import ElidedLabel
from widgets.runs.notice import BUTTON
from widgets.runs.query import HELP

MARGIN = 16
PATIENCE = 120
"""Milliseconds after the last letter until the filter is applied."""


class RunsHeader(QWidget):
    """Attributes: `facts`, `filter`, `columns_menu` (to be filled when it is about to be shown), the two buttons.

    Signals:
        filter_changed(text): other runs are to be shown.
        import_wanted, folder_wanted: a run, or a folder of runs, is to be added.
        folder_unwanted(path): a folder of runs is not to be shown any more.
    """

    filter_changed = Signal(str)
    import_wanted = Signal()
    folder_wanted = Signal()
    folder_unwanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsHeader")
        self.facts = ElidedLabel(role="dim")
        self.filter = QLineEdit(placeholderText="Filter: words, status:finished, star, tag:x", clearButtonEnabled=True)
        self.filter.setObjectName("runsFilter")
        self.filter.setAccessibleName("Filter the runs")
        self.filter.setToolTip(HELP)
        self.filter.setMinimumWidth(120)
        self.filter.setMaximumWidth(340)
        self.columns_menu, self.add_menu = QMenu(self), QMenu(self)
        for menu in (self.columns_menu, self.add_menu):
            menu.setToolTipsVisible(True)
        self.columns_button = _menu_button("Columns", "Choose the table's columns", self.columns_menu)
        self.add_button = _menu_button("Add", "Import a run, or show runs of another folder", self.add_menu)
        self._waiting = QTimer(self, singleShot=True, interval=PATIENCE)
        self._waiting.timeout.connect(self._report)
        self.filter.textEdited.connect(self._waiting.start)
        self.filter.textChanged.connect(lambda text: None if text else self._report())
        self.filter.returnPressed.connect(self._report)
        title = QLabel("Runs")
        title.setProperty("role", "title")
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 8, MARGIN, 8)
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(self.facts, 1)
        row.addWidget(self.filter, 2)
        row.addWidget(self.columns_button)
        row.addWidget(self.add_button)
        self.set_folders(())

    def set_folders(self, others: Sequence[Path]) -> None:
        """The folders that the user added, besides the application's own."""
        menu = self.add_menu
        menu.clear()
        action = menu.addAction("Import a run folder …", self.import_wanted.emit)
        action.setToolTip("Copy a run from elsewhere among your own")
        action = menu.addAction("Add a runs folder …", self.folder_wanted.emit)
        action.setToolTip("Show the runs of another folder, also while another machine writes them")
        if others:
            menu.addSection("Shown folders")
        for folder in others:
            menu.addAction(f"Stop showing {folder}", partial(self.folder_unwanted.emit, folder))

    def set_any(self, any_runs: bool) -> None:
        """Whether there is anything to filter."""
        for widget in (self.filter, self.columns_button):
            widget.setEnabled(any_runs)

    def _report(self) -> None:
        self._waiting.stop()
        self.filter_changed.emit(self.filter.text())


def _menu_button(text: str, tip: str, menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setText(f"{text}  ▾")
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(menu)
    button.setFixedHeight(BUTTON)
    return button
