"""The live views in the window: they follow the run and the selected block; earlier epochs can be gone back to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider
from scripted import ScriptedEngine

from app.main_window import MainWindow
from app.training.snapshot_reader import SnapshotReader
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.expansion import expand
from models.network.graph import stack
from models.network.project import Project
from models.training.events import (
    BatchesDone,
    BlockMeasured,
    BlocksMeasured,
    DataSpeed,
    EpochDone,
    Histogram,
    Probed,
    TrainingStarted,
)
from models.training.snapshots import snapshot_path
from widgets.image_grid import ImageGrid

NETWORK = stack(Input(shape=(8, 8, 1)), Conv2D(filters=2), ResidualBlock(filters=2), Flatten(), Dense(units=10))
EXPANSION = expand(NETWORK)


def _measured(step: int, run_id: str) -> BlocksMeasured:
    spread = Histogram(-1.0, 1.0, np.ones(4, np.float32))
    block = BlockMeasured(weight_norm=1.0, gradient_norm=0.1, update_ratio=1e-3, weights=spread, activations=spread)
    return BlocksMeasured(run_id, step, 0, {node.id: block for node in EXPANSION.network.nodes[1:]})


def _snapshot(run: Path, epochs: int, value: float) -> None:
    path = snapshot_path(run, epochs)
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {
        "filters/conv2d": np.full((3, 3, 1, 2), value, np.float16),
        "maps/conv2d": np.full((6, 6, 2), 255, np.uint8),
        "range/conv2d": np.array([0, value], np.float32),
    }
    with path.open("wb") as file:
        np.savez(file, **entries)


@pytest.fixture
def running(window: MainWindow, qtbot, engine: ScriptedEngine) -> MainWindow:
    window.document.open(Project(network=NETWORK))
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.runs.start()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)
    return window


def _run_id(window: MainWindow) -> str:
    assert window.training._run is not None
    return window.training._run.run_id


def test_the_layers_follow_the_selected_block(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    health, histograms = running.views.health, running.views.histograms
    running.views.live.setCurrentWidget(health)
    engine.emit(_measured(10, _run_id(running)))
    qtbot.waitUntil(lambda: len(health._heat._table.steps) == 1)
    running.editor.select(("conv2d",))
    assert health._heat._chosen == {"conv2d"}
    running.editor.select(("residualblock",))
    inside = set(EXPANSION.members["residualblock"])
    assert len(inside) > 2
    assert health._heat._chosen == inside
    running.views.live.setCurrentWidget(histograms)
    assert set(histograms._layers) <= inside
    assert len(histograms._maps["weights"]._spreads) == 1


def test_choosing_a_layer_selects_its_block(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    health = running.views.health
    running.views.live.setCurrentWidget(health)
    engine.emit(_measured(10, _run_id(running)))
    qtbot.waitUntil(lambda: len(health._heat._table.steps) == 1)
    inner = "residualblock__conv1"
    row = health._heat._table.layers.index(inner)
    qtbot.mouseClick(health._heat, Qt.MouseButton.LeftButton, pos=health._heat.row_rect(row).center())
    assert running.editor.current == "residualblock"
    assert health._heat._chosen == {inner}
    running.editor.select(("dense",))
    assert health._heat._chosen == {"dense"}
    running.editor.select(("residualblock",))
    assert health._heat._chosen == set(EXPANSION.members["residualblock"])


def test_speed_is_told_and_forgotten_with_the_run(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    speed = running.views.speed
    running.views.live.setCurrentWidget(speed)
    engine.emit(DataSpeed(_run_id(running), 9100.0, 4300.0))
    qtbot.waitUntil(lambda: "data 9,100/s" in speed._data.text())
    running.live_presenter._history = None
    running.live_presenter._refresh()  # the curves may be taken over after it: what was told stays
    assert "data 9,100/s" in speed._data.text()
    qtbot.waitUntil(lambda: speed._now.text() == "1,490 images/s")
    assert running.live_presenter.monitor.is_watching
    running.views.live.setCurrentWidget(running.views.curves)
    assert not running.live_presenter.monitor.is_watching
    running.training.stop()
    qtbot.waitUntil(lambda: not running.training.is_training)
    running.document.open(Project(network=NETWORK))
    running.views.live.setCurrentWidget(speed)
    qtbot.waitUntil(lambda: speed._data.text() == "")


def _kept(window: MainWindow, engine: ScriptedEngine, qtbot) -> Path:
    run = Path(window.training.run_dir or "")
    for epochs in (1, 2, 3):
        _snapshot(run, epochs, epochs / 2)
    engine.emit(EpochDone(_run_id(window), 1, 1.0, 0.5, 1.1, 0.45, 0.1))
    qtbot.waitUntil(lambda: window.views.filters.scrubber._epochs == (1, 2, 3))
    return run


def test_earlier_epochs_can_be_gone_back_to(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    views = running.views
    running.editor.select(("conv2d",))
    views.live.setCurrentWidget(views.filters)
    live = np.full((3, 3, 1, 2), 9, np.float32)
    engine.emit(Probed(NETWORK, "conv2d", {}, np.full((6, 6, 2), 9, np.float32), live, np.zeros(10, np.float32)))
    grid = views.filters.findChild(ImageGrid)
    qtbot.waitUntil(lambda: len(grid._maps) > 0 and grid._maps.max() == 9)
    _kept(running, engine, qtbot)
    slider = views.filters.scrubber.findChild(QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: grid._maps.max() == 0.5)
    assert views.filters._text.text().endswith("after epoch 1")
    assert views.feature_maps.scrubber.place == 1
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: grid._maps.max() == 1.0)
    views.live.setCurrentWidget(views.feature_maps)
    maps = views.feature_maps.findChild(ImageGrid)
    assert maps._maps.max() == 1.0
    assert "after epoch 2" in views.feature_maps._heading.text()
    running.editor.select(("dense",))  # of which nothing was kept
    assert views.feature_maps._heading.text() == "No maps of Dense were kept after epoch 2."
    running.editor.select(("conv2d",))
    views.feature_maps.scrubber.go_live()
    assert maps._maps.max() == 9
    assert views.filters.scrubber.place is None


def test_a_damaged_snapshot_is_said(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    running.editor.select(("conv2d",))
    running.views.live.setCurrentWidget(running.views.filters)
    run = _kept(running, engine, qtbot)
    snapshot_path(run, 2).write_bytes(b"torn")
    running.views.filters.scrubber._slider.setValue(1)
    expected = "No filters of Conv2D were kept after epoch 2."
    qtbot.waitUntil(lambda: running.views.filters._text.text() == expected)
    running.editor.select(())
    assert running.views.filters._text.text() == "Select a block to see its filters after epoch 2."


def test_another_run_begins_in_the_present(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    _kept(running, engine, qtbot)
    scrubber = running.views.filters.scrubber
    scrubber._slider.setValue(0)
    running.training.stop()
    qtbot.waitUntil(lambda: not running.runs.why_not())
    running.runs.start()
    qtbot.waitUntil(lambda: scrubber._epochs == ())
    assert scrubber.place is None


def test_a_long_run_of_events_is_drawn_at_a_measured_pace(running: MainWindow, qtbot, engine: ScriptedEngine) -> None:
    speed = running.views.speed
    running.views.live.setCurrentWidget(speed)
    drawn: list[int] = []
    draw = speed._trend.set_trends
    speed._trend.set_trends = lambda *args, **kwargs: (drawn.append(1), draw(*args, **kwargs))
    values = np.ones(1, np.float32)
    for step in range(300):
        engine.emit(BatchesDone(_run_id(running), 1, step + 1, values, values, 100.0))
    qtbot.waitUntil(lambda: running.training.history.steps == 323 and speed._drawn[1:2] == (323,))
    assert len(drawn) < 30


def test_only_the_last_snapshot_that_was_wanted_is_read(qtbot, tmp_path: Path) -> None:
    for epochs in range(1, 6):
        _snapshot(tmp_path, epochs, epochs)
    reader = SnapshotReader()
    told: list[int] = []
    reader.read.connect(lambda _run, epochs, _snapshot: told.append(epochs))
    with qtbot.waitSignal(reader.listed) as listed:
        reader.list_all(tmp_path)
    assert listed.args == [tmp_path, (1, 2, 3, 4, 5)]
    for epochs in (1, 2, 3, 4, 5):
        reader.want(tmp_path, epochs)
    qtbot.waitUntil(lambda: told[-1:] == [5])
    reader.give_up()
    thread = reader._thread
    reader.shut_down()
    assert thread is not None
    assert not thread.is_alive()


def test_a_run_that_started_elsewhere_names_its_network(running: MainWindow) -> None:
    started = running.training.history.started
    assert isinstance(started, TrainingStarted)
    assert running.live_presenter._owner("residualblock__conv1") == "residualblock"
    assert running.live_presenter._owner("nowhere") is None
