"""The document: every edit undoes to exactly what was there."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PySide6.QtWidgets import QApplication
from strategies import any_block, networks

from app.document import Document
from app.editing import Editor
from models.analysis import analyse
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.data.sources import DataFacts, ImageFolder
from models.network.copying import copy_fragment
from models.network.graph import Source, stack
from models.network.project import Project
from models.zoo import TEMPLATES

LENET = Project(name="lenet", network=TEMPLATES["lenet5"].network())


class EditingMachine(RuleBasedStateMachine):
    """Random edits through the editor; undoing all and redoing all must meet the same values again."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(Project())
        self.editor = Editor(self.document)
        self.refusals: list[str] = []
        self.editor.refused.connect(self.refusals.append)

    @initialize(network=networks())
    def open(self, network: object) -> None:
        self.document.open(Project(network=network))

    def _some(self, data: st.DataObject) -> str | None:
        ids = [node.id for node in self.document.network.nodes]
        return data.draw(st.sampled_from(ids)) if ids else None

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        ids = [node.id for node in self.document.network.nodes]
        self.editor.select(data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else [])

    @rule(block=any_block())
    def append(self, block: object) -> None:
        self.editor.append(block)

    @rule(block=any_block(), data=st.data())
    def insert(self, block: object, data: st.DataObject) -> None:
        edges = self.document.network.edges
        self.editor.insert(block, data.draw(st.sampled_from(edges)) if edges else None)

    @rule()
    def delete(self) -> None:
        self.editor.delete()

    @rule()
    def duplicate(self) -> None:
        self.editor.duplicate()

    @rule()
    def paste(self) -> None:
        self.editor.paste(copy_fragment(self.document.network, self.editor.selection))

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        edges = self.document.network.edges
        self.editor.move(self.editor.selection, data.draw(st.sampled_from(edges)) if edges else None)

    @rule(data=st.data())
    def connect(self, data: st.DataObject) -> None:
        node_id, other = self._some(data), self._some(data)
        if node_id is not None and other is not None:
            self.editor.connect_to(Source(other), node_id)

    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        edges = self.document.network.edges
        if edges:
            self.editor.disconnect_edge(data.draw(st.sampled_from(edges)))

    @rule()
    def disconnect_selected(self) -> None:
        cut = self.editor.disconnectable()
        self.editor.disconnect_selected()
        assert not set(cut) & set(self.document.network.edges) or not cut

    @rule(block=any_block(), data=st.data())
    def insert_beside(self, block: object, data: st.DataObject) -> None:
        node_id = self._some(data)
        if node_id is not None:
            self.editor.insert_beside(block, node_id)

    @rule(data=st.data())
    def move_beside(self, data: st.DataObject) -> None:
        node_id = self._some(data)
        if node_id is not None:
            self.editor.move_beside(self.editor.selection, node_id)

    @rule(name=st.sampled_from(["stem", "body", " "]))
    def group(self, name: str) -> None:
        self.editor.group(name)

    @rule()
    def unpack(self) -> None:
        self.editor.unpack()

    @rule()
    def remove_composite(self) -> None:
        self.editor.remove_composite("stem")

    @rule(name=st.text(max_size=8), data=st.data())
    def rename(self, name: str, data: st.DataObject) -> None:
        node_id = self._some(data)
        if node_id is not None:
            self.editor.rename(node_id, name)

    @rule(data=st.data())
    def repair(self, data: st.DataObject) -> None:
        offers = [(p.node_id, r) for p in self.document.analysis.problems for r in p.repairs]
        if offers:
            self.editor.repair(*data.draw(st.sampled_from(offers)))

    @rule(epochs=st.integers(-3, 9))
    def plan(self, epochs: int) -> None:
        self.editor.set_plan("epochs", epochs)

    @rule()
    def undo(self) -> None:
        self.document.undo_stack.undo()

    @rule()
    def redo(self) -> None:
        self.document.undo_stack.redo()

    @invariant()
    def analysis_is_of_the_network(self) -> None:
        assert self.document.analysis == analyse(self.document.network, self.document.facts)
        assert all(node_id in self.document.network for node_id in self.editor.selection)

    def teardown(self) -> None:
        stack = self.document.undo_stack
        after = self.document.project
        while stack.canRedo():
            stack.redo()
        values = [self.document.project]
        while stack.canUndo():
            stack.undo()
            values.append(self.document.project)
        for value in reversed(values):
            assert self.document.project == value
            stack.redo()
        assert after is not None
        assert all(text.endswith((".", "!")) for text in self.refusals), self.refusals


