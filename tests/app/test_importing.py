"""Keras models opened in the window: unsaved projects whose weights go where the project goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from keras_files import LITTLE, little_weights, write_keras
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine, ScriptedQuestions

from app.autosave import find_recoveries
from app.main_window import MainWindow
from app.questions import Answer
from models.files import FileError
from models.network.project import Project, read_project, write_project
from models.network.weights_file import load_weights, located
from models.training.commands import Build, Train


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return write_keras(tmp_path / "models" / "little.keras", LITTLE, little_weights())


def imported(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Open a model and wait until it is there, or until it is said why not."""
    with qtbot.waitSignal(window.files.imported, timeout=10_000):
        assert window.files.open(path)


def texts(window: MainWindow) -> str:
    return window.views.messages.text


def test_a_dropped_model_is_an_unsaved_project_with_its_weights(
    window: MainWindow, qtbot: QtBot, model: Path, engine: ScriptedEngine, tmp_path: Path
) -> None:
    with qtbot.waitSignal(window.files.imported, timeout=10_000):
        window.open_dropped([model])
        assert texts(window) == "Reading little.keras …"
        assert window.document.project.name != "little"  # the window stays usable meanwhile
    assert window.files.path is None
    assert window.document.is_modified
    assert window.document.project.name == "little"
    assert [node.title for node in window.document.network.nodes] == ["input", "conv", "flatten", "dense"]
    stored = window.document.project.weights
    assert stored is not None
    assert Path(stored.path).parent == tmp_path / "imports"
    assert load_weights(stored).keys() == {"conv", "dense"}
    assert window.training.start_weights == stored
    qtbot.waitUntil(lambda: any(c.weights == stored and c.fresh for c in engine.received(Build)))
    assert window.actions_["keep_training"].isEnabled()
    assert "Imported little.keras: 4 blocks, 1,490 parameters with their weights" in texts(window)
    window.actions_["keep_training"].trigger()
    qtbot.waitUntil(lambda: any(c.weights == stored and c.keep_weights for c in engine.received(Train)))
    window.training.stop()
    qtbot.waitUntil(lambda: not window.training.is_training)


def test_saving_takes_the_weights_along(window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path) -> None:
    imported(window, qtbot, model)
    waiting = Path(window.document.project.weights.path)
    folder = tmp_path / "mine"
    folder.mkdir()
    assert window.files.save_to(folder / "net.loom")
    saved = read_project(folder / "net.loom")
    assert saved.weights.path == f"net.{saved.weights.sha256[:8]}.weights.npz"
    back = load_weights(located(saved.weights, folder))
    assert np.array_equal(back["dense"][0], little_weights()["dense"][0])
    assert not window.document.is_modified
    other = tmp_path / "other"
    other.mkdir()
    assert window.files.save_to(other / "copy.loom")
    load_weights(located(read_project(other / "copy.loom").weights, other))
    assert window.files.open(folder / "net.loom")
    assert window.training.start_weights == located(saved.weights, folder)
    assert not waiting.exists()


