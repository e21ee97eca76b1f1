"""The window's own behaviour, over a scripted engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from scripted import ScriptedEngine, ScriptedQuestions

from app.main_window import MainWindow
from app.training.training_controller import State
from models.blocks.dense import Dense
from models.blocks.pooling import MaxPooling2D
from models.data.sources import ImageFolder
from models.network.edits import insert_after
from models.network.project import Project, write_project
from models.training.commands import Build, Evaluate, Export, Pause, Resume, Stop, Train, Watch
from models.training.events import BatchesDone, Failed, TrainingDone
from models.zoo import TEMPLATES

NAMES = (
    "mainWindow", "palette", "paletteSearch", "paletteList", "canvas", "pages", "inspector", "trainButton",
    "pauseButton", "stopButton", "undoButton", "redoButton", "exportButton", "datasetChip", "deviceChip", "lossPlot",
    "metricPlot", "filterGrid", "featureMaps", "problemsLabel", "statusProgress", "probeInput",
)  # fmt: skip


def child(window: MainWindow, name: str) -> QWidget:
    found = window if window.objectName() == name else window.findChild(QWidget, name)
    assert found is not None, name
    return found


def ready(window: MainWindow, qtbot: object) -> MainWindow:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    return window


def train(window: MainWindow, qtbot: object) -> None:
    ready(window, qtbot)
    qtbot.mouseClick(child(window, "trainButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.training.history.steps == 23)


def test_the_names_that_assistive_tools_rely_on_are_there(window: MainWindow) -> None:
    for name in NAMES:
        assert child(window, name).objectName() == name


def test_every_button_has_an_accessible_name(window: MainWindow) -> None:
    for button in window.findChildren(QToolButton):
        if button.isVisibleTo(window):
            assert button.accessibleName() or button.text(), button.objectName()


def test_a_run_is_shown_from_start_to_stop(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, tmp_path: Path
) -> None:
    train(window, qtbot)
    (command,) = engine.received(Train)
    assert command.network is window.document.network
    assert not command.keep_weights
    assert Path(command.run_dir).parent == tmp_path / "runs"
    assert not child(window, "trainButton").isEnabled()
    text = child(window, "progressText").text()
    assert text.startswith("Epoch 1/2 · batch 23/23 · 1,490 images/s")
    qtbot.mouseClick(child(window, "pauseButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.training.state is State.PAUSED)
    assert "paused" in child(window, "progressText").text()
    qtbot.mouseClick(child(window, "pauseButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.training.state is State.TRAINING)
    assert len(engine.received(Pause)) == len(engine.received(Resume)) == 1
    qtbot.mouseClick(child(window, "stopButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    assert "Stopped" in window.views.messages.text
    assert child(window, "trainButton").isEnabled()


def test_keep_training_goes_on_with_the_weights_and_the_curves(
    window: MainWindow, qtbot: object, engine: ScriptedEngine
) -> None:
    assert not window.actions_["keep_training"].isEnabled()
    train(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(lambda: window.actions_["keep_training"].isEnabled())
    window.actions_["keep_training"].trigger()
    qtbot.waitUntil(lambda: window.training.history.steps == 46)
    assert engine.received(Train)[-1].keep_weights
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    window.actions_["train"].trigger()
    qtbot.waitUntil(lambda: window.training.history.steps == 23)


def test_events_of_a_run_that_is_over_are_dropped(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    engine.emit(BatchesDone("run-1", 5, 1, np.ones(9, np.float32), np.ones(9, np.float32), 1.0))
    engine.emit(TrainingDone("run-0", "finished", "ghost", 9))
    engine.emit(Failed("Probe", "the last event"))
    qtbot.waitUntil(lambda: "the last event" in window.views.messages.text)
    assert window.training.history.steps == 23


def test_a_network_with_problems_cannot_train_and_says_why_with_repairs(window: MainWindow, qtbot: object) -> None:
    ready(window, qtbot)
    network, _ = insert_after(window.document.network, "averagepooling2d_2", [MaxPooling2D()])
    window.document.edit_network("shrink", network)
    button = child(window, "trainButton")
    assert not button.isEnabled()
    assert "Received" in button.toolTip()
    label = child(window, "problemsLabel")
    assert label.text() == "⚠ 1 problem"
    repairs = [action for action in label.menu().actions() if "→" in action.text()]
    assert repairs
    repairs[0].trigger()
    assert not window.document.analysis.problems
    assert label.text() == "✓ No problems"
    qtbot.waitUntil(button.isEnabled)
    window.document.undo_stack.undo()
    assert window.document.analysis.problems


def test_the_classifier_that_the_data_needs_is_offered(window: MainWindow, qtbot: object) -> None:
    network = ready(window, qtbot).document.network
    window.editor.set_field("dense_2", "units", 7)
    assert "10 values" in window.runs.why_not()
    problem = window.document.analysis.problems[0]
    window.editor.repair(problem.node_id, problem.repairs[0])
    assert window.document.network == network


def test_closing_while_training_asks_stops_and_ends_the_engine(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, questions: ScriptedQuestions
) -> None:
    train(window, qtbot)
    questions.stop = False
    assert not window.close()
    assert window.isVisible()
    assert not engine.ended
    questions.stop = True
    assert window.close()
    assert engine.ended
    assert questions.asked.count("stop") == 2


def test_closing_with_unsaved_changes_asks(window: MainWindow, questions: ScriptedQuestions) -> None:
    from app.questions import Answer

    window.editor.append(Dense())
    questions.save = Answer.CANCEL
    assert not window.close()
    questions.save = Answer.NO
    assert window.close()


def test_a_broken_tensorflow_is_said_and_the_editor_goes_on(
    make_window: Callable[..., MainWindow], engine: ScriptedEngine, qtbot: object
) -> None:
    engine.ready = Failed("TensorFlow", "it is not installed. Install LayerLoom again.")
    window = make_window()
    qtbot.waitUntil(lambda: window.training.state is State.BROKEN)
    assert "not installed" in window.views.messages.text
    window.new_project("lenet5")
    window.editor.append(Dense(units=10))
    assert len(window.document.network) == 10
    assert not child(window, "trainButton").isEnabled()
    assert "TensorFlow" in window.runs.why_not()


def test_edits_are_built_for_their_maps_and_marked_on_the_cards(
    window: MainWindow, qtbot: object, engine: ScriptedEngine
) -> None:
    qtbot.waitUntil(lambda: len(engine.received(Build)) == 1)
    train(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    window.editor.set_field("conv2d_2", "filters", 20)
    qtbot.waitUntil(lambda: engine.received(Build)[-1].network is window.document.network)
    assert not engine.received(Build)[-1].fresh


def test_another_project_has_learned_nothing(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> None:
    train(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(window.actions_["keep_training"].isEnabled)
    window.new_project("lenet5")
    assert window.training.trained_network is None
    assert window.training.history.steps == 0
    assert not window.actions_["keep_training"].isEnabled()
    qtbot.waitUntil(lambda: [command.fresh for command in engine.received(Build)][-1:] == [True])


def test_opening_another_project_while_training_asks_and_stops(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, questions: ScriptedQuestions
) -> None:
    train(window, qtbot)
    questions.stop = False
    window.new_project("small_cnn")
    assert window.document.project.name == "lenet5"
    questions.stop = True
    window.new_project("small_cnn")
    assert window.document.project.name == "small_cnn"
    qtbot.waitUntil(lambda: len(engine.received(Stop)) == 1)
    qtbot.waitUntil(lambda: not window.runs.why_not())
    assert window.training.trained_network is None  # the stopped run's last events are another project's


def test_a_run_that_fails_before_its_first_step_leaves_nothing_trained(
    window: MainWindow, qtbot: object, engine: ScriptedEngine
) -> None:
    ready(window, qtbot)
    engine.first_steps = False
    window.runs.start()
    qtbot.waitUntil(lambda: window.training.history.started is not None)
    engine.emit(Failed("Training", "out of memory", run_id="run-1"))
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)
    assert window.training.trained_network is None
    assert not window.actions_["keep_training"].isEnabled()


def test_selecting_a_block_asks_for_its_maps(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> None:
    window.editor.select(("conv2d_2",))
    qtbot.waitUntil(lambda: any(command.selected == "conv2d_2" for command in engine.received(Watch)))
    assert window.views.canvas.selected_ids() == ("conv2d_2",)


def test_evaluate_shows_a_page(window: MainWindow, qtbot: object, engine: ScriptedEngine) -> None:
    pages = window.views.pages.count()
    train(window, qtbot)
    window.training.stop()
    qtbot.waitUntil(window.actions_["evaluate"].isEnabled)
    window.actions_["evaluate"].trigger()
    qtbot.waitUntil(lambda: window.views.pages.count() == pages + 1)
    assert len(engine.received(Evaluate)) == 1
    assert "50.00%" in child(window, "evaluationHeadline").text()


@pytest.mark.parametrize(
    ("action", "name", "expected"),
    [("keras", "net", "net.keras"), ("saved_model", "folder", "folder"), ("python", "net.py", "net.py")],
)
def test_export_asks_where_and_tells_the_difference(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, questions: ScriptedQuestions, tmp_path: Path,
    action: str, name: str, expected: str,
) -> None:  # fmt: skip
    ready(window, qtbot)
    questions.path = tmp_path / name
    window.actions_[f"export_{action}"].trigger()
    qtbot.waitUntil(lambda: "largest difference 1e-07" in window.views.messages.text)
    (command,) = engine.received(Export)
    assert (command.format, command.path) == (action, str(tmp_path / expected))


def test_files_dropped_on_the_window(window: MainWindow, qtbot: object, tmp_path: Path) -> None:
    project, picture, rubbish = tmp_path / "other.loom", tmp_path / "digit.png", tmp_path / "notes.xyz"
    write_project(project, Project(name="other"))
    Image.fromarray(np.full((9, 7), 200, dtype=np.uint8)).save(picture)
    rubbish.write_text("hello")

    def drop(path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(500, 300), *how))
        QApplication.sendEvent(window, QDropEvent(QPointF(500, 300), *how))

    drop(rubbish)
    assert "notes.xyz is neither" in window.views.messages.text
    with qtbot.waitSignal(window.views.probe.probe_changed):
        drop(picture)
    assert window.views.live.currentWidget() is window.views.probe
    drop(project)
    assert window.document.project.name == "other"
    (tmp_path / "empty").mkdir()
    drop(tmp_path / "empty")
    assert "empty" in window.views.messages.text
    assert "expects" in window.views.messages.text or "reads" in window.views.messages.text
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.fromarray(np.full((9, 7), 200, dtype=np.uint8)).save(tmp_path / "pets" / name / "1.png")
    drop(tmp_path / "pets")
    assert window.document.project.data == ImageFolder(path=str(tmp_path / "pets"))


def test_a_relative_image_folder_is_read_from_the_project_file(
    window: MainWindow, qtbot: object, engine: ScriptedEngine, tmp_path: Path
) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(np.full((9, 9, 3), 40 * number, np.uint8)).save(tmp_path / "pets" / name / f"{number}.png")
    network = TEMPLATES["lenet5"].network(classes=2)
    write_project(tmp_path / "pets.loom", Project(name="pets", network=network, data=ImageFolder(path="pets")))
    assert window.files.open(tmp_path / "pets.loom")
    train(window, qtbot)
    assert window.document.facts.class_names == ("cats", "dogs")
    assert engine.received(Train)[0].data == ImageFolder(path=str(tmp_path / "pets"))
    assert window.document.project.data == ImageFolder(path="pets")


def test_the_theme_and_the_layout_are_remembered(
    window: MainWindow, make_window: Callable[..., MainWindow], qtbot: object
) -> None:
    window.appearance.choose("light")
    window.resize(1100, 700)
    window.views.docks[0].hide()
    window.close()
    second = make_window()
    assert second.appearance.theme.name == "light"
    assert second.views.docks[0].isHidden()
    assert second.size().height() == 700
    second.actions_["reset_layout"].trigger()
    assert not second.views.docks[0].isHidden()


def test_a_crashed_session_is_offered_again(
    make_window: Callable[..., MainWindow], qtbot: object, tmp_path: Path
) -> None:
    first = make_window()
    first.new_project("lenet5")
    first.editor.append(Dense(units=10))
    first.autosave.write()
    first.autosave._lock.unlock()  # as the system does when a process dies
    second = make_window()
    qtbot.waitUntil(lambda: "ended unexpectedly" in second.views.messages.text)
    button = next(b for b in second.views.messages.findChildren(QWidget) if getattr(b, "text", str)() == "Recover")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert second.document.network == first.document.network
    assert second.document.is_modified


def test_keys_in_a_field_are_the_field_s(window: MainWindow, qtbot: object) -> None:
    window.editor.select(("conv2d",))
    window.views.inspector.focus_first_field()
    field = QApplication.focusWidget()
    assert field is not None
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_F):
        qtbot.keyClick(field, key)
    assert "conv2d" in window.document.network
    window.views.canvas.setFocus()
    qtbot.keyClick(window.views.canvas, Qt.Key.Key_Delete)
    assert "conv2d" not in window.document.network
    qtbot.keyClick(window.views.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "conv2d" in window.document.network


def test_copy_and_paste_through_the_clipboard(window: MainWindow) -> None:
    window.editor.select(("conv2d", "averagepooling2d"))
    window.actions_["copy"].trigger()
    window.editor.select(("averagepooling2d",))
    window.actions_["paste"].trigger()
    assert [node.block.type for node in window.document.network.nodes][1:5] == ["Conv2D", "AveragePooling2D"] * 2
    QApplication.clipboard().setText("not blocks")
    window.actions_["paste"].trigger()
    assert "clipboard" in window.views.messages.text


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_window_fits_a_small_screen(window: MainWindow, qtbot: object, theme: str) -> None:
    ready(window, qtbot).appearance.choose(theme)
    window.resize(1100, 700)
    QApplication.processEvents()
    assert window.size().width() == 1100
    assert window.size().height() == 700
    bar = child(window, "mainToolbar")
    for name in ("trainButton", "pauseButton", "stopButton", "exportButton", "undoButton", "datasetChip"):
        widget = child(window, name)
        corner = widget.mapTo(bar, QPoint(widget.width(), widget.height()))
        assert corner.x() <= bar.width(), name
        assert widget.width() >= widget.minimumSizeHint().width(), name
