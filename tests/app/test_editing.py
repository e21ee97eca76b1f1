"""The editor's branches and composites, and the actions, keys and canvas gestures that lead to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from scripted import ScriptedQuestions

from app import clipboard
from app.document import Document
from app.editing import Editor
from app.main_window import MainWindow
from models.analysis import analyse
from models.blocks import Shape
from models.blocks.activation import ReLU
from models.blocks.composite import Group
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add, Concatenate
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.data.sources import DataFacts
from models.network.graph import Edge, Network, Source, stack
from models.network.project import Project
from models.zoo.templates import Template

CHAIN = stack(
    Input(shape=(8, 8, 4)), Conv2D(filters=4, padding="same"), ReLU(), ResidualBlock(filters=4), Flatten(), Dense()
)


def branched(shape: Shape, classes: int) -> Network:
    """An architecture with a shortcut around its convolution."""
    first = stack(Input(shape=shape), Conv2D(filters=shape[-1], padding="same"))
    add = first.nodes[1].model_copy(update={"id": "add", "block": Add(), "inputs": (Source("input"), Source("conv2d"))})
    flat = add.model_copy(update={"id": "flatten", "block": Flatten(), "inputs": (Source("add"),)})
    dense = add.model_copy(update={"id": "dense", "block": Dense(units=classes), "inputs": (Source("flatten"),)})
    return Network(nodes=(*first.nodes, add, flat, dense))


class Shortcut(Template):
    """An architecture that is none of the zoo's."""

    @property
    def make(self) -> Callable[[Shape, int], Network]:
        return branched


SHORTCUT = Shortcut(
    "shortcut", "Shortcut", "A shortcut.", 2015, module="", family="", reference="", input_shape=(8, 8, 4), classes=7
)


@pytest.fixture
def document(qapp: QApplication) -> Document:
    return Document(Project(network=CHAIN))


@pytest.fixture
def editor(document: Document) -> Editor:
    return Editor(document)


def sources(document: Document, node_id: str) -> tuple[str, ...]:
    return tuple(source.node for source in document.network.node(node_id).inputs)


# --- connections ------------------------------------------------------------------------------------------------------
def test_connecting_inserts_the_merge_that_the_shapes_ask_for(document: Document, editor: Editor) -> None:
    editor.connect_to(Source("input"), "residualblock")
    assert sources(document, "add") == ("relu", "input")
    editor.connect_to(Source("conv2d"), "dense")
    assert document.network.node("concatenate").block == Concatenate()


def test_what_cannot_be_connected_is_refused_with_the_reason(document: Document, editor: Editor) -> None:
    texts: list[str] = []
    editor.refused.connect(texts.append)
    editor.connect_to(Source("dense"), "conv2d")
    assert texts == [editor.why_not_connect(Source("dense"), "conv2d")]
    assert "would be a cycle" in texts[0]
    assert not document.is_modified


def test_two_selected_blocks_are_connected_in_the_networks_order_and_cut_again(
    document: Document, editor: Editor
) -> None:
    editor.select(("residualblock", "input"))
    editor.connect_selected()
    assert sources(document, "add") == ("relu", "input")
    editor.select(("add", "input"))
    editor.disconnect_selected()
    assert document.network == CHAIN


def test_disconnecting_one_block_takes_every_input_of_it(document: Document, editor: Editor) -> None:
    editor.connect_to(Source("input"), "residualblock")
    editor.select(("add",))
    assert len(editor.disconnectable()) == 2
    editor.disconnect_selected()
    assert "add" not in document.network
    assert document.undo_stack.count() == 2


def test_an_input_taken_away_in_the_inspector_leaves_the_merge_for_another(document: Document, editor: Editor) -> None:
    editor.connect_to(Source("input"), "residualblock")
    editor.disconnect_input("add", 1)
    assert sources(document, "add") == ("relu",)


