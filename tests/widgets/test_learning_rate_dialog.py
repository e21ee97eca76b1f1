"""Another learning rate for the run under way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from widgets.learning_rate_dialog import WRONG, LearningRateDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", extend=True)


@pytest.fixture
def dialog(qtbot: QtBot) -> LearningRateDialog:
    made = LearningRateDialog()
    qtbot.addWidget(made)
    made.show()
    made.set_rate(0.01, None)
    return made


def press(dialog: LearningRateDialog, qtbot: QtBot, text: str) -> None:
    found = next(button for button in dialog.findChildren(QPushButton) if button.text() == text)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def said(dialog: LearningRateDialog) -> str:
    return dialog.findChildren(QLabel)[0].text()


def field(dialog: LearningRateDialog) -> QLineEdit:
    return dialog.findChild(QLineEdit, "learningRateField")


@pytest.mark.parametrize(("text", "expected"), [("÷ 10", 0.001), ("÷ 2", 0.005), ("× 2", 0.02)])
def test_the_usual_factors(dialog: LearningRateDialog, qtbot: QtBot, text: str, expected: float) -> None:
    with qtbot.waitSignal(dialog.rate_chosen) as chosen:
        press(dialog, qtbot, text)
    assert chosen.args == [expected]


@pytest.mark.parametrize(("text", "expected"), [("0.003", 0.003), ("3e-4", 3e-4), (" 0,5 ", 0.5)])
def test_a_rate_is_typed(dialog: LearningRateDialog, qtbot: QtBot, text: str, expected: float) -> None:
    field(dialog).setText(text)
    with qtbot.waitSignal(dialog.rate_chosen) as chosen:
        qtbot.keyClick(field(dialog), Qt.Key.Key_Return)
    assert chosen.args == [expected]


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf", "1e7"])
def test_what_is_no_rate_is_refused_in_words(dialog: LearningRateDialog, qtbot: QtBot, text: str) -> None:
    field(dialog).setText(text)
    with qtbot.assertNotEmitted(dialog.rate_chosen):
        press(dialog, qtbot, "Set")
    wrong = next(label for label in dialog.findChildren(QLabel) if label.text() == WRONG)
    assert wrong.isVisible()
    qtbot.keyClicks(field(dialog), "1")
    assert not wrong.isVisible()


def test_what_the_schedule_makes_of_it_is_said(dialog: LearningRateDialog) -> None:
    dialog.set_rate(0.01, 0.01)
    assert said(dialog) == "Now 0.01 from the next step on."
    dialog.set_rate(0.01, 0.0042)
    assert said(dialog) == "Now 0.01, of which the schedule makes 0.0042."


def test_what_is_being_typed_is_left_alone_while_the_run_goes_on(dialog: LearningRateDialog) -> None:
    field(dialog).setText("0.00")
    dialog.set_rate(0.01, 0.009)
    assert field(dialog).text() == "0.00"
    dialog.set_rate(0.005, None)
    assert field(dialog).text() == "0.005"
