"""Runs that wait for one another, in memory and on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine

from app.main_window import MainWindow
from app.training import queue_store
from app.training.queue_store import QueueStore
from app.training.training_controller import State
from models.data.sources.digits import Digits
from models.network.project import Project
from models.training.commands import Stop, Train
from models.training.events import Failed
from models.training.plan import TrainingPlan

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", extend=True)


def project(name: str) -> Project:
    return Project(name=name)


def labels(window: MainWindow) -> list[str]:
    """The buttons of the message that is shown."""
    return [text for child in window.views.messages.findChildren(QWidget) if (text := getattr(child, "text", str)())]


def waiting(window: MainWindow) -> list[str]:
    return [run.name for run in window.controls.queue.runs]


def add_three(window: MainWindow, qtbot: QtBot, running: bool = True) -> None:
    """Train, and let three runs of other batch sizes wait."""
    qtbot.waitUntil(lambda: not window.runs.why_not())
    if running:
        window.actions_["train"].trigger()
        qtbot.waitUntil(lambda: window.training.history.steps == 23)
    for size in (16, 32, 64):
        edited = window.document.project.replace(name=f"batch {size}", plan=TrainingPlan(batch_size=size))
        window.document.edit("Change", edited)
        window.actions_["add_to_queue"].trigger()


# --- on the disk ------------------------------------------------------------------------------------------------------
def test_what_waits_is_taken_over_in_its_order_by_the_next_session(tmp_path: Path) -> None:
    first = QueueStore(tmp_path / "queue")
    assert first.take_over() == []
    for key in ("a", "b", "c"):
        first.write(key, project(f"project {key}"))
    first.write_order(["c", "a", "b"])
    assert QueueStore(tmp_path / "queue").take_over() == []  # the first session still lives
    first.close()
    second = QueueStore(tmp_path / "queue")
    assert [(key, taken.name) for key, taken in second.take_over()] == [
        ("c", "project c"), ("a", "project a"), ("b", "project b"),
    ]  # fmt: skip
    for key in ("a", "b", "c"):
        second.remove(key)
    second.close()
    assert list((tmp_path / "queue").iterdir()) == []


def test_a_session_that_was_killed_leaves_its_runs_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    first = QueueStore(tmp_path / "queue")
    first.write("a", project("good"))
    first.write("b", project("bad"))
    first._lock.unlock()  # as the system does when a process dies, which had no time to write the order
    damaged = next((tmp_path / "queue").glob("*/b.loom"))
    damaged.write_text("{")
    second = QueueStore(tmp_path / "queue")
    assert [taken.name for _, taken in second.take_over()] == ["good"]
    assert second.unreadable == ["b.loom"]
    assert damaged.exists()  # nothing of the user's is removed
    third = QueueStore(tmp_path / "queue")
    second.close()
    assert [taken.name for _, taken in third.take_over()] == ["good"]
    third.close()


def test_a_session_that_opens_is_not_taken_for_one_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = QueueStore(tmp_path / "queue"), QueueStore(tmp_path / "queue")
    mkdir = Path.mkdir

    def made(folder: Path, *args: int, parents: bool = False, exist_ok: bool = False) -> None:
        mkdir(folder, *args, parents=parents, exist_ok=exist_ok)
        assert second.take_over() == []  # another window starts at this very moment

    monkeypatch.setattr(Path, "mkdir", made)
    first.write("a", project("first"))
    monkeypatch.undo()
    assert [path.stem for path in (tmp_path / "queue").glob("*/*.loom")] == ["a"]
    first.close()


def test_a_folder_that_another_session_has_just_taken_over_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "queue" / "gone"
    monkeypatch.setattr(queue_store, "_folders", lambda folder: [gone])
    assert QueueStore(tmp_path / "queue").take_over() == []


def test_a_queue_that_cannot_be_kept_is_said_and_works_in_memory(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "queue").write_text("in the way")
    qtbot.waitUntil(lambda: not window.runs.why_not())
    said: list[str] = []
    window.controls.queue.failed.connect(said.append)
    window.actions_["add_to_queue"].trigger()
    assert waiting(window) == ["lenet5"]
    assert "in memory only" in said[0]


# --- order ------------------------------------------------------------------------------------------------------------
def test_runs_are_moved_and_removed(window: MainWindow, qtbot: QtBot) -> None:
    add_three(window, qtbot, running=False)
    queue = window.controls.queue
    queue.move(queue.runs[2].key, -1)
    assert waiting(window) == ["batch 16", "batch 64", "batch 32"]
    queue.move(queue.runs[0].key, 99)
    assert waiting(window) == ["batch 64", "batch 32", "batch 16"]
    queue.remove(queue.runs[1].key)
    assert waiting(window) == ["batch 64", "batch 16"]
    queue.move("unknown", 1)
    assert window.findChild(QToolButton, "queueLabel").text() == "2 runs waiting"
    queue.clear()
    assert window.findChild(QToolButton, "queueLabel").isHidden()


def test_a_run_waits_as_the_project_was_when_it_was_added(window: MainWindow, qtbot: QtBot) -> None:
    add_three(window, qtbot, running=False)
    assert [run.project.plan.batch_size for run in window.controls.queue.runs] == [16, 32, 64]
    assert "batch 16" in window.controls.queue.runs[0].details
    assert all(run.project.data == Digits() for run in window.controls.queue.runs)


def test_a_project_that_cannot_be_trained_is_not_added(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.editor.set_field("dense_2", "units", 7)
    assert not window.actions_["add_to_queue"].isEnabled()
    assert "10 values" in window.actions_["add_to_queue"].toolTip()
    window.controls.queue_presenter.add()
    assert "Not added to the queue" in window.views.messages.text
    assert waiting(window) == []


# --- going on ---------------------------------------------------------------------------------------------------------
def test_runs_follow_one_another_and_one_that_fails_does_not_block_the_rest(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    engine.failing["batch 32"] = Failed("Training", "out of memory", run_id="run-3")
    add_three(window, qtbot)
    assert window.controls.queue.is_going
    engine.finish()
    qtbot.waitUntil(lambda: waiting(window) == ["batch 32", "batch 64"] and window.training.history.steps == 23)
    assert window.views.status.findChild(QToolButton, "queueLabel").text() == "2 runs waiting"
    engine.finish()
    qtbot.waitUntil(lambda: waiting(window) == [] and window.training.history.steps == 23)
    qtbot.waitUntil(lambda: window.training.has_begun)
    engine.finish()
    qtbot.waitUntil(lambda: "The queue is done" in window.views.messages.text)
    trained = [(run.project_name, run.plan.batch_size) for run in engine.received(Train)]
    assert trained[1:] == [("batch 16", 16), ("batch 32", 32), ("batch 64", 64)]
    assert len({run.run_dir for run in engine.received(Train)}) == 4
    assert "3 runs, 1 of which failed. batch 32: out of memory" in window.views.messages.text
    assert not window.controls.queue.is_going


def test_stop_holds_the_queue_and_the_message_offers_the_next_run(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    add_three(window, qtbot)
    window.actions_["stop"].trigger()
    qtbot.waitUntil(lambda: "Start the next run" in labels(window))
    assert window.training.state is State.IDLE
    assert len(waiting(window)) == 3
    window.controls.queue.start()
    qtbot.waitUntil(lambda: engine.received(Train)[-1].project_name == "batch 16")


def test_runs_added_while_nothing_trains_wait_to_be_started(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    add_three(window, qtbot, running=False)
    assert not window.controls.queue.is_going
    assert "It waits until the queue is started." in window.views.messages.text
    assert "Start the queue" in labels(window)
    assert not engine.received(Train)
    window.controls.queue.start()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)
    assert engine.received(Train)[0].project_name == "batch 16"


def test_another_project_stops_the_queue_and_keeps_what_waits(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    add_three(window, qtbot, running=False)
    window.controls.queue.start()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)
    window.new_project("small_cnn")
    qtbot.waitUntil(lambda: len(engine.received(Stop)) == 1)
    qtbot.waitUntil(lambda: not window.runs.why_not())
    assert waiting(window) == ["batch 32", "batch 64"]
    assert window.controls.queue.started is None
    assert len(engine.received(Train)) == 1


def test_a_queued_run_says_nothing_of_edits_that_nobody_made(
    window: MainWindow, qtbot: QtBot, engine: ScriptedEngine
) -> None:
    add_three(window, qtbot, running=False)
    window.editor.set_field("conv2d_2", "filters", 20)  # before the run begins, and not of its network
    window.controls.queue.start()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)
    window.document.set_facts(window.document.facts)
    assert "as it was when it began" not in window.views.messages.text
    window.editor.set_field("conv2d_2", "filters", 24)
    assert "as it was when it began" in window.views.messages.text


def test_the_queue_survives_closing_the_window(
    window: MainWindow, make_window: Callable[..., MainWindow], qtbot: QtBot, engine: ScriptedEngine
) -> None:
    add_three(window, qtbot)
    window.close()
    second = make_window(ScriptedEngine())
    qtbot.waitUntil(lambda: "3 runs wait in the queue" in second.views.messages.text)
    assert waiting(second) == ["batch 16", "batch 32", "batch 64"]
    assert not second.controls.queue.is_going
    assert {"Start the queue", "Show", "Remove"} <= set(labels(second))
    second.controls.queue.clear()


@pytest.mark.parametrize("count", [1, 2])
def test_how_many_waited_is_said_in_good_english(
    make_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path, count: int
) -> None:
    store = QueueStore(tmp_path / "queue")
    for number in range(count):
        store.write(str(number), project("net"))
    store.close()
    window = make_window()
    expected = {1: "1 run waits in the queue", 2: "2 runs wait in the queue"}[count]
    qtbot.waitUntil(lambda: window.views.messages.text.startswith(expected))


# --- the list ---------------------------------------------------------------------------------------------------------
def test_the_list_follows_and_orders_the_queue(window: MainWindow, qtbot: QtBot) -> None:
    add_three(window, qtbot)
    label = window.findChild(QToolButton, "queueLabel")
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton)
    dialog = window.controls.queue_presenter.dialog
    assert dialog is not None
    assert dialog.keys == [run.key for run in window.controls.queue.runs]
    dialog.moved.emit(dialog.keys[0], 1)
    assert waiting(window) == ["batch 32", "batch 16", "batch 64"]
    assert dialog.keys == [run.key for run in window.controls.queue.runs]
    dialog.hold_requested.emit()
    assert not window.controls.queue.is_going
    dialog.removed.emit(dialog.keys[0])
    assert waiting(window) == ["batch 16", "batch 64"]