def test_a_connection_led_elsewhere_is_one_step(document: Document, editor: Editor) -> None:
    editor.connect_to(Source("input"), "residualblock")
    editor.rewire(Edge(Source("input"), "add", 1), "flatten")
    assert sources(document, "residualblock") == ("relu",)
    assert sources(document, "add") == ("residualblock", "input")
    document.undo_stack.undo()
    assert sources(document, "add") == ("relu", "input")


# --- beside -----------------------------------------------------------------------------------------------------------
def test_blocks_stand_beside_others(document: Document, editor: Editor) -> None:
    editor.insert_beside(Conv2D(filters=3, padding="same"), "residualblock")
    assert editor.current is not None
    assert sources(document, editor.current) == ("relu",)
    assert sources(document, "flatten") == ("concatenate",)
    editor.select(("conv2d",))
    editor.duplicate_beside()
    assert sources(document, "add") == ("conv2d", editor.current)


def test_moving_beside_is_one_step_and_keeps_the_selection(document: Document, editor: Editor) -> None:
    editor.select(("relu",))
    editor.move_beside(editor.selection, "residualblock")
    assert sources(document, "relu") == sources(document, "residualblock") == ("conv2d",)
    assert editor.selection == ("relu",)
    document.undo_stack.undo()
    assert document.network == CHAIN


# --- composites -------------------------------------------------------------------------------------------------------
def test_a_group_is_kept_in_the_project_and_one_undo_takes_both_back(document: Document, editor: Editor) -> None:
    editor.select(("conv2d", "relu"))
    editor.group("Stem")
    (kept,) = document.project.composites
    assert document.network.node("group").block == kept
    assert editor.selection == ("group",)
    assert document.undo_stack.undoText() == "Group Stem"
    document.undo_stack.undo()
    assert document.project == Project(network=CHAIN)


def test_a_group_of_the_same_name_replaces_the_kept_one(document: Document, editor: Editor) -> None:
    for chosen in (("conv2d", "relu"), ("flatten", "dense")):
        editor.select(chosen)
        editor.group("Stem")
    (kept,) = document.project.composites
    assert [node.id for node in kept.nodes] == ["flatten", "dense"]


def test_unpacking_selects_what_came_out(document: Document, editor: Editor) -> None:
    editor.select(("conv2d", "residualblock", "relu"))
    assert editor.unpackable() == ("residualblock",)
    editor.unpack()
    assert len(editor.selection) == 7
    assert all(node_id.startswith("residualblock__") for node_id in editor.selection)
    assert analyse(document.network).parameters == analyse(CHAIN).parameters


def test_several_composites_unpack_in_one_step(document: Document, editor: Editor) -> None:
    editor.select(("conv2d", "relu"))
    editor.group("Stem")
    editor.select(("group", "residualblock"))
    editor.unpack()
    assert len(editor.selection) == 9
    document.undo_stack.undo()
    assert {"group", "residualblock"} <= {node.id for node in document.network.nodes}


def test_a_group_from_elsewhere_can_be_kept_and_taken_away_again(document: Document, editor: Editor) -> None:
    editor.select(("conv2d", "relu"))
    editor.group("Stem")
    kept = document.project.composites
    editor.remove_composite("Stem")
    assert document.project.composites == ()
    assert isinstance(document.network.node("group").block, Group)
    assert editor.keepable() == kept[0]
    editor.keep_composite()
    assert document.project.composites == kept
    assert editor.keepable() is None


def test_a_group_is_inserted_as_any_block_and_survives_the_clipboard(document: Document, editor: Editor) -> None:
    editor.select(("conv2d", "relu"))
    editor.group("Stem")
    (stem,) = document.project.composites
    editor.append(stem)
    assert document.undo_stack.undoText() == "Add Stem"
    assert sources(document, "residualblock") == ("group_2",)
    editor.copy()
    fragment = clipboard.pasted()
    assert fragment is not None
    assert fragment.nodes[0].block == stem
    editor.paste_clipboard()
    assert [node.block for node in document.network.nodes].count(stem) == 3


