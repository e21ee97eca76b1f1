"""Runs as points: where they stand, which one the mouse is at, and how they are chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from run_summaries import summary

from widgets.runs.model import key_of
from widgets.runs.scatter import RESULTS, SIZES, RunsScatter, _powers, _round_values
from widgets.runs.scatter_view import RunsScatterView
from widgets.runs.styles import RunStyles
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

RUNS = [
    summary("small", parameters=1_000, held_out_metric=0.7),
    summary("large", parameters=1_000_000, held_out_metric=0.95),
    summary("middle", parameters=30_000, held_out_metric=0.9),
    summary("unknown", held_out_metric=None),
]
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def styles() -> RunStyles:
    styles = RunStyles()
    styles.show([key_of(RUNS[1])])
    return styles


@pytest.fixture
def plane(qtbot: QtBot, styles: RunStyles) -> RunsScatter:
    plane = RunsScatter(styles)
    qtbot.addWidget(plane)
    plane.resize(500, 300)
    plane.set_theme(DARK)
    plane.set_runs(RUNS)
    plane.show()
    return plane


def at(plane: RunsScatter, number: int) -> QPoint:
    return plane.position(key_of(RUNS[number])).toPoint()


def test_better_is_higher_and_larger_is_further_right(plane: RunsScatter) -> None:
    assert [run.name for run in plane.shown] == ["small", "middle", "large"]  # not the one without a value
    assert at(plane, 0).x() < at(plane, 2).x() < at(plane, 1).x()
    assert at(plane, 0).y() > at(plane, 2).y() > at(plane, 1).y()


def test_powers_of_ten_are_equally_far_apart(plane: RunsScatter) -> None:
    small, large = plane.position(key_of(RUNS[0])), plane.position(key_of(RUNS[1]))
    middle = plane.position(key_of(RUNS[2]))
    assert (middle.x() - small.x()) / (large.x() - small.x()) == pytest.approx(0.4924, abs=1e-3)  # log10(30) / 3


def test_a_click_chooses_and_with_ctrl_adds(plane: RunsScatter, qtbot: QtBot) -> None:
    with qtbot.waitSignal(plane.run_chosen) as told:
        qtbot.mouseClick(plane, LEFT, pos=at(plane, 2) + QPoint(4, 3))
    assert told.args == [key_of(RUNS[2]), False]
    with qtbot.waitSignal(plane.run_chosen) as told:
        qtbot.mouseClick(plane, LEFT, CTRL, pos=at(plane, 0))
    assert told.args == [key_of(RUNS[0]), True]
    with qtbot.assertNotEmitted(plane.run_chosen):
        qtbot.mouseClick(plane, LEFT, pos=QPoint(plane.width() - 30, plane.height() - 50))


def test_arrow_keys_go_by_size(plane: RunsScatter, qtbot: QtBot) -> None:
    plane.set_current(RUNS[0])
    with qtbot.waitSignal(plane.run_chosen) as told:
        qtbot.keyClick(plane, Qt.Key.Key_Right)
    assert told.args == [key_of(RUNS[2]), False]
    plane.set_current(RUNS[1])
    with qtbot.waitSignal(plane.run_chosen) as told:
        qtbot.keyClick(plane, Qt.Key.Key_Right)
    assert told.args == [key_of(RUNS[1]), False]  # there is no larger one


def test_chosen_runs_have_their_own_colour(plane: RunsScatter, styles: RunStyles) -> None:
    for theme in (DARK, LIGHT):
        plane.set_theme(theme)
        pixel = plane.grab().toImage().pixelColor(at(plane, 1))
        assert pixel.name() == styles.of(key_of(RUNS[1])).color(theme).name()
        other = plane.grab().toImage().pixelColor(at(plane, 0))
        assert other.name() != pixel.name()


def test_every_pair_of_axes_is_drawn(qtbot: QtBot, styles: RunStyles) -> None:
    view = RunsScatterView(styles)
    qtbot.addWidget(view)
    view.plane.set_runs(RUNS)
    for across in range(len(SIZES)):
        for up in range(len(RESULTS)):
            view.findChild(QComboBox, "scatterAcross").setCurrentIndex(across)
            view.findChild(QComboBox, "scatterUp").setCurrentIndex(up)
            view.grab()
            name = view.plane.accessibleName()
            assert SIZES[across].title in name
            assert RESULTS[up].title in name.lower()


def test_no_runs_and_one_run_can_be_drawn(plane: RunsScatter) -> None:
    plane.set_runs([])
    plane.grab()
    assert plane.run_at(plane.rect().center().toPointF()) is None
    plane.set_runs(RUNS[:1])
    plane.grab()
    assert plane.rect().contains(at(plane, 0))


@given(st.floats(-3, 12), st.floats(0.01, 12))
def test_axes_have_marks_within_their_range(left: float, length: float) -> None:
    for value in _powers(left, left + length):
        assert 10 ** (left - 1e-9) <= value <= 10 ** (left + length + 1e-9)
    assert len(_powers(left, left + 1)) >= 1


@given(st.floats(-100, 100), st.floats(1e-3, 1e3))
def test_values_on_the_axis_are_few_and_within(low: float, length: float) -> None:
    found = _round_values(low, low + length)
    assert 2 <= len(found) <= 7
    assert all(low - 1e-6 * length <= value <= low + length * (1 + 1e-6) for value in found)
