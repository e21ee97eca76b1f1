"""What the window says of a run: progress, doubts, edits meanwhile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from canvas_driver import middle_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from scripted import ScriptedEngine

from app.main_window import MainWindow
from app.time_words import time_text
from app.training.progress_presenter import progress_text, share_done
from app.training.training_controller import State
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.data.sources.digits import DIGITS_FACTS
from models.network.graph import stack
from models.network.project import Project
from models.training.commands import Watch
from models.training.events import BatchesDone, Evaluated, Probed, TrainingDone, TrainingStarted
from models.training.history import History
from models.zoo import TEMPLATES

LENET = TEMPLATES["lenet5"].network()
STARTED = TrainingStarted("r", LENET, DIGITS_FACTS, 10, 23, 1438, 359, "loss", "accuracy")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (5000, "83 min"), (7500, "2 h 5 min")]
)
def test_times(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_progress() -> None:
    history = History()
    assert progress_text(State.IDLE, history) == ""
    assert progress_text(State.TRAINING, history) == "Preparing …"
    history.start(STARTED)
    values = np.ones(5 * 23 + 18, np.float32)
    history.add_batches(BatchesDone("r", 5, 18, values, values, 1490.0))
    expected = "Epoch 6/10 · batch 18/23 · 1,490 images/s · 4 s left"
    assert progress_text(State.TRAINING, history) == expected
    assert progress_text(State.PAUSED, history).endswith("paused")
    assert progress_text(State.STOPPING, history).endswith("stopping …")
    assert 0.5 < history.progress < 0.6
    assert share_done(history) == history.progress


def test_the_bar_of_a_run_that_goes_on_counts_what_lies_behind_as_the_text_does() -> None:
    history = History()
    assert share_done(history) == 0
    history.start(replace(STARTED, first_epoch=30, first_step=30 * 23))
    values = np.ones(23, np.float32)
    history.add_batches(BatchesDone("r", 31, 0, values, values, 1490.0))
    assert progress_text(State.TRAINING, history).startswith("Epoch 32/40 ")
    assert share_done(history) == 31 / 40


def _running(window: MainWindow, qtbot: object) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.runs.start()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)


@pytest.mark.parametrize(("accuracy", "doubt"), [(0.1, True), (0.97, False)])
def test_a_result_that_is_hardly_better_than_guessing_is_doubted(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, accuracy: float, doubt: bool
) -> None:
    _running(window, qtbot)
    engine.emit(TrainingDone("run-1", "finished", "Trained.", 2, 1.0, accuracy))
    qtbot.waitUntil(lambda: "Trained." in window.views.messages.text)
    assert ("hardly better than guessing" in window.views.messages.text) is doubt


def test_an_edit_during_a_run_is_explained_and_remembered(
    window: MainWindow, qtbot: object, engine: ScriptedEngine
) -> None:
    _running(window, qtbot)
    window.editor.set_field("conv2d_2", "filters", 20)
    assert "Training goes on with the network as it was" in window.views.messages.text
    window.training.stop()
    qtbot.waitUntil(lambda: "You edited the network meanwhile" in window.views.messages.text)
    assert window.views.canvas.card("conv2d_2").content.trained is False
    assert window.views.canvas.card("conv2d").content.trained is True
    engine.emit(Evaluated(1.0, 0.5, 10, np.eye(10, dtype=np.int64), DIGITS_FACTS.class_names))
    qtbot.waitUntil(lambda: window.views.pages.currentWidget() is window.views.evaluation)
    window.document.undo_stack.undo()
    assert window.views.canvas.card("conv2d_2").content.trained is True


def test_keep_training_from_the_message(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> None:
    _running(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    bar = window.views.messages
    button = next(child for child in bar.findChildren(QWidget) if getattr(child, "text", str)() == "Keep training")
    qtbot.waitUntil(button.isVisible)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.training.history.steps == 46)


def test_layers_inside_an_open_composite_are_watched_and_shown(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = stack(Input(shape=(8, 8, 1)), ResidualBlock(filters=4), Flatten(), Dense(units=10))
    window.document.open(Project(network=network))
    canvas, inner = window.views.canvas, "residualblock__conv1"
    canvas.set_open(("residualblock",))
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(canvas, inner))

    def watched() -> bool:
        last = engine.received(Watch)[-1]
        return last.selected == inner and inner in last.strips

    qtbot.waitUntil(watched)
    strips: list[set[str]] = []
    titles: list[str] = []
    monkeypatch.setattr(canvas, "set_strips", lambda shown: strips.append(set(shown)))
    monkeypatch.setattr(window.views.feature_maps, "set_maps", lambda title, *_: titles.append(title))
    values = np.zeros((8, 8, 4), np.float32)
    event = Probed(network, inner, {inner: values, "flatten": values}, values, None, np.full(10, 0.1, np.float32))
    engine.emit(event)
    qtbot.waitUntil(lambda: bool(strips))
    assert (strips, titles) == ([{inner, "flatten"}], ["conv1"])

    window.editor.set_field("residualblock", "filters", 6)  # the next probe is still of four filters
    engine.emit(event)
    qtbot.waitUntil(lambda: len(strips) == 2)
    assert (strips[1], titles) == ({"flatten"}, ["conv1"])
