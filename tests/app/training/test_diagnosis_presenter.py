"""The Diagnosis tab in the window: what is found while a run goes on, what helps, and what was put aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_runs import healthy
from PySide6.QtWidgets import QPushButton
from scripted import ScriptedEngine

from app.main_window import MainWindow
from app.training.diagnosis_presenter import DiagnosisPresenter
from models.data.findings import Finding as DataFinding
from models.data.findings import FindingKind
from models.data.sources.digits import DIGITS_FACTS
from models.training.commands import Train
from models.training.events import (
    BatchesDone,
    BlockMeasured,
    BlocksMeasured,
    DataSpeed,
    EpochDone,
    Evaluated,
    TrainingDone,
)

FALLING, HELD = healthy()
RISING = [*HELD[:6], *np.linspace(0.3, 0.9, 9).tolist()]
STEPS = 23


@pytest.fixture
def engine() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.first_steps = False
    return engine


@pytest.fixture
def begun(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> Callable[[], str]:
    """Begins a run; returns its id."""

    def begin() -> str:
        before = len(engine.received(Train))
        qtbot.waitUntil(lambda: not window.runs.why_not())
        window.runs.start()
        qtbot.waitUntil(lambda: len(engine.received(Train)) > before and window.training.history.started is not None)
        run_id = engine.received(Train)[-1].run_id
        qtbot.waitUntil(lambda: window.training.history.started.run_id == run_id)
        return run_id

    return begin


def played(engine: ScriptedEngine, run_id: str, losses: Sequence[float], held_out: Sequence[float]) -> None:
    """So many epochs."""
    for epoch, (loss, held) in enumerate(zip(losses, held_out, strict=True)):
        right = 1 - loss / 2.56
        values = np.full(STEPS, loss, np.float32)
        engine.emit(BatchesDone(run_id, epoch, STEPS, values, np.full(STEPS, right, np.float32), 1000.0))
        engine.emit(EpochDone(run_id, epoch, loss, right, held, 1 - held / 2.56, 1.0))


def ended(engine: ScriptedEngine, run_id: str, reason: str = "finished") -> None:
    engine.emit(TrainingDone(run_id, reason, "Trained.", 15, 0.1, 0.97))  # type: ignore[arg-type]


def rules_of(window: MainWindow) -> list[str]:
    return [card.finding.rule for card in window.views.diagnosis.cards]


def tab_title(window: MainWindow) -> str:
    return window.views.live.tabText(window.views.live.indexOf(window.views.diagnosis))


@pytest.fixture
def overfitted(window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]) -> str:
    """A run that ended, overfitted; its id."""
    run_id = begun()
    played(engine, run_id, FALLING, RISING)
    ended(engine, run_id)
    qtbot.waitUntil(lambda: rules_of(window) == ["Overfitting"])
    return run_id


def test_a_healthy_run_has_no_findings(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    assert tab_title(window) == "Diagnosis"
    run_id = begun()
    assert window.views.diagnosis.details == "The run has just begun."
    played(engine, run_id, FALLING, HELD)
    ended(engine, run_id)
    qtbot.waitUntil(lambda: not window.training.is_training)
    assert window.diagnosis.findings == ()
    assert "Nothing to worry about" in window.views.diagnosis.status
    assert "Looked at 345 steps and 15 epochs for " in window.views.diagnosis.details
    assert "overfitting" in window.views.diagnosis.details
    assert "Diagnosis" not in window.views.messages.text


def test_what_is_found_is_counted_in_the_title_and_told_at_the_end_where_it_is_serious(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    run_id = begun()
    played(engine, run_id, FALLING, RISING)
    qtbot.waitUntil(lambda: rules_of(window) == ["Overfitting"])  # while it still goes on
    assert tab_title(window) == "Diagnosis (1)"
    assert "overfitting" not in window.views.messages.text
    ended(engine, run_id)
    qtbot.waitUntil(lambda: "Diagnosis: overfitting." in window.views.messages.text)
    window.views.live.setCurrentWidget(window.views.curves)
    buttons = {button.text(): button for button in window.views.messages.findChildren(QPushButton)}
    assert window.views.messages.text.startswith("Trained. ")  # what the end itself tells and offers is there, too
    assert set(buttons) == {"Evaluate", "Keep training", "Show the diagnosis"}
    buttons["Show the diagnosis"].click()
    assert window.views.live.currentWidget() is window.views.diagnosis


def test_an_end_that_tells_of_itself_is_not_told_twice(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    run_id = begun()
    played(engine, run_id, [2.0], [2.0])
    ended(engine, run_id, "diverged")
    qtbot.waitUntil(lambda: rules_of(window) == ["LearningRateTooHigh"])
    assert "Diagnosis" not in window.views.messages.text


def test_a_remedy_is_an_edit_that_can_be_undone_and_training_begins_anew_with_it(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, overfitted: str
) -> None:
    panel, stack = window.views.diagnosis, window.document.undo_stack
    (card,) = panel.cards
    before, count = window.document.project, stack.count()
    stop, *_ = card.buttons
    assert panel._train.isHidden()
    stop.click()
    assert window.document.project.plan.early_stopping
    assert stack.count() == count + 1
    assert stop.text().startswith("✓")
    assert not stop.isEnabled()
    assert not panel._train.isHidden()
    stack.undo()
    assert window.document.project == before
    assert stop.isEnabled()
    assert panel._train.isHidden()
    stop.click()
    panel._train.click()
    qtbot.waitUntil(lambda: len(engine.received(Train)) == 2)
    assert engine.received(Train)[-1].plan.early_stopping
    qtbot.waitUntil(lambda: panel.cards == ())


def test_a_remedy_whose_block_has_gone_says_so(window: MainWindow, overfitted: str) -> None:
    (card,) = window.views.diagnosis.cards
    head = window.document.network.output_node
    dropout = next(button for button in card.buttons if head.id in button.text())
    window.editor.select((head.id,))
    window.editor.delete()
    before = window.document.project
    dropout.click()
    assert window.document.project == before
    assert "does not fit" in window.views.messages.text
    assert dropout.isEnabled()


def test_a_finding_that_was_dismissed_stays_away_for_that_run(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    run_id = begun()
    played(engine, run_id, FALLING[:12], RISING[:12])
    qtbot.waitUntil(lambda: rules_of(window) == ["Overfitting"])
    window.views.diagnosis.cards[0].dismiss_button.click()
    assert rules_of(window) == []
    assert tab_title(window) == "Diagnosis"
    for epoch in range(12, 15):
        engine.emit(EpochDone(run_id, epoch, 0.08, 0.97, RISING[epoch], 0.6, 1.0))
    ended(engine, run_id)
    qtbot.waitUntil(lambda: not window.training.is_training)
    assert rules_of(window) == []
    assert "Diagnosis" not in window.views.messages.text
    window.views.diagnosis.restore_requested.emit()
    assert rules_of(window) == ["Overfitting"]
    window.views.diagnosis.cards[0].dismiss_button.click()
    run_id = begun()
    played(engine, run_id, FALLING, RISING)
    qtbot.waitUntil(lambda: rules_of(window) == ["Overfitting"])  # in another run it is new


def test_show_selects_the_block(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    run_id = begun()
    played(engine, run_id, FALLING, HELD)
    for step in (300, 320, 340):
        blocks = {"dense": BlockMeasured(1.0, 0.1, 1e-3, saturated_share=0.7)}
        engine.emit(BlocksMeasured(run_id, step, 14, blocks))
    qtbot.waitUntil(lambda: rules_of(window) == ["SaturatedUnits"])
    window.views.diagnosis.cards[0].show_button.click()
    assert window.editor.current == "dense"


def test_evaluation_speed_and_scan_are_looked_at(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str]
) -> None:
    qtbot.waitUntil(lambda: window.data.report is not None)
    report = window.data.report
    conflict = DataFinding(FindingKind.CONFLICT, "bad", "2 copies stand in different classes.")
    run_id = begun()
    window.data.report = replace(report, findings=(conflict,))
    window.data.scanned.emit()
    engine.emit(DataSpeed(run_id, 10.0, 1000.0))
    played(engine, run_id, FALLING, HELD)
    qtbot.waitUntil(lambda: set(rules_of(window)) == {"WrongLabels", "DataBottleneck"})
    ended(engine, run_id)
    counts = np.zeros((10, 10), np.int64)
    counts[:, 3] = 36
    qtbot.waitUntil(lambda: not window.training.is_training)
    engine.emit(Evaluated(2.3, 0.1, 360, counts, DIGITS_FACTS.class_names))
    qtbot.waitUntil(lambda: rules_of(window)[0] == "ClassCollapse")
    assert "the confusion matrix" in window.views.diagnosis.details


def test_another_project_has_no_findings(window: MainWindow, overfitted: str) -> None:
    window.new_project("small_cnn")
    assert rules_of(window) == []
    assert tab_title(window) == "Diagnosis"
    assert "Nothing to look at yet" in window.views.diagnosis.status


def test_epochs_that_come_fast_are_looked_at_once_a_second(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, begun: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, looks = begun(), []
    look = DiagnosisPresenter._look
    monkeypatch.setattr(DiagnosisPresenter, "_look", lambda self: looks.append(1) or look(self))
    window.diagnosis._rest.stop()
    played(engine, run_id, FALLING, RISING)
    qtbot.waitUntil(lambda: window.training.history.steps == 345)
    assert len(looks) <= 2, "one at once, and none before a second has passed"
    qtbot.waitUntil(lambda: rules_of(window) == ["Overfitting"])
