"""Choosing a data set of every kind: what is asked, what is looked at meanwhile, and what undo brings back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from image_files import picture
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine, ScriptedQuestions

from app.main_window import MainWindow
from app.settings import Settings
from models.data.sources import SOURCES, Digits, PathSource, Source
from models.data.sources.arrays import ArrayFile
from models.data.sources.bars import Bars
from models.data.split import Split
from widgets.array_dialog import ArrayDialog
from widgets.source_dialog import SourceDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


class Reader(ScriptedQuestions):
    """Waits for what a dialog says, lets the test act on it, and waits again before it is taken."""

    act: Callable[[QDialog], None] | None = None
    verdicts: list[str]
    qtbot: QtBot

    def accepts(self, dialog: QDialog) -> bool:
        assert isinstance(dialog, SourceDialog | ArrayDialog)
        self.verdicts = [self._wait(dialog)]
        if self.act is not None:
            self.act(dialog)
            self.verdicts.append(self._wait(dialog))
        return super().accepts(dialog) and dialog._accept.isEnabled()

    def _wait(self, dialog: SourceDialog | ArrayDialog) -> str:
        self.qtbot.waitUntil(lambda: bool(dialog.verdict) and not dialog.verdict.startswith("Looking"))
        return dialog.verdict


@pytest.fixture
def questions(qtbot: QtBot) -> Reader:
    made = Reader()
    made.qtbot = qtbot
    return made


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    return make_window()


def chosen(window: MainWindow) -> Source:
    return window.document.project.data


def edited(dialog: QDialog, **changes: object) -> None:
    """Edit fields of a dialog's form, one by one."""
    assert isinstance(dialog, SourceDialog)
    dialog.set_source(dialog.source.replace(**changes))
    dialog.choice_changed.emit(dialog.source)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [kind for kind, found in SOURCES.items() if not issubclass(found, PathSource) and found.model_fields]
)
def test_every_generated_kind_is_chosen_in_a_dialog(window: MainWindow, questions: Reader, kind: str) -> None:
    window.views.data_chip.source_requested.emit(kind)
    assert questions.asked == ["dialog sourceDialog"]
    assert SOURCES[kind]().glance().text in questions.verdicts
    assert chosen(window) == SOURCES[kind]()


def test_the_digits_need_no_dialog(window: MainWindow, questions: Reader) -> None:
    window.views.data_chip.source_requested.emit("bars")
    questions.asked.clear()
    window.views.data_chip.source_requested.emit("digits")
    assert chosen(window) == Digits()
    assert questions.asked == []


def test_what_is_edited_in_the_dialog_is_looked_at_again(window: MainWindow, questions: Reader) -> None:
    questions.act = lambda dialog: edited(dialog, classes=3, samples=300)
    window.views.data_chip.source_requested.emit("bars")
    assert chosen(window) == Bars(classes=3, samples=300)
    assert "2,000 images" in questions.verdicts[0]
    assert "300 images" in questions.verdicts[1]


def test_a_cancelled_dialog_changes_nothing(window: MainWindow, questions: Reader) -> None:
    before, count = window.document.project, window.document.undo_stack.count()
    questions.accept = False
    window.views.data_chip.source_requested.emit("bars")
    assert window.document.project is before
    assert window.document.undo_stack.count() == count


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind, found in SOURCES.items() if issubclass(found, PathSource)])
def test_a_file_dialog_that_is_cancelled_changes_nothing(window: MainWindow, questions: Reader, kind: str) -> None:
    before = window.document.project
    window.views.data_chip.source_requested.emit(kind)
    assert window.document.project is before
    assert questions.asked == []


@pytest.mark.parametrize("parts", [("red", "blue"), ("train", "val", "test")])
def test_a_folder_is_split_as_it_says_itself_and_undone_in_one_step(
    window: MainWindow, questions: Reader, qtbot: QtBot, tmp_path: Path, parts: tuple[str, ...]
) -> None:
    names = [f"{part}/{name}" if len(parts) == 3 else part for part in parts for name in ("red", "blue")]
    for seed, name in enumerate(dict.fromkeys(names)):
        for number in range(3):
            picture(tmp_path / "data" / name / f"{number}.png", (8, 8), (20 * seed, 40 * number, 90))
    document = window.document
    split = Split(validation=0.3)
    preparation = document.project.preparation.replace(split=split, left_out=("#1",), class_names=tuple("0123456789"))
    document.edit("Prepare", document.project.replace(preparation=preparation))
    before, count = document.project, document.undo_stack.count()
    questions.path = tmp_path / "data"
    with qtbot.waitSignal(window.data.opened):
        window.views.data_chip.source_requested.emit("image_folder")
    made = document.project.preparation
    assert (made.left_out, made.class_names) == ((), ())
    assert made.split == split.replace(by="folders" if len(parts) == 3 else "shares")
    assert document.undo_stack.count() == count + 1
    with qtbot.waitSignal(window.data.opened):
        document.undo_stack.undo()
    assert document.project == before
    assert document.facts is not None
    assert document.facts.name == "Digits"
    with qtbot.waitSignal(window.data.opened):
        document.undo_stack.redo()
    assert document.project.preparation == made


