"""The Diagnosis tab: cards of what was found, and what can be done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QToolButton

from models.training.diagnosis import Finding
from models.training.remedies import Remedy
from widgets.diagnosis import ALL_WELL, NO_RUN, DiagnosisPanel, sentence
from widgets.theme import DARK

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

SLOWER = Remedy("Learning rate 0.0001", plan=(("learning_rate", 1e-4),))
ON = Remedy("Keep training", trains="on")
HIGH = Finding(
    "LearningRateTooHigh", "Learning rate too high", "Steps overshoot.", "bad", "the loss is 8", None, (SLOWER,)
)
DEAD = Finding("DeadReLUs", "Dead ReLUs", "Units are dead.", "warn", "60 % are zero", "dense", ())
SHORT = Finding("NotDone", "Still learning", "It ended.", "note", "the loss fell", None, (ON,))


@pytest.fixture
def panel(qtbot) -> DiagnosisPanel:
    panel = DiagnosisPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.set_theme(DARK)
    panel.show()
    return panel


def test_without_a_run_it_says_what_it_is_for(panel: DiagnosisPanel) -> None:
    assert panel.status == NO_RUN
    assert "overfitting" in panel.details
    assert panel.cards == ()


def test_where_nothing_was_found_it_says_so_and_what_was_looked_at(panel: DiagnosisPanel) -> None:
    panel.set_findings((), "Looked at 3 steps.")
    assert panel.status == ALL_WELL
    assert panel.details == "Looked at 3 steps."
    panel.clear()
    assert panel.status == NO_RUN


def test_a_card_says_all_in_words(panel: DiagnosisPanel) -> None:
    panel.set_findings((HIGH, DEAD, SHORT), "Looked at 3 steps.")
    assert panel.status == "3 findings"
    high, dead, short = panel.cards
    assert [card.accessibleName() for card in panel.cards] == [
        "Serious: Learning rate too high", "Deserves a look: Dead ReLUs", "Worth knowing: Still learning",
    ]  # fmt: skip
    assert high.accessibleDescription() == "Steps overshoot. The loss is 8."
    assert high.evidence == "The loss is 8."
    assert (high.show_button.isHidden(), dead.show_button.isHidden()) == (True, False)
    assert [button.text() for button in short.buttons] == ["Keep training"]
    assert dead.buttons == ()
    panel.set_findings((DEAD,), "")
    assert panel.status == "1 finding"


def test_buttons_tell_what_they_are_about(panel: DiagnosisPanel, qtbot) -> None:
    told: list[object] = []
    panel.remedy_chosen.connect(lambda finding, remedy: told.append((finding.rule, remedy)))
    panel.node_chosen.connect(told.append)
    panel.dismissed.connect(lambda finding: told.append(finding.rule))
    panel.set_findings((HIGH, DEAD), "")
    high, dead = panel.cards
    for button in (high.buttons[0], dead.show_button, dead.dismiss_button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == [("LearningRateTooHigh", SLOWER), "dense", "DeadReLUs"]


def test_cards_stay_where_only_the_numbers_change(panel: DiagnosisPanel, qtbot) -> None:
    panel.set_findings((HIGH, DEAD), "")
    high, dead = panel.cards
    button = high.buttons[0]
    told: list[str] = []
    panel.remedy_chosen.connect(lambda finding, _remedy: told.append(finding.evidence))
    panel.set_findings((replace(HIGH, evidence="the loss is 9"), SHORT), "")
    assert panel.cards[0] is high
    assert high.buttons == (button,)
    assert high.evidence == "The loss is 9."
    assert dead not in panel.cards
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == ["the loss is 9"]


def test_cards_follow_the_order_of_the_findings(panel: DiagnosisPanel, qtbot) -> None:
    panel.set_findings((DEAD, SHORT), "")
    panel.set_findings((HIGH, SHORT, DEAD), "")
    qtbot.waitUntil(lambda: panel.cards[-1].y() > 0)
    tops = [card.y() for card in panel.cards]
    assert tops == sorted(tops)
    assert [card.finding.rule for card in panel.cards] == ["LearningRateTooHigh", "NotDone", "DeadReLUs"]


def test_what_was_done_is_marked_and_can_be_undone(panel: DiagnosisPanel) -> None:
    panel.set_findings((HIGH, SHORT), "")
    panel.set_applied(frozenset({SLOWER, ON}))
    (slower,), (on,) = (card.buttons for card in panel.cards)
    assert (slower.text(), slower.isEnabled()) == ("✓  Learning rate 0.0001", False)
    assert on.isEnabled(), "training can go on again and again"
    panel.set_applied(frozenset())
    assert (slower.text(), slower.isEnabled()) == ("Learning rate 0.0001", True)


def test_dismissed_ones_can_be_had_back_and_training_begins_anew(panel: DiagnosisPanel, qtbot) -> None:
    told: list[str] = []
    panel.restore_requested.connect(lambda: told.append("restore"))
    panel.train_requested.connect(lambda: told.append("train"))
    buttons = {button.toolTip(): button for button in panel.findChildren(QPushButton)}
    restore, train = (
        buttons["Show again what was dismissed for this run"],
        panel.findChild(QPushButton, "diagnosisTrain"),
    )
    assert restore.isHidden()
    assert train.isHidden()
    panel.set_dismissed(2)
    panel.set_trainable("Train anew")
    assert restore.text() == "2 dismissed"
    for button in (restore, train):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == ["restore", "train"]


def test_every_button_has_a_name_and_can_be_reached_by_key(panel: DiagnosisPanel) -> None:
    panel.set_findings((HIGH, DEAD, SHORT), "")
    for button in (*panel.findChildren(QPushButton), *panel.findChildren(QToolButton)):
        assert button.isHidden() or button.accessibleName() or button.text()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_evidence_becomes_a_sentence() -> None:
    assert sentence("held-out loss rose") == "Held-out loss rose."
    assert sentence("Is it?") == "Is it?"
    assert sentence("") == "."


def test_what_fits_does_not_scroll(panel: DiagnosisPanel, qtbot) -> None:
    bar = panel.findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: panel._details.height() > 0)
    assert bar.maximum() == 0
    panel.resize(560, 170)
    panel.set_findings((), "Looked at many words, " * 24)
    qtbot.waitUntil(lambda: panel._details.height() > 50)
    assert bar.maximum() == 0
    panel.set_findings((HIGH,), "Looked at 3 steps.")
    qtbot.waitUntil(lambda: panel.cards[0].height() > 50)
    assert bar.maximum() == 0
    panel.resize(panel.width(), 80)
    qtbot.waitUntil(lambda: bar.maximum() > 0)


@pytest.mark.parametrize("width", [420, 1400])
def test_nothing_is_cut_off(panel: DiagnosisPanel, qtbot, width: int) -> None:
    many = tuple(Remedy(f"A remedy with many words, number {number}", plan=(("seed", number),)) for number in range(6))
    panel.resize(width, 400)
    panel.set_findings((replace(HIGH, remedies=many, evidence="the numbers say much " * 12),), "")
    (card,) = panel.cards
    qtbot.waitUntil(lambda: card.height() >= card.heightForWidth(card.width()) > 0)
    for button in card.buttons:
        place = button.geometry().translated(button.parentWidget().pos())
        assert card.rect().contains(place), place