@pytest.mark.usefixtures("qapp")
class TestEditingMachine(EditingMachine.TestCase):
    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)

    @pytest.fixture(autouse=True)
    def _application(self, qapp: QApplication) -> None:
        pass


@pytest.fixture
def document(qapp: QApplication) -> Document:
    return Document(LENET)


def test_the_ticks_of_one_session_are_one_step(document: Document) -> None:
    editor = Editor(document)
    for filters in (7, 8, 9):
        editor.set_field("conv2d", "filters", filters, session="spin-1")
    editor.set_field("conv2d", "filters", 20, session="spin-2")
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    assert document.network.node("conv2d").block.filters == 9
    document.undo_stack.undo()
    assert document.project == LENET


def test_a_session_that_ends_where_it_began_leaves_no_step(document: Document) -> None:
    editor = Editor(document)
    editor.set_field("conv2d", "filters", 7, session="spin")
    editor.set_field("conv2d", "filters", 6, session="spin")
    assert document.undo_stack.count() == 0
    assert not document.is_modified


def test_an_edit_that_changes_nothing_makes_no_step(document: Document) -> None:
    assert not document.edit("nothing", LENET)
    assert document.undo_stack.count() == 0


def test_a_bad_value_is_refused_in_words_and_changes_nothing(document: Document) -> None:
    editor, texts = Editor(document), []
    editor.refused.connect(texts.append)
    editor.set_field("conv2d", "filters", -1)
    editor.set_field("conv2d", "padding", "sideways")
    editor.set_plan("batch_size", 0)
    assert document.project == LENET
    assert [text.split()[2] for text in texts] == ["filters:", "padding:", "batch_size:"]
    assert all("received" in text for text in texts)


def test_another_data_set_forgets_the_facts_and_undo_asks_again(document: Document, qtbot: object) -> None:
    facts = DataFacts("Digits", 3, (8, 8, 1), ("a", "b"))
    document.set_facts(facts)
    assert document.analysis.problems
    with qtbot.waitSignal(document.data_source_changed):
        document.edit("folder", document.project.replace(data=ImageFolder(path="somewhere")))
    assert document.facts is None
    with qtbot.waitSignal(document.data_source_changed):
        document.undo_stack.undo()
    assert document.project == LENET


def test_the_first_block_of_an_empty_network_brings_an_input_for_the_data(qapp: QApplication) -> None:
    document = Document(Project())
    document.set_facts(DataFacts("Photos", 10, (480, 640, 3), ("cat", "dog")))
    Editor(document).append(Conv2D())
    assert [node.block.type for node in document.network.nodes] == ["Input", "Conv2D"]
    assert document.network.nodes[0].block.shape == (224, 224, 3)


def test_a_template_opens_on_an_empty_canvas_and_is_inserted_into_a_network(qapp: QApplication) -> None:
    document = Document(Project())
    editor = Editor(document)
    editor.insert_template(TEMPLATES["lenet5"], None)
    assert document.network == LENET.network
    editor.select(("conv2d",))
    editor.insert_template(TEMPLATES["lenet5"], document.network.edges[0])
    assert len(document.network) == 2 * len(LENET.network) - 1


def test_deleting_selects_the_neighbour_so_that_the_next_delete_goes_on(document: Document) -> None:
    editor = Editor(document)
    editor.select(("conv2d_2",))
    editor.delete()
    assert editor.current == "averagepooling2d_2"
    editor.select(("dense_2",))
    editor.delete()
    assert editor.current == "dense"


def test_saving_state_follows_undo(document: Document, qtbot: object) -> None:
    document.edit_network("one", stack(Dense()))
    assert document.is_modified
    document.mark_saved()
    document.undo_stack.undo()
    assert document.is_modified
    document.undo_stack.redo()
    assert not document.is_modified


def test_undo_selects_what_it_brings_back(document: Document) -> None:
    editor = Editor(document)
    shown: list[str] = []
    editor.inserted.connect(shown.append)
    editor.select(("conv2d_2",))
    editor.delete()
    document.undo_stack.undo()
    assert editor.current == "conv2d_2"
    assert shown == ["conv2d_2"]
