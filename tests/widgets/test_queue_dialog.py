"""The list of waiting runs: order, removal, starting and holding."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from widgets.queue_dialog import QueueDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", extend=True)

ROWS = [(key, f"net {key}", "Digits · Adam, rate 0.001 · batch 64 · 15 epochs") for key in "abc"]


@pytest.fixture
def dialog(qtbot: QtBot) -> QueueDialog:
    made = QueueDialog()
    qtbot.addWidget(made)
    made.show()
    made.set_runs(ROWS, "net x", True)
    return made


def button(dialog: QueueDialog, text: str) -> QPushButton:
    return next(found for found in dialog.findChildren(QPushButton) if found.text() == text)


def said(dialog: QueueDialog) -> str:
    return dialog.findChildren(QLabel)[0].text()


def test_what_goes_on_is_said(dialog: QueueDialog) -> None:
    assert "Training now: net x. The next run starts when" in said(dialog)
    dialog.set_runs(ROWS, "", False)
    assert said(dialog) == "The runs wait. Start lets them follow one after the other."
    dialog.set_runs([], "", False)
    assert "No run waits" in said(dialog)
    assert not button(dialog, "Start").isEnabled()


def test_one_button_starts_and_holds(dialog: QueueDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.hold_requested):
        qtbot.mouseClick(button(dialog, "Hold"), Qt.MouseButton.LeftButton)
    dialog.set_runs(ROWS, "", False)
    with qtbot.waitSignal(dialog.start_requested):
        qtbot.mouseClick(button(dialog, "Start"), Qt.MouseButton.LeftButton)


def test_the_selected_run_is_moved_by_buttons_and_keys_within_the_list(dialog: QueueDialog, qtbot: QtBot) -> None:
    moved: list[tuple[str, int]] = []
    dialog.moved.connect(lambda key, places: moved.append((key, places)))
    dialog.select(0)
    assert not button(dialog, "Up").isEnabled()
    qtbot.mouseClick(button(dialog, "Down"), Qt.MouseButton.LeftButton)
    control = Qt.KeyboardModifier.ControlModifier
    listed = dialog._list
    qtbot.keyClick(listed, Qt.Key.Key_Up, control)  # it is the first one
    qtbot.keyClick(listed, Qt.Key.Key_Down, control)
    dialog.select(2)
    assert not button(dialog, "Down").isEnabled()
    qtbot.keyClick(listed, Qt.Key.Key_Down, control)
    qtbot.mouseClick(button(dialog, "Up"), Qt.MouseButton.LeftButton)
    assert moved == [("a", 1), ("a", 1), ("c", -1)]


def test_the_selected_run_is_removed_by_button_and_key(dialog: QueueDialog, qtbot: QtBot) -> None:
    assert not button(dialog, "Remove").isEnabled()
    removed: list[str] = []
    dialog.removed.connect(removed.append)
    dialog.select(1)
    qtbot.keyClick(dialog._list, Qt.Key.Key_Delete)
    qtbot.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    assert removed == ["b", "b"]


def test_the_selection_stays_with_its_run(dialog: QueueDialog) -> None:
    dialog.select(0)
    dialog.set_runs([ROWS[1], ROWS[0], ROWS[2]], "", True)
    assert dialog._list.current_row == 1


@pytest.mark.parametrize(
    ("dragged", "onto", "half", "expected"),
    [(0, 2, 0.9, ("a", 2)), (0, 2, 0.1, ("a", 1)), (2, 0, 0.1, ("c", -2)), (1, 1, 0.9, None), (0, None, 0, ("a", 2))],
)
def test_a_run_is_dragged_to_another_place(
    dialog: QueueDialog, dragged: int, onto: int | None, half: float, expected: tuple[str, int] | None
) -> None:
    listed = dialog._list
    dialog.select(dragged)
    moved: list[tuple[str, int]] = []
    dialog.moved.connect(lambda key, places: moved.append((key, places)))
    place = QPointF(20, listed.viewport().height() - 4)
    if onto is not None:
        rectangle = listed.visualItemRect(listed.topLevelItem(onto))
        place = QPointF(20, rectangle.top() + half * rectangle.height())
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    listed.dropEvent(QDropEvent(place, Qt.DropAction.MoveAction, QMimeData(), left, none))
    assert moved == ([expected] if expected else [])
    assert dialog.keys == ["a", "b", "c"]  # the queue moves it, not the list
