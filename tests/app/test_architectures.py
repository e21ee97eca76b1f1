"""The architectures in the window: their sizes come one by one, the menu has them by family, the table opens them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.architectures import template_row
from app.main_window import MainWindow
from models.zoo import TEMPLATES
from widgets.block_rows import ENTRY
from widgets.zoo_table import ZooDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", extend=True)


def _sizes(window: MainWindow) -> dict[str, str]:
    rows = window.views.palette._list
    entries = [rows.item(i).data(ENTRY) for i in range(rows.count())]
    return {entry.template: entry.sizes for entry in entries if getattr(entry, "template", None)}


def test_the_palette_gets_every_architecture_with_its_sizes(qtbot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: set(_sizes(window)) == set(TEMPLATES))
    qtbot.waitUntil(lambda: all(_sizes(window).values()))
    assert _sizes(window)["resnet50"] == "25.6 M params · 3.86 G MAdds"


def test_every_row_says_year_and_sizes_in_few_words() -> None:
    for template in TEMPLATES.values():
        row = template_row(template)
        assert row.year == str(template.year)
        assert template.reference in row.detail
        assert len(row.sizes) <= 30


def test_the_new_menu_has_every_architecture_once_by_family(window: MainWindow) -> None:
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "New")
    submenus = [action.menu() for action in menu.actions() if action.menu() is not None]
    assert [submenu.title() for submenu in submenus] == list(dict.fromkeys(t.family for t in TEMPLATES.values()))
    titles = [action.text() for submenu in submenus for action in submenu.actions()]
    assert titles == [f"{t.title}  ({t.year})" for t in TEMPLATES.values()]


def test_the_table_opens_beside_the_window_and_starts_a_project(qtbot, window: MainWindow) -> None:
    window.actions_["compare"].trigger()
    dialog = window.findChild(ZooDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert {row.key for row in dialog.table.shown_rows} == set(TEMPLATES)
    dialog.table.setFocus()
    line = [row.key for row in dialog.table.shown_rows].index("resnet18")
    dialog.table.selectRow(line)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert window.document.project.name == "resnet18"
    window.actions_["compare"].trigger()
    assert window.findChildren(ZooDialog) == [dialog]
    dialog.close()
