"""The Runs page: its views agree, and it fits wide and narrow windows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot
from run_summaries import curves, summary

from widgets.runs.model import key_of
from widgets.runs.page import COMPARE, CURVES, DETAILS, POINTS, WIDE, RunsPage
from widgets.runs.styles import MOST_SHOWN
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
RUNS = [summary(f"run {number}", created=1000.0 - number, parameters=1000 * (number + 1)) for number in range(12)]
KEYS = [key_of(run) for run in RUNS]


@pytest.fixture
def page(qtbot: QtBot) -> RunsPage:
    page = RunsPage()
    qtbot.addWidget(page)
    page.resize(WIDE + 100, 600)
    page.set_runs(RUNS)
    page.show()
    return page


def shown_text(page: RunsPage) -> str:
    return page.grab() and page.header.facts.text()


def test_without_runs_it_says_how_to_begin(qtbot: QtBot) -> None:
    page = RunsPage()
    qtbot.addWidget(page)
    page.show()
    assert page._nothing.isVisible()
    assert "Train a network" in page._nothing.text
    buttons = {button.text(): button for button in page._nothing.findChildren(QPushButton)}
    with qtbot.waitSignal(page.import_wanted):
        buttons["Import a run …"].click()
    with qtbot.waitSignal(page.folder_wanted):
        buttons["Add a runs folder …"].click()
    page.set_runs((), reading=True)
    assert page._nothing.text == "Reading the runs …"
    assert not buttons["Import a run …"].isVisible()
    page.set_runs(RUNS)
    assert not page._nothing.isVisible()


def test_selected_runs_are_drawn_and_the_current_one_is_told_in_detail(page: RunsPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.selection_changed):
        page.table.select(KEYS[:3], KEYS[1])
    assert page.styles.shown == tuple(KEYS[:3])
    assert page.details.run == RUNS[1]
    page.set_curves({key: curves() for key in KEYS[:3]})
    assert [drawn.key for drawn in page.curves.drawn] == KEYS[:3]
    assert "100 steps" in page.details.sparkline.accessibleName()
    assert page.header.facts.text() == "12 · 3 selected"


def test_going_back_to_a_run_shows_its_small_curves_again(page: RunsPage) -> None:
    page.table.select(KEYS[:2], KEYS[0])
    page.set_curves({key: curves() for key in KEYS[:2]})
    page.table.select(KEYS[:2], KEYS[1])
    page.table.select(KEYS[:2], KEYS[0])
    assert page.curves.missing == []
    assert "100 steps" in page.details.sparkline.accessibleName()


def test_more_runs_than_can_be_told_apart_are_not_drawn(page: RunsPage) -> None:
    many = [summary(f"many {number}") for number in range(MOST_SHOWN + 5)]
    page.set_runs(many)
    page.table.selectAll()
    assert len(page.drawn_runs) == len(page.styles.shown) == MOST_SHOWN
    assert page.header.facts.text() == f"{len(many)} · {len(many)} selected, {MOST_SHOWN} drawn"


def test_the_filter_narrows_table_and_points(page: RunsPage, qtbot: QtBot) -> None:
    field = page.findChild(QLineEdit, "runsFilter")
    qtbot.keyClicks(field, "parameters<=3k")
    qtbot.waitUntil(lambda: len(page.table.shown_runs) == 3)
    assert len(page.scatter.plane.shown) == 3
    assert page.header.facts.text() == "3 of 12"
    field.setText("nobody")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert page._no_match.isVisible()
    assert "nobody" in page._no_match.text
    page._no_match.findChild(QPushButton).click()
    assert len(page.table.shown_runs) == 12
    assert page.findChild(QTableView, "runsTable").isVisible()


def test_a_point_selects_its_run_and_ctrl_adds(page: RunsPage) -> None:
    page.scatter.run_chosen.emit(KEYS[4], False)
    assert page.selected_runs == [RUNS[4]]
    page.scatter.run_chosen.emit(KEYS[2], True)
    assert page.selected_runs == [RUNS[2], RUNS[4]]
    assert page.details.run == RUNS[2]


def test_the_legend_goes_to_a_run_and_keeps_the_selection(page: RunsPage) -> None:
    page.table.select(KEYS[:3], KEYS[0])
    page.curves.run_chosen.emit(KEYS[2])
    assert page.selected_runs == RUNS[:3]
    assert page.details.run == RUNS[2]


def test_the_first_two_selected_runs_are_compared(page: RunsPage) -> None:
    assert page.pair is None
    page.table.select(KEYS[:3])
    assert page.pair == (RUNS[0], RUNS[1])
    page.show_tab(COMPARE)
    assert page.shows_comparison
    page.show_comparison(None)
    assert page.comparison.lines["Results"]
    page.show_comparison("It is gone.")
    assert page.comparison.notice == "It is gone."


def test_a_run_that_is_expected_is_selected_when_it_comes(page: RunsPage) -> None:
    new = summary("new", created=5000.0)
    page.select_when_listed(key_of(new))
    page.set_runs(RUNS)
    page.set_runs([new, *RUNS])
    assert page.selected_runs == [new]
    page.table.select([KEYS[3]])
    page.set_runs([new, *RUNS])
    assert page.selected_runs == [RUNS[3]]


def test_details_are_a_tab_where_there_is_little_room(page: RunsPage, qtbot: QtBot) -> None:
    page.table.select(KEYS[:1])
    assert page.details.isVisible()
    assert not page.tabs.isTabVisible(DETAILS)
    page.resize(560, 420)
    assert page.tabs.isTabVisible(DETAILS)
    assert not page.details.isVisible()
    page.show_details()
    assert page.details.isVisible()
    page.resize(WIDE + 50, 600)
    assert page.details.isVisible()
    assert not page.tabs.isTabVisible(DETAILS)
    assert page.tab != DETAILS


@pytest.mark.parametrize("size", [(520, 300), (568, 400), (870, 520), (1600, 900)])
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_tab_fits_every_size(page: RunsPage, size: tuple[int, int], theme: object) -> None:
    page.set_theme(theme)
    page.resize(*size)
    page.table.select(KEYS[:4])
    page.set_curves({key: curves() for key in KEYS[:4]})
    for tab in (CURVES, POINTS, COMPARE, DETAILS):
        page.show_tab(tab)
        page.grab()
    assert (page.width(), page.height()) == size
    assert page.minimumSizeHint().width() <= 560


def test_added_folders_can_be_let_go(page: RunsPage, qtbot: QtBot, tmp_path: object) -> None:
    page.set_folders([tmp_path])
    texts = [action.text() for action in page.header.add_menu.actions()]
    assert f"Stop showing {tmp_path}" in texts
    with qtbot.waitSignal(page.folder_unwanted) as told:
        page.header.add_menu.actions()[texts.index(f"Stop showing {tmp_path}")].trigger()
    assert told.args == [tmp_path]


def test_everything_has_a_name_for_assistive_tools(page: RunsPage) -> None:
    for name in ("runsTable", "runsFilter", "runsScatter", "runsSections", "runCurves", "runTags", "runNotes"):
        assert page.findChild(QWidget, name).accessibleName(), name
    for button in (page.header.columns_button, page.header.add_button):
        assert button.accessibleName()
