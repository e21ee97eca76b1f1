"""The table of runs: order, filter, selection that stays, editing, copying, and thousands of rows."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot
from run_summaries import summary

from models.training.runs.summary import RunSummary
from widgets.runs.columns import COLUMNS, INDEX, sorted_runs
from widgets.runs.model import key_of
from widgets.runs.styles import RunStyle, swatch
from widgets.runs.table import RunsTable
from widgets.theme import DARK

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton
RUNS = (
    summary("newest", created=300.0, held_out_metric=0.8, tags=("a",)),
    summary("middle", created=200.0, held_out_metric=None, star=True),
    summary("oldest", created=100.0, held_out_metric=0.9, status="running"),
)


@pytest.fixture
def table(qtbot: QtBot) -> RunsTable:
    table = RunsTable()
    qtbot.addWidget(table)
    table.resize(1200, 300)
    table.set_theme(DARK)
    table.set_runs(RUNS)
    table.show()
    return table


def names(runs: object) -> list[str]:
    return [run.name for run in runs]


def cell(table: RunsTable, row: int, key: str) -> QPoint:
    return table.visualRect(table.model().index(row, INDEX[key])).center()


def click_heading(table: RunsTable, qtbot: QtBot, key: str) -> None:
    header = table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(INDEX[key]) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=at)


@pytest.mark.parametrize(("key", "text"), [("loss", "7.244e-05"), ("epochs", "120 / 400"), ("accuracy", "98.3 %")])
def test_numbers_as_they_usually_are_are_not_cut_off(table: RunsTable, key: str, text: str) -> None:
    index = table.model().index(0, INDEX[key])
    font = index.data(Qt.ItemDataRole.FontRole) or table.font()
    assert QFontMetrics(font).horizontalAdvance(text) + 16 <= table.columnWidth(INDEX[key])


def test_the_newest_comes_first(table: RunsTable) -> None:
    assert names(table.shown_runs) == ["newest", "middle", "oldest"]


def test_a_heading_sorts_and_puts_the_best_first(table: RunsTable, qtbot: QtBot) -> None:
    click_heading(table, qtbot, "accuracy")
    assert names(table.shown_runs) == ["oldest", "newest", "middle"]
    click_heading(table, qtbot, "accuracy")
    assert names(table.shown_runs) == ["newest", "oldest", "middle"]  # what is not known stays last
    click_heading(table, qtbot, "name")
    assert names(table.shown_runs) == ["middle", "newest", "oldest"]


@given(
    st.lists(st.tuples(st.floats(0, 1) | st.none(), st.integers(0, 10**6)), max_size=30),
    st.sampled_from(COLUMNS),
    st.booleans(),
)
def test_sorting_loses_nobody_and_keeps_the_order_of_equals(values: list, column: object, descending: bool) -> None:
    runs = [summary(f"run {n}", held_out_metric=m, parameters=p) for n, (m, p) in enumerate(values)]
    found = sorted_runs(runs, column, descending)
    assert sorted(names(found)) == sorted(names(runs))
    keys = [column.value(run) for run in found if column.value(run) is not None]
    assert keys == sorted(keys, reverse=descending)
    assert [column.value(run) for run in found[len(keys) :]] == [None] * (len(found) - len(keys))
    assert sorted_runs(found, column, descending) == found


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_column_tells_of_any_run(column: object) -> None:
    bare = RunSummary(summary().path, "x", "", 0.0, "interrupted")
    for run in (*RUNS, bare):
        assert isinstance(column.text(run), str)
        assert isinstance(column.copied(run), str)
        assert column.help


def test_the_filter_narrows(table: RunsTable) -> None:
    table.set_filter("status:finished -star")
    assert names(table.shown_runs) == ["newest"]
    table.set_filter("")
    assert len(table.shown_runs) == 3


def test_the_selection_stays_while_runs_come_go_and_move(table: RunsTable, qtbot: QtBot) -> None:
    table.select([key_of(RUNS[0]), key_of(RUNS[2])], key_of(RUNS[2]))
    with qtbot.assertNotEmitted(table.selection_changed):
        table.set_runs((summary("brand new", created=400.0), *RUNS))
        table.sort_by(INDEX["name"], Qt.SortOrder.AscendingOrder)
    assert names(table.selected_runs) == ["newest", "oldest"]
    assert table.current_run is not None
    assert table.current_run.name == "oldest"
    with qtbot.waitSignal(table.selection_changed):
        table.set_runs(RUNS[1:])
    assert names(table.selected_runs) == ["oldest"]


def test_new_values_of_the_same_runs_keep_the_rows(table: RunsTable, qtbot: QtBot) -> None:
    table.select([key_of(RUNS[1])])
    with qtbot.assertNotEmitted(table.model().modelReset):
        table.set_runs((summary("newest", created=300.0, epochs=6, tags=("a",)), *RUNS[1:]))
    assert table.model().index(0, INDEX["epochs"]).data() == "6"
    assert names(table.selected_runs) == ["middle"]


def test_clicking_a_star_stars_and_keys_do_for_all_selected(table: RunsTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.star_wanted) as told:
        qtbot.mouseClick(table.viewport(), LEFT, pos=cell(table, 0, "star"))
    assert told.args == [key_of(RUNS[0]), True]
    table.select([key_of(run) for run in RUNS])
    wanted: list[tuple[str, bool]] = []
    table.star_wanted.connect(lambda key, star: wanted.append((key, star)))
    qtbot.keyClick(table, KEY.Key_Space)
    assert wanted == [(key_of(RUNS[0]), True), (key_of(RUNS[2]), True)]  # the middle one has its star
    qtbot.keyClick(table, KEY.Key_S)
    assert len(wanted) == 4


@pytest.mark.parametrize(
    ("key", "signal"),
    [
        (KEY.Key_Return, lambda table: table.restore_wanted),
        (KEY.Key_Enter, lambda table: table.restore_wanted),
        (KEY.Key_Delete, lambda table: table.trash_wanted),
    ],
)
def test_keys(table: RunsTable, qtbot: QtBot, key: Qt.Key, signal: Callable) -> None:
    table.select([key_of(RUNS[0])])
    with qtbot.waitSignal(signal(table)):
        qtbot.keyClick(table, key)


def test_keys_that_the_window_has_shortcuts_for_stay_here(table: RunsTable) -> None:
    for key, modifier in (
        (KEY.Key_Delete, Qt.KeyboardModifier.NoModifier),
        (KEY.Key_C, Qt.KeyboardModifier.ControlModifier),
        (KEY.Key_Space, Qt.KeyboardModifier.NoModifier),
    ):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
        event.ignore()
        QApplication.sendEvent(table, event)
        assert event.isAccepted(), key


def test_tags_are_edited_in_place(table: RunsTable, qtbot: QtBot) -> None:
    table.select([key_of(RUNS[0])])
    qtbot.keyClick(table, KEY.Key_F2)
    editor = table.viewport().findChild(QLineEdit)
    assert editor.text() == "a"
    editor.setText(" paper,  final  try , paper,")
    with qtbot.waitSignal(table.tags_wanted) as told:
        qtbot.keyClick(editor, KEY.Key_Return)
    assert told.args == [key_of(RUNS[0]), ("paper", "final try")]


def test_a_double_click_wants_the_details_except_where_it_edits(table: RunsTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.details_wanted):
        qtbot.mouseDClick(table.viewport(), LEFT, pos=cell(table, 1, "name"))
    with qtbot.assertNotEmitted(table.details_wanted):
        qtbot.mouseDClick(table.viewport(), LEFT, pos=cell(table, 1, "tags"))


def test_copies_have_the_columns_shown_and_numbers_in_full(table: RunsTable, qtbot: QtBot) -> None:
    table.select([key_of(RUNS[0]), key_of(RUNS[1])])
    with qtbot.waitSignal(table.copied) as told:
        qtbot.keyClick(table, KEY.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert told.args == ["Copied 2 runs as CSV"]
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    assert [row["name"] for row in rows] == ["newest", "middle"]
    assert [row["parameters"] for row in rows] == ["61706", "61706"]
    assert [row["accuracy"] for row in rows] == ["0.8", ""]
    assert [row["star"] for row in rows] == ["", "yes"]
    assert "notes" not in rows[0]  # not shown
    assert table.as_markdown().startswith("| star | name |")


def test_columns_are_chosen_and_kept(table: RunsTable, qtbot: QtBot) -> None:
    menu = QMenu(table)
    table.fill_columns_menu(menu)
    actions = {action.text(): action for action in menu.actions()}
    assert "name" not in actions
    with qtbot.waitSignal(table.columns_changed):
        actions["multiply-adds"].trigger()
    actions["time"].trigger()
    table.sort_by(INDEX["accuracy"], Qt.SortOrder.DescendingOrder)
    other = RunsTable()
    qtbot.addWidget(other)
    other.set_runs(RUNS)
    other.restore_columns(table.columns_state())
    assert not other.isColumnHidden(INDEX["multiply_adds"])
    assert other.isColumnHidden(INDEX["time"])
    assert names(other.shown_runs) == ["oldest", "newest", "middle"]


def test_drawn_runs_have_their_sign_before_their_names(table: RunsTable) -> None:
    icon = swatch(RunStyle(0), DARK)
    table.set_icons({key_of(RUNS[1]): icon})
    icons = [table.model().index(row, INDEX["name"]).data(Qt.ItemDataRole.DecorationRole) for row in range(3)]
    found = [one.cacheKey() for one in icons]
    assert found[1] == icon.cacheKey()
    assert found[0] == found[2]  # room, so that the names stand below one another


def test_status_is_said_in_a_word_and_the_star_to_assistive_tools(table: RunsTable) -> None:
    role = Qt.ItemDataRole.AccessibleTextRole
    assert table.model().index(2, INDEX["status"]).data(role) == "running"
    assert "running" in table.model().index(2, INDEX["status"]).data()
    assert table.model().index(1, INDEX["star"]).data(role) == "starred"


def test_of_thousands_of_rows_only_those_in_view_are_asked(table: RunsTable, qtbot: QtBot) -> None:
    table.set_runs([summary(f"run {number}", created=float(number)) for number in range(5000)])
    asked: set[int] = set()

    class Watched(list):
        def __getitem__(self, row):
            asked.add(row)
            return super().__getitem__(row)

    table.model().shown = Watched(table.shown_runs)
    table.grab()
    assert 5 < len(asked) < 40
