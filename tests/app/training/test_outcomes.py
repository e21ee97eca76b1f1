"""What is offered when a run ends badly, or cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine, ScriptedQuestions

from app.main_window import MainWindow
from app.training.device_menu import choices
from app.training.outcome_presenter import owner_of
from app.training.training_controller import State
from models.blocks import SetFields
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.graph import stack
from models.training.commands import Build, SaveRun, SetLearningRate, Step, Train, Watch
from models.training.events import CheckpointWritten, Device, EngineEnded, Failed, Ready, TrainingDone
from models.training.remedies import Remedy

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", extend=True)


def buttons(window: MainWindow) -> dict[str, QAbstractButton]:
    bar = window.views.messages
    return {button.text(): button for button in bar.findChildren(QAbstractButton) if button.isVisibleTo(bar)}


def press(window: MainWindow, qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: text in buttons(window))
    buttons(window)[text].click()


def train(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.actions_["train"].trigger()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)


# --- remedies ---------------------------------------------------------------------------------------------------------
def test_out_of_memory_offers_to_go_on_with_a_smaller_batch(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    smaller = Remedy("Batch size 16", plan=(("batch_size", 16),), trains="on")
    engine.emit(Failed("Training", "Out of memory.", run_id="run-1", remedies=(smaller,)))
    qtbot.waitUntil(lambda: "Out of memory." in window.views.messages.text)
    press(window, qtbot, "Continue with batch size 16")
    assert window.document.project.plan.batch_size == 16
    qtbot.waitUntil(lambda: len(engine.received(Train)) == 2)
    command = engine.received(Train)[-1]
    assert (command.plan.batch_size, command.keep_weights) == (16, True)
    window.document.undo_stack.undo()
    assert window.document.project.plan.batch_size == 64


def test_numbers_that_are_none_name_the_block_and_offer_an_edit(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    slower = Remedy("Learning rate 0.0001", plan=(("learning_rate", 0.0001),), trains="anew")
    engine.emit(TrainingDone("run-1", "diverged", "The loss is no number.", 0, node="conv2d_2", remedies=(slower,)))
    qtbot.waitUntil(lambda: "no number" in window.views.messages.text)
    assert "Keep training" not in buttons(window)
    title = window.document.network.node("conv2d_2").title
    press(window, qtbot, f"Show {title}")
    assert window.views.canvas.selected_ids() == ("conv2d_2",)
    qtbot.waitUntil(lambda: "Learning rate 0.0001, train again" in buttons(window))
    assert "no number" in window.views.messages.text
    press(window, qtbot, "Learning rate 0.0001, train again")
    qtbot.waitUntil(lambda: len(engine.received(Train)) == 2)
    assert not engine.received(Train)[-1].keep_weights


def test_a_layer_inside_a_composite_is_shown_as_its_block() -> None:
    network = stack(Input(shape=(8, 8, 1)), ResidualBlock(filters=4), Flatten(), Dense(units=10))
    assert owner_of("residualblock__conv1", network) == "residualblock"
    assert owner_of("dense", network) == "dense"
    assert owner_of("gone__conv1", network) is None


def test_a_remedy_without_training_is_an_edit_alone(window: MainWindow, engine: ScriptedEngine) -> None:
    wider = Remedy("16 filters", node="conv2d_2", repairs=(SetFields("", (("filters", 17),)),))
    assert window.controls.remedies.apply(wider)
    assert window.document.network.node("conv2d_2").block.filters == 17
    assert not engine.received(Train)


@pytest.mark.parametrize(
    "remedy",
    [
        Remedy("Batch size 0", plan=(("batch_size", 0),)),
        Remedy("16 filters", node="gone", repairs=(SetFields("", (("filters", 16),)),)),
    ],
)
def test_a_remedy_that_does_not_fit_any_more_is_refused_in_words(window: MainWindow, remedy: Remedy) -> None:
    before = window.document.project
    assert not window.controls.remedies.apply(remedy)
    assert f"“{remedy.text}” does not fit the project any more." in window.views.messages.text
    assert window.document.project == before


def test_a_remedy_that_cannot_train_says_why(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    assert window.controls.remedies.apply(Remedy("Batch size 32", plan=(("batch_size", 32),), trains="anew"))
    assert "is done, but training did not start: Training is under way." in window.views.messages.text


# --- saving elsewhere -------------------------------------------------------------------------------------------------
def test_a_full_disk_offers_another_folder(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, questions: ScriptedQuestions, tmp_path: Path
) -> None:
    train(window, qtbot)
    engine.emit(Failed("Saving the run", "No space is left on the disk. The weights are kept in memory."))
    qtbot.waitUntil(lambda: "No space" in window.views.messages.text)
    assert window.training.state is State.TRAINING
    questions.path = None
    press(window, qtbot, "Save elsewhere…")
    assert not engine.received(SaveRun)
    questions.path = tmp_path / "roomy"
    window.controls.outcome.save_elsewhere()
    qtbot.waitUntil(lambda: "The run is saved in" in window.views.messages.text)
    (command,) = engine.received(SaveRun)
    assert Path(command.run_dir).parent == tmp_path / "roomy"
    assert window.runs.last == Path(command.run_dir)


# --- an engine that dies ----------------------------------------------------------------------------------------------
def test_a_run_that_died_with_its_process_is_resumed_by_a_button(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    engine.checkpoints = True
    train(window, qtbot)
    qtbot.waitUntil(lambda: window.training.checkpoint_at is not None)
    folder = str(window.runs.last)
    engine._run = None
    engine.emit(EngineEnded("The training process ended (signal 9)."))
    engine.emit(Failed("Training", "The training process ended (signal 9).", run_id="run-1"))
    qtbot.waitUntil(lambda: "signal 9" in window.views.messages.text and window.training.state is State.IDLE)
    from run_folders import WrittenRun, write_run  # the engine that is scripted writes no project

    written = write_run(Path(folder).with_name("as written"), WrittenRun(window.document.project, reason=None))
    (written / "project.loom").rename(Path(folder) / "project.loom")
    press(window, qtbot, "Resume")
    qtbot.waitUntil(lambda: len(engine.received(Train)) == 2)
    command = engine.received(Train)[-1]
    assert (command.resume, command.run_dir) == (True, folder)


def test_a_broken_tensorflow_can_be_tried_again(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    engine.emit(Failed("TensorFlow", "The training process could not be started."))
    qtbot.waitUntil(lambda: window.training.state is State.BROKEN)
    press(window, qtbot, "Try again")
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)


# --- control ----------------------------------------------------------------------------------------------------------
def test_single_steps_from_the_toolbar_while_paused(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    button = window.findChild(QToolButton, "stepButton")
    train(window, qtbot)
    assert button.isHidden()
    assert not window.actions_["step"].isEnabled()
    window.actions_["pause"].trigger()
    qtbot.waitUntil(button.isVisible)
    button.click()
    button.click()
    qtbot.waitUntil(lambda: window.training.history.steps == 25)
    assert window.training.state is State.PAUSED
    assert len(engine.received(Step)) == 2
    window.actions_["pause"].trigger()
    qtbot.waitUntil(button.isHidden)


def test_while_paused_a_small_window_still_has_room_for_every_button(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    window.resize(1100, 700)
    window.actions_["pause"].trigger()
    qtbot.waitUntil(lambda: window.findChild(QToolButton, "stepButton").isVisible())
    QApplication.processEvents()
    assert window.width() == 1100
    bar = window.views.toolbar
    for name in ("datasetChip", "deviceChip", "trainButton", "pauseButton", "stepButton", "stopButton", "exportButton"):
        widget = bar.findChild(QWidget, name)
        assert widget.mapTo(bar, QPoint(widget.width(), 0)).x() <= bar.width(), name
        assert widget.width() >= widget.minimumSizeHint().width(), name


def test_the_rate_is_changed_twice_quickly(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    assert not window.actions_["learning_rate"].isEnabled()
    train(window, qtbot)
    window.actions_["learning_rate"].trigger()
    dialog = window.controls.rate.dialog
    assert dialog is not None
    halve = next(button for button in dialog.findChildren(QAbstractButton) if button.text() == "÷ 2")
    halve.click()
    halve.click()
    qtbot.waitUntil(lambda: len(window.training.history.rate_changes) == 2)
    rates = [command.learning_rate for command in engine.received(SetLearningRate)]
    assert rates == [0.0005, 0.00025]
    assert "Learning rate 0.00025 from step 23 on." in window.views.log.text()
    window.training.stop()
    qtbot.waitUntil(dialog.isHidden)


def test_checkpoints_are_in_the_log_and_in_the_status_line_s_tooltip(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    strip = window.views.status
    engine.emit(CheckpointWritten("run-1", 23, 0, "x", is_best=True))
    qtbot.waitUntil(lambda: "Checkpoint after step 23, the best so far." in window.views.log.text())
    window.controls.progress.refresh()
    assert "Checkpoint 0 s ago" in strip._progress_text.toolTip()
    assert str(window.runs.last) in strip._progress_text.toolTip()


def test_the_probing_budget_is_asked_for_and_remembered(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, questions: ScriptedQuestions
) -> None:
    questions.text = "10 %"
    window.actions_["probe_budget"].trigger()
    assert window.settings.probe_percent == 10
    qtbot.waitUntil(lambda: engine.received(Watch)[-1].budget == 0.1)
    for wrong in ("much", "-1", "51", "nan"):
        questions.text = wrong
        window.actions_["probe_budget"].trigger()
        assert "is no share of the training time" in window.views.messages.text
    assert window.settings.probe_percent == 10


# --- the engine -------------------------------------------------------------------------------------------------------
def device_actions(window: MainWindow) -> dict[str, QAction]:
    menu = next(action.menu() for action in window._menus["Run"].actions() if action.text() == "Device")
    return {action.text(): action for action in menu.actions()}


def test_another_device_or_a_process_of_its_own_is_another_engine(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    engine.emit(Ready("CPU", False, devices=(Device("CPU:0", "2 cores"), Device("GPU:0", "T4"), Device("GPU:1", "T4"))))
    qtbot.waitUntil(lambda: "All 2 GPUs" in device_actions(window))
    assert device_actions(window)["Automatic"].isChecked()
    first = window.training._host
    device_actions(window)["T4 (GPU:1)"].trigger()
    assert window.settings.device == "GPU:1"
    assert window.training._host is not first
    qtbot.waitUntil(lambda: not window.runs.why_not())
    train(window, qtbot)
    assert not window.actions_["isolate_training"].isEnabled()
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    second = window.training._host
    assert "Evaluate" in buttons(window)
    window.actions_["isolate_training"].trigger()
    assert "Evaluate" not in buttons(window)  # another engine has not the weights
    assert window.settings.isolate_training
    assert window.training._host is not second
    assert window.views.device_chip.accessibleName() == "Device: Loading …"
    assert window.training.built is None
    qtbot.waitUntil(lambda: window.training.built is not None)  # the new engine has the network, too


def test_an_engine_that_died_gets_the_network_again(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    engine._run = None
    engine.emit(EngineEnded("The training process crashed."))
    engine.emit(Failed("Training", "The training process crashed.", run_id="run-1"))
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    qtbot.waitUntil(lambda: window.training.built is not None)
    assert engine.received(Build)[-1].fresh


def test_a_chosen_device_that_is_not_there_stays_in_the_list() -> None:
    assert [name for name, _, _ in choices((), "auto")] == ["auto", "CPU"]
    assert choices((), "GPU:3")[-1][:2] == ("GPU:3", "GPU:3 (not there)")
