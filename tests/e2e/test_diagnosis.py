"""A run that goes wrong, the edit that the window offers, and the run after it; with the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from scripted import ScriptedQuestions

from app.main_window import MainWindow
from app.settings import Settings
from models.runtime.hosting.host import ThreadHost, run_engine


@pytest.fixture
def window(qapp: QApplication, qtbot: object, tmp_path: Path) -> Iterator[MainWindow]:
    host = partial(ThreadHost, run_engine)
    window = MainWindow(
        host, Settings(tmp_path / "s.ini"), tmp_path / "autosave", tmp_path / "runs", ScriptedQuestions()
    )
    window.show()
    yield window
    window.close()
    window.deleteLater()


@pytest.mark.slow
def test_a_learning_rate_that_is_too_high_is_found_and_mended(window: MainWindow, qtbot: object) -> None:
    panel = window.views.diagnosis
    window.new_project("lenet5")
    window.editor.set_plan("learning_rate", 3.0)
    window.editor.set_plan("epochs", 4)
    qtbot.waitUntil(lambda: not window.runs.why_not(), timeout=120_000)
    window.runs.start()
    qtbot.waitUntil(lambda: window.training.history.steps > 0, timeout=120_000)
    qtbot.waitUntil(lambda: not window.training.is_training, timeout=120_000)
    assert [card.finding.rule for card in panel.cards][:1] == ["LearningRateTooHigh"]
    assert "learning rate too high" in window.views.messages.text
    (lower,) = (button for button in panel.cards[0].buttons if button.text() == "Learning rate 0.001")
    lower.click()
    assert window.document.project.plan.learning_rate == 0.001
    panel._train.click()
    qtbot.waitUntil(lambda: window.training.is_training and not panel.cards, timeout=30_000)
    qtbot.waitUntil(lambda: not window.training.is_training, timeout=120_000)
    assert [card.finding.severity for card in panel.cards if card.finding.severity != "note"] == []
    assert window.training.history.epochs[-1].held_out_metric > 0.9
    window.document.undo_stack.undo()
    assert window.document.project.plan.learning_rate == 3.0