def test_weights_that_are_gone_do_not_keep_a_project_from_opening_or_saving(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    imported(window, qtbot, model)
    Path(window.document.project.weights.path).unlink()
    assert window.files.save_to(tmp_path / "net.loom")
    assert read_project(tmp_path / "net.loom").weights is not None
    assert window.files.open(tmp_path / "net.loom")


@pytest.mark.parametrize("answer", [Answer.NO, Answer.CANCEL])
def test_unsaved_changes_are_asked_about_first(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path, questions: ScriptedQuestions, answer: Answer
) -> None:
    window.document.edit("change", Project(name="mine", network=window.document.network))
    questions.save = answer
    imported(window, qtbot, model)
    assert (window.document.project.name == "little") is (answer is Answer.NO)
    assert len(list((tmp_path / "imports").glob("*"))) == (1 if answer is Answer.NO else 0)


def test_closing_leaves_no_weights_behind(window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path) -> None:
    imported(window, qtbot, model)
    assert list((tmp_path / "imports").iterdir())
    window.close()
    assert not list((tmp_path / "imports").iterdir())


def test_a_model_that_is_refused_leaves_everything_as_it_was(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = window.document.project
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\nbroken")
    with qtbot.waitSignal(window.files.failed, timeout=10_000):
        window.open_dropped([tmp_path / "bad.h5"])
    assert window.document.project == before
    assert "damaged or no HDF5 file" in texts(window)


def test_a_project_that_names_weights_builds_with_them(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path, engine: ScriptedEngine
) -> None:
    imported(window, qtbot, model)
    assert window.files.save_to(tmp_path / "net.loom")
    window.new_project("lenet5")
    assert window.training.start_weights is None
    write_project(tmp_path / "again.loom", read_project(tmp_path / "net.loom"))
    window.files.open(tmp_path / "again.loom")
    path = (tmp_path / read_project(tmp_path / "net.loom").weights.path).as_posix()
    qtbot.waitUntil(lambda: any(c.weights is not None and c.weights.path == path for c in engine.received(Build)))


def test_another_project_that_is_opened_meanwhile_stays(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    window.files.open(model)
    window.new_project("lenet5")
    reading = window.files._thread
    assert reading is not None
    qtbot.waitUntil(lambda: not reading.is_alive() and not list((tmp_path / "imports").glob("*")))
    assert window.document.project.name != "little"
    assert window.files._unsaved_weights is None


def test_undoing_past_a_save_finds_the_weights_where_they_were(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    imported(window, qtbot, model)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        assert window.files.save_to(tmp_path / name / f"{name}.loom")
    window.document.undo_stack.undo()
    stored = window.training.start_weights
    assert stored is not None
    assert Path(stored.path) == tmp_path / "first" / f"first.{stored.sha256[:8]}.weights.npz"
    assert load_weights(stored).keys() == {"conv", "dense"}
    window.document.undo_stack.redo()
    assert window.files.open(tmp_path / "second" / "second.loom")
    assert not window.document.is_modified


def test_projects_in_one_folder_have_weights_of_their_own(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    imported(window, qtbot, model)
    assert window.files.save_to(tmp_path / "a.loom")
    assert window.files.save_to(tmp_path / "b.loom")
    first, second = (read_project(tmp_path / name).weights for name in ("a.loom", "b.loom"))
    assert first.sha256 == second.sha256
    assert first.path != second.path
    write_keras(tmp_path / "other.keras", LITTLE, little_weights(seed=1))
    imported(window, qtbot, tmp_path / "other.keras")
    assert window.files.save_to(tmp_path / "a.loom")
    assert read_project(tmp_path / "a.loom").weights.sha256 != first.sha256
    for stored in (first, second, read_project(tmp_path / "a.loom").weights):
        load_weights(located(stored, tmp_path))


def test_a_save_that_fails_leaves_the_old_project_and_its_weights(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(window, qtbot, model)
    folder = tmp_path / "mine"
    assert window.files.save_to(folder / "a.loom")
    write_keras(tmp_path / "other.keras", LITTLE, little_weights(seed=1))
    imported(window, qtbot, tmp_path / "other.keras")
    before = {file: file.read_bytes() for file in folder.glob("[!.]*")}

    def fail(*_: object) -> None:
        raise FileError("a.loom was not written: the disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr("app.project_files.write_project", fail)
        assert not window.files.save_to(folder / "a.loom")
    assert {file: file.read_bytes() for file in folder.glob("[!.]*")} == before
    assert window.files.save_to(folder / "a.loom")


def test_weights_of_a_crashed_session_are_recovered_and_removed_in_the_end(
    window: MainWindow, make_window: Callable[..., MainWindow], qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    imported(window, qtbot, model)
    (waiting,) = (tmp_path / "imports").iterdir()
    assert window.autosave.write()
    window.autosave._lock.unlock()  # as the system does when a process dies
    later = make_window()
    later.start_background_work()
    assert waiting.exists()
    (recovery,) = find_recoveries(tmp_path / "autosave")
    assert later.files.recover(recovery)
    assert load_weights(later.files.weights()).keys() == {"conv", "dense"}
    later.new_project("lenet5")
    assert not waiting.exists()


def test_weights_that_nobody_can_recover_are_removed_at_the_next_start(
    window: MainWindow, qtbot: QtBot, model: Path, tmp_path: Path
) -> None:
    imported(window, qtbot, model)
    (living,) = (tmp_path / "imports").iterdir()
    for name in ("session-dead.1.weights.npz", "session-dead.2.weights.npz", ".old.part", ".new.part"):
        (tmp_path / "imports" / name).write_bytes(b"weights")
    os.utime(tmp_path / "imports" / ".old.part", (0, 0))
    (tmp_path / "autosave" / "session-other.json").write_text('{"damaged": "session-dead.2.weights.npz')
    window.files.sweep_imports()
    left = {file.name for file in (tmp_path / "imports").iterdir()}
    assert left == {living.name, "session-dead.2.weights.npz", ".new.part"}
