"""What the user does about the data set, as edits of the document."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.data.data_editor import DataEditor, left_out_of
from app.document import Document
from models.data.facts import DataFacts
from models.data.preparation import Preparation
from models.data.samples import ArraySamples
from models.data.sources import Digits
from models.data.sources.bars import Bars
from models.data.split import Split
from models.network.project import Project

FACTS = DataFacts("Digits", 9, (8, 8, 1), ("a", "b", "c"))


@pytest.fixture
def document(qapp: QApplication) -> Document:
    made = Document(Project())
    made.set_facts(FACTS)
    return made


@pytest.fixture
def editor(document: Document) -> DataEditor:
    return DataEditor(document)


def test_nothing_of_another_data_set_is_left_out_or_renamed(document: Document, editor: DataEditor) -> None:
    by_folders = Preparation(split=Split(by="folders", test=0.1), left_out=("#1",), class_names=("x", "y", "z"))
    document.edit("Prepare", document.project.replace(preparation=by_folders))
    before, parts = document.project, DataFacts("Bars", 9, (28, 28, 1), ("a", "b", "c"), has_parts=True)
    for facts, by in ((None, "shares"), (FACTS, "shares"), (parts, "folders")):
        assert editor.choose(Bars(), facts)
        made = document.project.preparation
        assert (made.left_out, made.class_names) == ((), ())
        assert made.split == Split(by=by, test=0.1)
        document.undo_stack.undo()
        assert document.project == before


def test_parts_that_are_found_later_belong_to_the_choice(document: Document, editor: DataEditor) -> None:
    before = document.project
    editor.choose(Bars(), None)
    editor.split_by_its_parts()
    assert document.project.preparation.split.by == "folders"
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.project == before
    assert not editor.choose(Digits(), None)  # it is used already


def test_two_choices_are_two_steps(document: Document, editor: DataEditor) -> None:
    editor.choose(Bars(), None)
    editor.choose(Bars(seed=2), None)
    editor.split_by_its_parts()
    document.undo_stack.undo()
    assert document.project.data == Bars()


def test_leaving_out_again_or_using_what_is_used_is_no_step(document: Document, editor: DataEditor) -> None:
    editor.leave_out(["#1", "#2", "#1"])
    assert editor.preparation.left_out == ("#1", "#2")
    editor.leave_out(["#2"])
    editor.use_again(["#7"])
    assert document.undo_stack.count() == 1
    editor.use_again(["#2", "#7"])
    assert document.undo_stack.undoText() == "Use a sample again"
    assert editor.preparation.left_out == ("#1",)


def test_a_class_is_renamed_for_the_whole_document(document: Document, editor: DataEditor) -> None:
    editor.rename_class(2, "  zebra ")
    assert document.facts is not None
    assert document.facts.class_names == ("a", "b", "zebra")
    for label, name in ((2, "zebra"), (0, " "), (3, "d"), (-1, "d")):
        editor.rename_class(label, name)
    assert document.undo_stack.count() == 1


def test_what_cannot_be_is_refused_in_words(document: Document, editor: DataEditor) -> None:
    refused: list[str] = []
    editor.refused.connect(refused.append)
    editor.set_split("validation", 0.95)
    editor.change("Balance", balance="sometimes")
    assert document.undo_stack.count() == 0
    assert len(refused) == 2
    assert all(text.startswith("Not changed. ") for text in refused)


def test_samples_are_left_out_by_their_names() -> None:
    samples = ArraySamples(FACTS, np.zeros((9, 8, 8, 1), np.uint8), np.zeros(9, np.int64))
    assert left_out_of(samples, ("#7", "#2", "gone")).tolist() == [2, 7]
    assert left_out_of(samples, ()).tolist() == []
