"""Tabs that move together: all of those below the canvas stay in sight in the smallest window."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from widgets.fitting_tabs import FittingTabs
from widgets.theme import DARK, style_sheet

TITLES = "Curves", "Diagnosis", "Filters", "Feature maps", "Health", "Histograms", "Speed", "Try it", "Summary", "Log"
SMALLEST = 566
"""Pixels between palette and inspector in a window 1100 wide."""


@pytest.fixture
def tabs(qtbot: QtBot) -> FittingTabs:
    tabs = FittingTabs()
    qtbot.addWidget(tabs)
    tabs.setDocumentMode(True)
    tabs.setStyleSheet(style_sheet(DARK))
    for title in TITLES:
        tabs.addTab(QWidget(), title)
    tabs.show()
    return tabs


def test_a_count_behind_a_title_pushes_no_tab_out_of_sight(tabs: FittingTabs, qtbot: QtBot) -> None:
    tabs.resize(SMALLEST, 300)
    tabs.setTabText(1, "Diagnosis (12)")
    qtbot.waitUntil(lambda: bool(tabs.tabBar().property("tight")))
    assert tabs.tabBar().tabRect(len(TITLES) - 1).right() < SMALLEST


def test_a_longer_title_moves_them_together(tabs: FittingTabs, qtbot: QtBot) -> None:
    bar = tabs.tabBar()
    tabs.resize(2000, 300)
    tabs.resize(bar.sizeHint().width() + 28, 300)
    assert not bar.property("tight")
    tabs.setTabText(1, "Diagnosis (12)")
    assert bar.property("tight")
    tabs.setTabText(1, "Diagnosis")
    assert not bar.property("tight")