def test_choosing_the_same_again_is_no_step_and_splits_nothing_later(window: MainWindow, qtbot: QtBot) -> None:
    count = window.document.undo_stack.count()
    window.views.data_chip.source_requested.emit("digits")
    with qtbot.waitSignal(window.data.opened):
        window.data.scan()
    assert window.document.undo_stack.count() == count


# --- arrays ---------------------------------------------------------------------------------------------------------
def arrays(path: Path) -> Path:
    np.savez(path, x=np.zeros((6, 8, 8), np.uint8), y=np.arange(6) % 2, other=np.zeros((5, 2)))
    return path


def test_arrays_are_shown_before_they_are_taken(window: MainWindow, questions: Reader, tmp_path: Path) -> None:
    questions.path = arrays(tmp_path / "a.npz")
    window.views.data_chip.source_requested.emit("arrays")
    assert questions.asked == ["dialog arrayDialog"]
    assert "6 images" in questions.verdicts[0]
    found = chosen(window)
    assert isinstance(found, ArrayFile)
    assert found.path == str(tmp_path / "a.npz")


def test_arrays_that_do_not_fit_are_refused_in_the_dialog(
    window: MainWindow, questions: Reader, tmp_path: Path
) -> None:
    before = window.document.project

    def misread(dialog: QDialog) -> None:
        assert isinstance(dialog, ArrayDialog)
        wrong = dialog.source.replace(labels="other")
        dialog.set_arrays(dialog._infos, wrong)
        dialog.choice_changed.emit(dialog.source)

    questions.path = arrays(tmp_path / "a.npz")
    questions.act = misread
    window.views.data_chip.source_requested.emit("arrays")
    assert window.document.project is before
    assert "5" in questions.verdicts[1]


def test_a_file_that_holds_no_arrays_is_refused_in_words(window: MainWindow, questions: Reader, tmp_path: Path) -> None:
    questions.path = tmp_path / "broken.npz"
    questions.path.write_bytes(b"no arrays")
    window.views.data_chip.source_requested.emit("arrays")
    assert "broken.npz" in window.views.messages.text
    assert questions.asked == []


def test_nobody_looks_at_what_was_edited_since(window: MainWindow, qtbot: QtBot) -> None:
    looked: list[Source] = []
    chooser = window.data_presenter.chooser
    chooser._show = lambda source, _answer: looked.append(source)
    begun, go_on = Event(), Event()
    first, *rest = [Bars(seed=seed) for seed in range(9)]
    chooser._look(first, lambda one: (begun.set(), go_on.wait(20), one.glance())[-1])
    assert begun.wait(20)
    for source in rest:
        chooser._look(source, lambda one: one.glance())
    go_on.set()
    qtbot.waitUntil(lambda: rest[-1] in looked)
    assert looked == [first, rest[-1]]
    chooser._show = None


# --- memory and exports ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("answer", "budget"), [("4000", 4 * 10**9), ("", None), ("lots", 10**9), (None, 10**9)])
def test_memory_for_data_is_a_setting(
    window: MainWindow, questions: Reader, answer: str | None, budget: int | None
) -> None:
    window.settings.memory_budget = 10**9
    questions.text = answer
    window.actions_["data_memory"].trigger()
    assert questions.asked == ["Memory for data: 1000"]
    assert window.settings.memory_budget == budget
    assert ("lots" in window.views.messages.text) is (answer == "lots")


def test_exports_have_the_preprocessing_inside_unless_that_is_switched_off(
    window: MainWindow, questions: Reader, engine: ScriptedEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    from models.training.commands import Export

    window.new_project("lenet5")
    qtbot.waitUntil(lambda: window.actions_["export_keras"].isEnabled())
    questions.path = tmp_path / "out.keras"
    inside = window.actions_["preprocessing_inside"]
    assert inside.isChecked()
    for wanted in (True, False):
        inside.setChecked(wanted)
        window.actions_["export_keras"].trigger()
        qtbot.waitUntil(lambda wanted=wanted: len(engine.received(Export)) == 2 - wanted)
        assert engine.received(Export)[-1].preprocessing is wanted
    assert not Settings(tmp_path / "settings.ini").exports_preprocessing
