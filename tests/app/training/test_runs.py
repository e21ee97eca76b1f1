"""Going on with runs: the last one, one from a folder, and one that was cut short."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot
from run_folders import WrittenRun, write_run
from scripted import ScriptedEngine, ScriptedQuestions

from app.main_window import MainWindow
from app.questions import Answer
from app.time_words import ago_text
from app.training.interrupted_runs import offer_text
from app.training.training_controller import State
from models.data.preparation import Preparation
from models.data.split import Split
from models.network.project import Project
from models.training.commands import SetLearningRate, Train
from models.training.events import StatisticsMeasured
from models.training.runs.summary import RunSummary
from models.zoo import TEMPLATES

LENET = Project(name="lenet", network=TEMPLATES["lenet5"].network())


@pytest.fixture
def engine() -> ScriptedEngine:
    made = ScriptedEngine()
    made.checkpoints = True
    return made


def press(window: MainWindow, qtbot: QtBot, text: str) -> None:
    """Click one of the buttons of the message that is shown."""

    def found() -> list[QAbstractButton]:
        buttons = window.views.messages.findChildren(QAbstractButton)
        return [button for button in buttons if button.isVisible() and button.text() == text]

    qtbot.waitUntil(lambda: bool(found()))
    found()[0].click()


def train(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.actions_["train"].trigger()
    qtbot.waitUntil(lambda: window.training.history.steps == 23 and window.training.checkpoint_at is not None)


def end(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, reason: str) -> None:
    if reason == "stopped":
        window.training.stop()
    else:
        engine.finish(reason)
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)


def keep_training(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> Train:
    before = len(engine.received(Train))
    window.actions_["keep_training"].trigger()
    qtbot.waitUntil(lambda: len(engine.received(Train)) == before + 1)
    command = engine.received(Train)[-1]
    assert isinstance(command, Train)
    return command


def set_plan(window: MainWindow, **changes: object) -> None:
    project = window.document.project
    window.document.edit("Change", project.replace(plan=project.plan.replace(**changes)))


# --- keep training ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reason", "changes", "more"),
    [
        ("finished", {}, 15),
        ("finished", {"epochs": 4}, 4),
        ("finished", {"learning_rate": 0.01}, 15),
        ("stopped", {}, 0),
        ("stopped", {"epochs": 20}, 5),
        ("diverged", {"learning_rate": 0.0001}, 0),
    ],
)
def test_keep_training_goes_on_with_the_same_run(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, reason: str, changes: dict[str, object], more: int
) -> None:
    train(window, qtbot)
    first = engine.received(Train)[0]
    end(window, qtbot, engine, reason)
    set_plan(window, **changes)
    command = keep_training(window, qtbot, engine)
    assert (command.resume, command.run_dir, command.more_epochs) == (True, first.run_dir, more)
    assert command.plan == first.plan
    qtbot.waitUntil(lambda: window.training.history.steps == 46)
    rates = [asked.learning_rate for asked in engine.received(SetLearningRate)]
    assert rates == ([changes["learning_rate"]] if "learning_rate" in changes else [])


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("finished", {"batch_size": 32}),
        ("finished", {"optimizer": {"type": "SGD"}}),
        ("stopped", {"epochs": 3}),
        ("diverged", {}),
        ("finished", {"max_steps": 20}),
    ],
)
def test_keep_training_of_another_plan_is_a_new_run_from_the_weights(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, reason: str, changes: dict[str, object]
) -> None:
    train(window, qtbot)
    first = engine.received(Train)[0]
    end(window, qtbot, engine, reason)
    set_plan(window, **changes)
    command = keep_training(window, qtbot, engine)
    assert (command.resume, command.keep_weights) == (False, True)
    assert command.run_dir != first.run_dir
    qtbot.waitUntil(lambda: window.training.history.steps == 46)


def test_another_network_or_preparation_is_a_new_run(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    end(window, qtbot, engine, "finished")
    assert window.runs.more_epochs() == 15
    window.editor.set_field("conv2d_2", "filters", 20)
    assert window.runs.more_epochs() is None
    window.document.undo_stack.undo()
    assert window.runs.more_epochs() == 15
    other = window.document.project.replace(preparation=Preparation(split=Split(seed=9)))
    window.document.edit("Split", other)
    assert window.runs.more_epochs() is None


def test_statistics_that_a_run_measures_do_not_make_it_another_one(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    before = window.document.project.preparation
    after = Preparation(split=Split(seed=before.split.seed, validation=0.3))  # stands for one with its statistics
    engine.emit(StatisticsMeasured(before, after))
    qtbot.waitUntil(lambda: window.document.project.preparation == after)
    end(window, qtbot, engine, "finished")
    assert window.runs.more_epochs() == 15


def test_a_run_whose_folder_has_gone_is_not_gone_on_with(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    train(window, qtbot)
    end(window, qtbot, engine, "finished")
    assert window.runs.last is not None
    window.runs.last.rename(window.runs.last.with_name("elsewhere"))
    assert not keep_training(window, qtbot, engine).resume


def test_keep_training_again_and_again_is_one_run(window: MainWindow, qtbot: QtBot, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    end(window, qtbot, engine, "finished")
    set_plan(window, epochs=2, learning_rate=0.01)
    folders = {keep_training(window, qtbot, engine).run_dir}
    qtbot.waitUntil(lambda: window.training.history.steps == 46)
    end(window, qtbot, engine, "stopped")
    command = keep_training(window, qtbot, engine)
    assert command.more_epochs == 0
    assert {command.run_dir} == folders
    qtbot.waitUntil(lambda: window.training.has_begun)
    assert len(engine.received(SetLearningRate)) == 1  # the rate of the first time holds


# --- a run from a folder ----------------------------------------------------------------------------------------------
def interrupted(folder: Path, name: str = "lenet", **changes: object) -> Path:
    network = LENET.network if name == "lenet" else TEMPLATES["small_cnn"].network()
    project = LENET.replace(name=name, network=network)
    run = WrittenRun(project, epochs=2, planned=15, reason=None, checkpoint=True, **changes)  # type: ignore[arg-type]
    return write_run(folder, run)


def test_a_run_is_resumed_with_its_project_and_its_curves(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, tmp_path: Path
) -> None:
    folder = interrupted(tmp_path / "runs" / "cut-short", "cut short")
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    assert window.runs.resume(folder)
    qtbot.waitUntil(lambda: bool(engine.received(Train)))
    command = engine.received(Train)[0]
    assert (command.resume, command.run_dir) == (True, str(folder))
    assert command.network == window.document.network == TEMPLATES["small_cnn"].network()
    assert window.document.project.name == "cut short"
    qtbot.waitUntil(lambda: window.training.history.steps == 46 and window.training.has_begun)
    end(window, qtbot, engine, "stopped")
    assert window.actions_["keep_training"].isEnabled()
    qtbot.waitUntil(lambda: not window.runs.why_not())
    assert keep_training(window, qtbot, engine).run_dir == str(folder)


def test_a_run_of_the_project_that_is_open_does_not_open_it_again(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine, tmp_path: Path
) -> None:
    folder = interrupted(tmp_path / "runs" / "cut-short")
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    opened: list[None] = []
    window.document.opened.connect(lambda: opened.append(None))
    assert window.runs.resume(folder)
    assert not opened
    qtbot.waitUntil(lambda: window.training.history.steps == 46)


@pytest.mark.parametrize("fault", ["damaged", "no checkpoint", "gone"])
def test_a_run_that_cannot_be_resumed_says_why(window: MainWindow, qtbot: QtBot, tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "runs" / "cut-short"
    if fault != "gone":
        write_run(folder, WrittenRun(LENET, reason=None, checkpoint=fault != "no checkpoint"))
    if fault == "damaged":
        (folder / "project.loom").write_text("{")
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    assert not window.runs.resume(folder)
    assert "cannot be resumed" in window.views.messages.text
    assert window.document.project.name == "lenet5"


def test_unsaved_work_is_asked_about_before_a_run_s_project_takes_its_place(
    window: MainWindow, qtbot: QtBot, questions: ScriptedQuestions, engine: ScriptedEngine, tmp_path: Path
) -> None:
    folder = interrupted(tmp_path / "runs" / "cut-short")
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    window.editor.set_field("conv2d_2", "filters", 20)
    questions.save = Answer.CANCEL
    assert not window.runs.resume(folder)
    assert not engine.received(Train)
    assert window.document.is_modified


def test_while_a_run_is_under_way_no_other_one_is_resumed(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    folder = interrupted(tmp_path / "runs" / "cut-short")
    train(window, qtbot)
    assert not window.runs.resume(folder)
    assert "Training is under way" in window.views.messages.text


# --- offered at the start ---------------------------------------------------------------------------------------------
def test_interrupted_runs_are_offered_the_latest_first_and_resumed(
    make_window: Callable[..., MainWindow], qtbot: QtBot, engine: ScriptedEngine, tmp_path: Path
) -> None:
    for age, name in enumerate(("newest", "older", "oldest")):
        folder = interrupted(tmp_path / "runs" / name, name)
        for file in (folder / "metrics.jsonl", *(folder / "checkpoints").iterdir()):
            moment = file.stat().st_mtime - age * 3600
            os.utime(file, (moment, moment))
    write_run(tmp_path / "runs" / "done", WrittenRun(LENET))
    interrupted(tmp_path / "runs" / "alive", alive=True)
    window = make_window()
    qtbot.waitUntil(lambda: "“newest” was interrupted just now in epoch 3 of 15" in window.views.messages.text)
    press(window, qtbot, "Dismiss")
    assert "“older” was interrupted 1 hour ago" in window.views.messages.text
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    press(window, qtbot, "Resume")
    qtbot.waitUntil(lambda: bool(engine.received(Train)))
    assert engine.received(Train)[0].run_dir == str(tmp_path / "runs" / "older")
    assert window.document.project.name == "older"
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    window.close()
    second = make_window(ScriptedEngine())
    second.controls.interrupted._thread.join()
    qtbot.waitUntil(lambda: bool(second.views.messages.text))
    assert "“newest”" not in second.views.messages.text  # it was dismissed


def test_resume_waits_for_tensorflow(
    make_window: Callable[..., MainWindow], qtbot: QtBot, engine: ScriptedEngine, tmp_path: Path
) -> None:
    folder = interrupted(tmp_path / "runs" / "cut-short", "cut short")
    ready, engine.ready = engine.ready, StatisticsMeasured(Preparation(), Preparation())
    window = make_window()
    qtbot.waitUntil(lambda: "“cut short” was interrupted" in window.views.messages.text)
    assert window.training.state is State.STARTING
    press(window, qtbot, "Resume")
    assert window.document.project.name == "cut short"
    engine.emit(ready)
    qtbot.waitUntil(lambda: bool(engine.received(Train)))
    assert engine.received(Train)[0].run_dir == str(folder)


def test_an_interrupted_run_is_shown_on_the_runs_page(
    make_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    interrupted(tmp_path / "runs" / "cut-short")
    window = make_window()
    qtbot.waitUntil(lambda: "was interrupted" in window.views.messages.text)
    press(window, qtbot, "Show")
    assert window.views.pages.currentWidget() is window.views.runs_tab


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"), (58, "just now"), (59.5, "1 minute ago"), (200, "3 minutes ago"), (7200, "2 hours ago"),
        (86_400, "1 day ago"), (1e6, "11 days ago"),
    ],
)  # fmt: skip
def test_how_long_ago(seconds: float, text: str) -> None:
    assert ago_text(seconds) == text


def test_an_offer_of_a_run_whose_log_tells_nothing() -> None:
    run = RunSummary(Path("/runs/x"), "x", "net", 0.0, "interrupted", resumable=True)
    assert offer_text(run, 200) == "“net” was interrupted 3 minutes ago. It can be resumed from its last checkpoint."
