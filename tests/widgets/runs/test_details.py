"""All about one run: what is shown, and that nothing that is typed is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPlainTextEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from run_summaries import curves, summary

from widgets.runs.actions import RunActions
from widgets.runs.details import RunDetails, RunDetailsPanel
from widgets.runs.model import key_of
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
ONE, TWO = summary("one", tags=("a", "b"), notes="As planned."), summary("two", star=True)


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[RunDetailsPanel]:
    holder = QWidget()
    qtbot.addWidget(holder)
    panel = RunDetailsPanel(QAction("Restore project", holder), QAction("Resume", holder), QMenu(holder), holder)
    panel.resize(320, 500)
    panel.set_run(ONE)
    holder.show()
    yield panel
    holder.close()


def words(panel: RunDetailsPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel))


def notes(panel: RunDetailsPanel) -> QPlainTextEdit:
    return panel.findChild(QPlainTextEdit, "runNotes")


def tags(panel: RunDetailsPanel) -> QLineEdit:
    return panel.findChild(QLineEdit, "runTags")


def test_without_a_run_it_says_how_to_see_one(panel: RunDetailsPanel) -> None:
    panel.set_run(None)
    assert "Select a run" in words(panel)
    assert "one" not in [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]


def test_it_tells_the_results_and_what_was_read(panel: RunDetailsPanel) -> None:
    panel.set_details(RunDetails((("optimizer", "Adam"),), (("Keras", "3.12"),), (("model.keras", "1 MB"),)))
    panel.set_curves(curves())
    for theme in (DARK, LIGHT):
        panel.set_theme(theme)
        panel.grab()
    text = words(panel)
    for word in ("one", "95.0 %", "96.0 %", "0.1", "61.7 k", "12 s", "optimizer", "Keras", "model.keras", "finished"):
        assert word in text
    assert "100 steps" in panel.sparkline.accessibleName()


def test_a_few_learned_filters_are_shown(panel: RunDetailsPanel) -> None:
    assert panel.filters.isHidden()
    filters = np.linspace(-1, 1, 40 * 9, dtype=np.float32).reshape(40, 3, 3)
    panel.set_details(RunDetails(filters=filters, filters_of="conv2d", filters_epochs=12))
    assert "conv2d, first input channel, after 12 epochs" in words(panel)
    assert panel.filters.grid.heightForWidth(300) < 100
    panel.grab()


def test_another_run_shows_nothing_of_the_one_before(panel: RunDetailsPanel) -> None:
    panel.set_details(
        RunDetails((("optimizer", "Adam"),), filters=np.ones((2, 3, 3), np.float32), problem="It is damaged.")
    )
    panel.set_curves(curves())
    panel.set_run(TWO)
    assert "It is damaged." not in words(panel)
    assert "optimizer" not in words(panel)
    assert panel.filters.isHidden()
    assert panel.sparkline.accessibleName() == "No curves yet"
    assert notes(panel).toPlainText() == ""
    assert tags(panel).text() == ""


def test_notes_are_kept_once_typing_pauses(panel: RunDetailsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.notes_wanted) as told:
        notes(panel).setPlainText("Better.")
    assert told.args == [key_of(ONE), "Better."]


def test_notes_that_are_being_typed_belong_to_their_run(panel: RunDetailsPanel, qtbot: QtBot) -> None:
    notes(panel).setPlainText("Half a sent")
    tags(panel).setText("x")
    told: list[tuple] = []
    panel.notes_wanted.connect(lambda *of: told.append(of))
    panel.tags_wanted.connect(lambda *of: told.append(of))
    panel.set_run(TWO)
    assert told == [(key_of(ONE), "Half a sent"), (key_of(ONE), ("x",))]
    with qtbot.assertNotEmitted(panel.notes_wanted):
        panel.keep_notes()


def test_what_is_being_typed_is_not_overwritten(panel: RunDetailsPanel) -> None:
    notes(panel).setPlainText("Half a sent")
    panel.set_run(summary("one", epochs=6, tags=("a", "b"), notes="As planned."))
    assert notes(panel).toPlainText() == "Half a sent"


def test_what_another_window_noted_is_shown(panel: RunDetailsPanel, qtbot: QtBot) -> None:
    panel.set_run(summary("one", notes="From elsewhere.", tags=("c",)))
    assert notes(panel).toPlainText() == "From elsewhere."
    assert tags(panel).text() == "c"
    with qtbot.assertNotEmitted(panel.notes_wanted, wait=0):
        panel.keep_notes()


def test_the_star_is_a_button(panel: RunDetailsPanel, qtbot: QtBot) -> None:
    star = panel.findChild(QToolButton, "runStar")
    assert star.accessibleName() == "Star this run"
    with qtbot.waitSignal(panel.star_wanted) as told:
        qtbot.mouseClick(star, Qt.MouseButton.LeftButton)
    assert told.args == [key_of(ONE), True]


def test_tags_are_kept_with_enter(panel: RunDetailsPanel, qtbot: QtBot) -> None:
    tags(panel).setText("a, b, a, c")
    with qtbot.waitSignal(panel.tags_wanted) as told:
        QTest.keyClick(tags(panel), Qt.Key.Key_Return)
    assert told.args == [key_of(ONE), ("a", "b", "c")]


def test_buttons_do_what_the_actions_do(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    actions = RunActions(holder)
    panel = RunDetailsPanel(actions.restore, actions.resume, QMenu(holder), holder)
    restore, resume = (panel.findChild(QPushButton, name) for name in ("restoreRunButton", "resumeRunButton"))
    assert not restore.isEnabled()
    stopped = summary(status="interrupted", resumable=True)
    actions.set_selected([stopped], stopped)
    assert restore.isEnabled()
    assert resume.isEnabled()
    with qtbot.waitSignal(actions.restore.triggered):
        restore.click()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "running"}, "being trained"),
        ({"status": "finished", "resumable": True}, "to its end"),
        ({"status": "stopped", "resumable": False}, "no checkpoint"),
        ({"status": "interrupted", "resumable": True}, ""),
        ({"status": "stopped", "resumable": True}, ""),
    ],
)
def test_what_cannot_be_resumed_says_why(qtbot: QtBot, values: dict, reason: str) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    actions, run = RunActions(holder), summary(**values)
    actions.set_selected([run], run)
    assert actions.resume.isEnabled() is (not reason)
    assert reason in actions.resume.toolTip()


def test_a_running_run_is_never_offered_for_the_trash(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    actions = RunActions(holder)
    for runs, can in (([ONE], True), ([ONE, TWO], True), ([ONE, summary("x", status="running")], False), ([], False)):
        actions.set_selected(runs, runs[0] if runs else None)
        assert actions.trash.isEnabled() is can
        assert actions.trash.toolTip()
