"""The log: levels in words, plain text, a cap."""

from __future__ import annotations

from datetime import datetime

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from widgets.log import MAX_LINES, LogPanel
from widgets.theme import LIGHT

TIME = datetime(2026, 1, 2, 3, 4, 5)


@pytest.fixture
def log(qtbot) -> LogPanel:
    log = LogPanel()
    qtbot.addWidget(log)
    log.set_theme(LIGHT)
    return log


@pytest.mark.parametrize(("level", "word"), [("info", ""), ("ok", ""), ("warn", "warning: "), ("bad", "error: ")])
def test_levels_are_said_in_words(log: LogPanel, level: str, word: str) -> None:
    log.append(TIME, "<b>a & b</b>", level)
    assert log.text() == f"03:04:05  {word}<b>a & b</b>"


def test_it_is_copied_and_cleared(log: LogPanel) -> None:
    log.append(TIME, "one\ntwo")
    copy, clear = log.findChildren(QPushButton)
    copy.click()
    assert QGuiApplication.clipboard().text().split() == ["03:04:05", "one", "two"]
    clear.click()
    assert log.text() == ""


def test_the_oldest_entries_go(log: LogPanel) -> None:
    for number in range(MAX_LINES + 5):
        log.append(TIME, f"entry {number}")
    lines = log.text().splitlines()
    assert len(lines) == MAX_LINES
    assert lines[0].endswith("entry 5")
