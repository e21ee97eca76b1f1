"""The message bar: the latest message is shown, and none that matters is lost behind it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from widgets.message_bar import MessageBar

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def bar(qtbot) -> MessageBar:
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar


def buttons(bar: MessageBar) -> dict[str, QPushButton]:
    return {button.text(): button for button in bar.findChildren(QPushButton) if not button.isHidden()}


def test_a_choice_acts_and_closes(bar: MessageBar, qtbot) -> None:
    done: list[str] = []
    bar.show_message("Recover?", "warn", [("Yes", lambda: done.append("yes")), ("No", lambda: done.append("no"))])
    assert bar.text == "Recover?"
    qtbot.mouseClick(buttons(bar)["Yes"], Qt.MouseButton.LeftButton)
    assert done == ["yes"]
    assert bar.isHidden()


def test_errors_and_questions_wait_behind_newer_messages(bar: MessageBar, qtbot) -> None:
    bar.show_message("bad.loom is damaged", "bad")
    bar.show_message("Recover?", "warn", [("Yes", lambda: None)])
    bar.show_message("Exported", "ok")
    assert bar.text == "Exported"
    (close,) = bar.findChildren(QToolButton)
    for expected in ("Recover?", "bad.loom is damaged", ""):
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        assert bar.text == expected


def test_what_was_said_in_passing_does_not_come_back(bar: MessageBar) -> None:
    bar.show_message("Exported", "ok")
    bar.show_message("Evaluated", "ok")
    bar.clear()
    assert bar.text == ""


def test_a_message_that_repeats_waits_once(bar: MessageBar) -> None:
    for _ in range(3):
        bar.show_message("The disk is full", "bad")
    bar.clear()
    assert bar.text == ""


def test_a_message_is_withdrawn_wherever_it_is(bar: MessageBar) -> None:
    bar.show_message("The disk is full", "bad")
    bar.show_message("Not one input", "warn")
    bar.withdraw("The disk is full")
    assert bar.text == "Not one input"
    bar.withdraw("Not one input")
    assert bar.text == ""


def test_clearing_all_keeps_lasting_questions(bar: MessageBar, qtbot) -> None:
    bar.show_message("Stopped", "ok", [("Evaluate", lambda: None)])
    bar.show_message("Recover?", "warn", [("Yes", lambda: None)], lasting=True)
    bar.show_message("Trained", "ok", [("Evaluate", lambda: None)])
    bar.show_message("bad.loom is damaged", "bad")
    bar.clear_all()
    assert bar.text == "Recover?"
    qtbot.waitUntil(lambda: set(buttons(bar)) == {"Yes"})


def test_many_choices_stand_below_the_text_in_lines_and_ask_for_no_width(bar: MessageBar, qtbot) -> None:
    texts = [f"Remedy number {number}, train again" for number in range(5)]
    bar.show_message("The loss is no number.", "warn", [(text, lambda: None) for text in texts])
    bar.resize(480, bar.heightForWidth(480))
    bar.show()
    qtbot.waitExposed(bar)
    assert bar.minimumSizeHint().width() < 480
    places = [buttons(bar)[text].geometry() for text in texts]
    assert all(bar.rect().contains(place) for place in places)
    assert len({place.top() for place in places}) > 1
    assert not any(one.intersects(other) for one in places for other in places if one is not other)
    bar.show_message("Exported", "ok")
    assert bar.heightForWidth(480) < 60


def test_what_is_added_stands_in_the_same_message_with_the_worse_level(bar: MessageBar, qtbot) -> None:
    bar.show_message("Trained.", "ok", [("Evaluate", lambda: None)])
    bar.add("It overfits.", "warn", [("Show the diagnosis", lambda: None)])
    assert bar.text == "Trained. It overfits."
    qtbot.waitUntil(lambda: set(buttons(bar)) == {"Evaluate", "Show the diagnosis"})
    assert bar.property("level") == "warn"
    bar.withdraw("Trained.")
    assert bar.text == ""
    bar.add("It overfits.", "warn")
    assert bar.text == "It overfits."