# --- architectures ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("on_edge", [True, False])
def test_an_architecture_with_branches_keeps_them(document: Document, editor: Editor, on_edge: bool) -> None:
    document.set_facts(DataFacts("Leaves", 30, (8, 8, 4), ("a", "b", "c")))
    edge = document.network.consumers("relu")[0] if on_edge else None
    editor.insert_template(SHORTCUT, edge)
    before = "relu" if on_edge else "dense"
    assert sources(document, "add") == (before, "conv2d_2")
    assert document.network.node("dense_2").block == Dense(units=3)
    assert [node.block.type for node in document.network.nodes].count("Input") == 1
    assert document.undo_stack.count() == 1


# --- in the window ----------------------------------------------------------------------------------------------------
@pytest.fixture
def editing(window: MainWindow) -> MainWindow:
    """A window with the chain in it."""
    window.document.open(Project(network=CHAIN))
    return window


def test_actions_are_enabled_where_they_apply(editing: MainWindow) -> None:
    names = ("connect", "disconnect", "duplicate_beside", "group", "unpack", "look_inside", "keep_composite")

    def enabled(*ids: str) -> set[str]:
        editing.editor.select(ids)
        return {name for name in names if editing.actions_[name].isEnabled()}

    assert enabled() == set()
    assert enabled("relu") == {"disconnect", "duplicate_beside", "group"}
    assert enabled("residualblock") == {"disconnect", "duplicate_beside", "group", "unpack", "look_inside"}
    assert enabled("input", "residualblock") == {"connect", "group", "unpack", "look_inside"}
    assert enabled("conv2d", "relu") == {"disconnect", "group"}


def test_grouping_asks_for_a_name_and_says_first_what_is_wrong(
    editing: MainWindow, questions: ScriptedQuestions
) -> None:
    refused: list[str] = []
    editing.editor.refused.connect(refused.append)
    editing.editor.select(("conv2d", "residualblock"))
    editing.actions_["group"].trigger()
    assert questions.asked == []
    assert "ReLU (relu)" in refused[0]
    editing.editor.select(("conv2d", "relu"))
    editing.actions_["group"].trigger()  # thinks better of it
    assert editing.document.network == CHAIN
    questions.text = "Stem"
    editing.actions_["group"].trigger()
    assert questions.asked == ["Group: Block 1"] * 2
    (stem,) = editing.document.project.composites
    assert stem.name == "Stem"
    editing.views.palette.block_activated.emit(stem)
    assert [node.block for node in editing.document.network.nodes].count(stem) == 2
    editing.views.palette.composite_removed.emit("Stem")
    assert editing.document.project.composites == ()


def test_a_composite_opens_on_the_canvas_and_unpacks(editing: MainWindow) -> None:
    editing.editor.select(("residualblock",))
    editing.actions_["look_inside"].trigger()
    assert editing.views.canvas.opened == ("residualblock",)
    editing.actions_["look_inside"].trigger()
    assert editing.views.canvas.opened == ()
    editing.actions_["unpack"].trigger()
    assert "residualblock__conv1" in editing.document.network


def test_what_the_canvas_reports_is_done(editing: MainWindow) -> None:
    canvas, document = editing.views.canvas, editing.document
    canvas.connection_dropped.emit(Source("input"), "residualblock")
    assert sources(document, "add") == ("relu", "input")
    canvas.edge_rewired.emit(Edge(Source("input"), "add", 1), "flatten")
    assert sources(document, "add") == ("residualblock", "input")
    canvas.block_dropped_beside.emit(ReLU(), "conv2d")
    assert sources(document, "relu_2") == ("input",)
    canvas.blocks_moved_beside.emit(("dense",), "flatten")
    assert sources(document, "dense") == sources(document, "flatten")
    canvas.edge_cut.emit(Edge(Source("input"), "conv2d", 0))
    assert sources(document, "conv2d") == ()
    assert "would be a cycle" in canvas.connection_refusal(Source("relu"), "conv2d")
