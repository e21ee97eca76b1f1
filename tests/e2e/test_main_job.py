"""The whole job with the real engine: drag, train, watch, export, load elsewhere; and closing at odd moments."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from prepared_data import run_data, unrounded
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from scripted import ScriptedQuestions

from app.main_window import MainWindow
from app.settings import Settings
from app.training.training_controller import State
from models.runtime.hosting.host import ThreadHost, run_engine
from models.training.events import Exported, Probed, TrainingDone
from models.training.plan import TrainingPlan
from widgets.block_entries import block_sections

HOST = partial(ThreadHost, run_engine)

LOAD_ELSEWHERE = """
import json, sys
import numpy as np
import keras
import tensorflow as tf

folder = sys.argv[1]
raw, x = np.load(folder + "/raw.npy"), np.load(folder + "/x.npy")
keras_model = keras.models.load_model(folder + "/model.keras")
loaded = tf.saved_model.load(folder + "/saved_model")
saved = loaded.serve(raw).numpy()
scope = {"__name__": "elsewhere"}
exec(open(folder + "/model.py", encoding="utf-8").read(), scope)
rebuilt = scope["build_model"]()
rebuilt.set_weights(keras_model.get_weights())
outside = sorted(name for name in sys.modules if name.split(".")[0] in ("app", "models", "widgets", "PySide6"))
predicted, again = keras_model.predict(raw, verbose=0), rebuilt.predict(x, verbose=0)
np.savez(folder + "/y.npz", keras=predicted, saved=saved, rebuilt=again)
print(json.dumps(outside))
"""


@pytest.fixture
def window(qapp: QApplication, qtbot: object, tmp_path: Path) -> MainWindow:
    questions = ScriptedQuestions()
    window = MainWindow(HOST, Settings(tmp_path / "s.ini"), tmp_path / "autosave", tmp_path / "runs", questions)
    window.show()
    yield window
    window.close()
    window.deleteLater()


def drag_to_canvas(window: MainWindow, name: str, target: QPoint) -> None:
    """Drag a row of the palette to a point of the canvas, as Qt delivers it."""
    entries = [entry for section in block_sections() for entry in section.entries]
    data = next(entry for entry in entries if entry.title == name).mime()
    viewport = window.views.canvas.viewport()
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(viewport, QDragEnterEvent(target, copy, data, buttons, keys))
    QApplication.sendEvent(viewport, QDragMoveEvent(target, copy, data, buttons, keys))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(target), copy, data, buttons, keys, QEvent.Type.Drop))


def button(window: MainWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None
    return found


def test_drag_train_export_reload_same_predictions(window: MainWindow, qtbot: object, tmp_path: Path) -> None:
    canvas = window.views.canvas
    for name in ("Conv2D", "MaxPooling2D", "Flatten", "Dense"):
        window.editor.select(())
        drag_to_canvas(window, name, QPoint(canvas.viewport().width() // 2, canvas.viewport().height() - 4))
    assert [node.block.type for node in window.document.network.nodes] == [
        "Input", "Conv2D", "MaxPooling2D", "Flatten", "Dense",
    ]  # fmt: skip
    qtbot.waitUntil(lambda: window.document.facts is not None)
    for problem in window.document.analysis.problems:
        window.editor.repair(problem.node_id, problem.repairs[0])
    assert not window.document.analysis.problems
    window.document.edit("plan", window.document.project.replace(plan=TrainingPlan(epochs=6)))
    window.editor.select(("conv2d",))

    qtbot.waitUntil(lambda: not window.runs.why_not(), timeout=60_000)
    seen: list[Probed] = []
    window.training.event_received.connect(lambda event: seen.append(event) if isinstance(event, Probed) else None)
    with qtbot.waitSignal(
        window.training.event_received, timeout=120_000, check_params_cb=lambda event: isinstance(event, TrainingDone)
    ) as blocker:
        qtbot.mouseClick(button(window, "trainButton"), Qt.MouseButton.LeftButton)
    done = blocker.args[0]
    assert done.reason == "finished"
    assert done.held_out_metric > 0.9
    during = [event for event in seen if event.maps is not None and event.filters is not None]
    assert len(during) >= 2  # how often there is time to look is the machine's affair
    assert {"conv2d", "maxpooling2d"} <= set(during[-1].strips)
    assert during[-1].maps.shape == (30, 30, 32)
    assert during[-1].filters.shape == (3, 3, 1, 32)
    assert not np.array_equal(during[0].filters, during[-1].filters)  # they are learned
    assert during[-1].prediction.sum() == pytest.approx(1, abs=1e-4)
    assert Path(done.run_dir, "model.keras").exists()

    outputs = (("keras", "model.keras"), ("saved_model", "saved_model"), ("python", "model.py"))
    for format_, name in outputs:
        with qtbot.waitSignal(
            window.training.event_received, timeout=60_000, check_params_cb=lambda event: isinstance(event, Exported)
        ) as blocker:
            window.exports.export_to(format_, tmp_path / name)
        assert blocker.args[0].largest_difference < 1e-4
        assert blocker.args[0].images > 1

    data = run_data(window.document.network)
    raw, inputs = unrounded((32, 32, 1), data, data.held_out)
    np.save(tmp_path / "raw.npy", raw)  # what was exported has its preprocessing inside
    np.save(tmp_path / "x.npy", inputs)
    command = [sys.executable, "-c", LOAD_ELSEWHERE, str(tmp_path)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout.splitlines()[-1]) == []  # it loads where LayerLoom is not
    with np.load(tmp_path / "y.npz") as found:
        accuracy = float((found["keras"].argmax(1) == data.labels[data.held_out]).mean())
        np.testing.assert_allclose(found["saved"], found["keras"], atol=1e-5)
        np.testing.assert_allclose(found["rebuilt"], found["keras"], atol=1e-5)
    assert accuracy == pytest.approx(done.held_out_metric, abs=0.01)  # it was measured on bytes


@pytest.mark.parametrize("seed", range(4))
def test_closing_at_a_random_moment_ends_cleanly(qapp: QApplication, qtbot: object, tmp_path: Path, seed: int) -> None:
    questions = ScriptedQuestions()
    window = MainWindow(HOST, Settings(tmp_path / "s.ini"), tmp_path / "autosave", tmp_path / "runs", questions)
    window.show()
    window.new_project("lenet5")
    generator = random.Random(seed)
    qtbot.waitUntil(lambda: not window.runs.why_not(), timeout=60_000)
    window.document.edit("long", window.document.project.replace(plan=TrainingPlan(epochs=1000)))
    window.runs.start()
    wanted = generator.choice([0, 1, 40, 200])
    qtbot.waitUntil(lambda: window.training.history.steps >= wanted, timeout=60_000)
    if generator.random() < 0.5:
        window.training.pause()
        qtbot.waitUntil(lambda: window.training.state is State.PAUSED, timeout=30_000)
    assert window.close()
    assert "stop" in questions.asked
    assert not window.training._host.is_alive
    window.deleteLater()
