"""Edits of branches: connecting with a merge, cutting, rewiring, placing beside; refusals say why."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import CHAIN_LAYERS, blocks, known_shapes, networks, sources_of

from models.analysis import analyse
from models.blocks import Block
from models.blocks.activation import ReLU
from models.blocks.composite import CompositeBlock
from models.blocks.convolution import Conv2D, DepthwiseConv2D
from models.blocks.input import Input
from models.blocks.merge import Add, Concatenate
from models.blocks.mobile import InvertedResidual
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import MaxPooling2D
from models.blocks.residual import ResidualBlock
from models.network.branches import (
    connect_or_merge,
    cut,
    insert_parallel,
    move_parallel,
    rewire,
    why_not_connect,
)
from models.network.edits import EditError, remove
from models.network.graph import Edge, Network, Node, Source, stack

CHAIN = stack(
    Input(shape=(8, 8, 4)), Conv2D(filters=4, padding="same"), ReLU(), Conv2D(filters=6, padding="same"), ReLU()
)
SAME = known_shapes(CHAIN)
layers = st.sampled_from(CHAIN_LAYERS).flatmap(blocks)


def wiring(network: Network) -> dict[str, tuple[str, ...]]:
    """Each node's sources, by id."""
    return {node.id: tuple(source.node for source in node.inputs) for node in network.nodes}


# --- connecting -----------------------------------------------------------------------------------------------------
def test_equal_shapes_are_added_and_others_put_behind_one_another() -> None:
    added = connect_or_merge(CHAIN, Source("input"), "conv2d_2", SAME)
    assert wiring(added)["add"] == ("relu", "input")
    assert wiring(added)["conv2d_2"] == ("add",)
    joined = connect_or_merge(CHAIN, Source("input"), "relu_2", SAME)
    assert wiring(joined)["concatenate"] == ("conv2d_2", "input")
    assert analyse(added).problems == analyse(joined).problems == ()


def test_a_merge_that_serves_the_block_alone_takes_one_more() -> None:
    added = connect_or_merge(CHAIN, Source("input"), "conv2d_2", SAME)
    more = connect_or_merge(added, Source("conv2d"), "conv2d_2", known_shapes(added))
    assert wiring(more)["add"] == ("relu", "input", "conv2d")
    assert [node.block.type for node in more.nodes].count("Add") == 1


def test_a_merge_that_serves_others_too_is_left_alone() -> None:
    added = connect_or_merge(CHAIN, Source("input"), "conv2d_2", SAME)
    used = connect_or_merge(added, Source("add"), "relu_2", known_shapes(added))
    more = connect_or_merge(used, Source("conv2d"), "conv2d_2", known_shapes(used))
    assert wiring(more)["add"] == ("relu", "input")
    assert wiring(more)["add_2"] == ("add", "conv2d")
    assert wiring(more)["conv2d_2"] == ("add_2",)


@given(networks(), st.data())
def test_what_is_not_refused_depends_on_its_new_source(network: Network, data: st.DataObject) -> None:
    assume(network.nodes)
    source = data.draw(st.sampled_from([source for node in network.nodes for source in sources_of(node)]))
    target = data.draw(st.sampled_from(network.nodes))
    why = why_not_connect(network, source, target.id)
    if why:
        assert why.endswith(".")
        with pytest.raises(EditError) as caught:
            connect_or_merge(network, source, target.id, known_shapes(network))
        assert str(caught.value) == why
        return
    connected = connect_or_merge(network, source, target.id, known_shapes(network))
    assert source.node in connected.upstream(target.id)
    assert network.upstream(target.id) <= connected.upstream(target.id)
    assert len(connected) - len(network) in (0, 1)
    assert len(set(connected.edges)) == len(connected.edges)


@given(networks(valid=True), st.data())
def test_cutting_what_was_connected_brings_the_network_back(network: Network, data: st.DataObject) -> None:
    outputs = [source for node in network.nodes for source in sources_of(node)]
    pairs = [(s, n.id) for s in outputs for n in network.nodes if not why_not_connect(network, s, n.id)]
    if not pairs:
        return
    source, target = data.draw(st.sampled_from(pairs))
    connected = connect_or_merge(network, source, target, known_shapes(network))
    (added,) = {edge for edge in connected.edges if edge.source == source} - {
        edge for edge in network.edges if edge.source == source and edge in connected.edges
    }
    assert wiring(cut(connected, added)) == wiring(network)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("relu_2", "conv2d", "ReLU depends on Conv2D: the connection would be a cycle. Connect it to a later block."),
        ("relu", "relu", "ReLU cannot feed itself. Connect it to a later block."),
        ("conv2d", "relu", "Conv2D is already an input of ReLU. Connect another block."),
        ("relu", "input", "Input takes no input: the data enters there. Connect a later block."),
        ("gone", "relu", "That block is gone. Choose another one."),
    ],
)
def test_a_refused_target_says_why(source: str, target: str, why: str) -> None:
    assert why_not_connect(CHAIN, Source(source), target) == why


def test_nothing_goes_on_from_an_auxiliary_output() -> None:
    tapped, (head,) = insert_parallel(CHAIN, "conv2d_2", [AuxiliaryOutput()], SAME)
    assert wiring(tapped)[head] == ("conv2d_2",)
    assert "an end of the network" in why_not_connect(tapped, Source(head), "relu_2")


# --- cutting --------------------------------------------------------------------------------------------------------
def test_a_merge_left_with_one_input_goes_too() -> None:
    added = connect_or_merge(CHAIN, Source("input"), "conv2d_2", SAME)
    assert cut(added, Edge(Source("input"), "add", 1)) == CHAIN
    assert wiring(cut(added, Edge(Source("relu"), "add", 0)))["conv2d_2"] == ("input",)


def test_a_block_left_without_input_stays_as_a_problem_with_repairs() -> None:
    loose = cut(CHAIN, Edge(Source("relu"), "conv2d_2", 0))
    assert wiring(loose)["conv2d_2"] == ()
    problems = {problem.node_id: problem for problem in analyse(loose).problems}
    assert set(problems) == {"relu", "conv2d_2"}
    assert all(problem.repairs for problem in problems.values())


def test_a_connection_can_lead_elsewhere() -> None:
    added = connect_or_merge(CHAIN, Source("input"), "conv2d_2", SAME)
    moved = rewire(added, Edge(Source("input"), "add", 1), "relu_2", known_shapes(added))
    assert "add" not in moved
    assert wiring(moved)["concatenate"] == ("conv2d_2", "input")
    assert rewire(added, Edge(Source("input"), "add", 1), "add", known_shapes(added)) == added


# --- beside ---------------------------------------------------------------------------------------------------------
@given(networks(), layers, st.data())
def test_a_block_beside_another_has_its_source_and_meets_it_behind(
    network: Network, block: object, data: st.DataObject
) -> None:
    assume(network.nodes)
    node = data.draw(st.sampled_from(network.nodes))
    try:
        grown, (new,) = insert_parallel(network, node.id, [block], known_shapes(network))
    except EditError:
        assert not node.inputs or node.block.auxiliary
        return
    assert grown.node(new).inputs == node.inputs[:1]
    assert grown.node(node.id) == node
    (meeting,) = {edge.target for edge in grown.consumers(new)}
    assert node.id in {source.node for source in grown.node(meeting).inputs}
    assert network.output_node is None or grown.output_node is not None
    assert wiring(remove(grown, [new])).keys() >= wiring(network).keys()


def test_branches_beside_one_another_meet_in_one_merge() -> None:
    one, (first,) = insert_parallel(CHAIN, "conv2d", [Conv2D(filters=8, padding="same")], SAME)
    two, (second,) = insert_parallel(one, "conv2d", [Conv2D(filters=5, padding="same")], known_shapes(one))
    assert wiring(two)["concatenate"] == ("conv2d", first, second)
    assert wiring(two)["relu"] == ("concatenate",)
    assert analyse(two).nodes["concatenate"].output_shape == (8, 8, 17)


def test_beside_the_last_block_the_merge_becomes_the_output() -> None:
    grown, _ = insert_parallel(CHAIN, "relu_2", [ReLU()], SAME)
    assert grown.output_node is not None
    assert grown.output_node.block == Add()
    assert analyse(grown).problems == ()


def test_blocks_move_beside_another_and_keep_ids_and_settings() -> None:
    moved = move_parallel(CHAIN, ["relu_2"], "conv2d_2", SAME)
    assert wiring(moved)["relu_2"] == ("relu",)
    assert set(wiring(moved)["concatenate"]) == {"conv2d_2", "relu_2"}
    assert {node.id: node.block for node in CHAIN.nodes}.items() <= {n.id: n.block for n in moved.nodes}.items()
    assert move_parallel(CHAIN, ["relu"], "relu", SAME) == CHAIN


def test_a_chain_moved_beside_stays_a_chain() -> None:
    moved = move_parallel(CHAIN, ["conv2d_2", "relu_2"], "conv2d", SAME)
    assert wiring(moved)["conv2d_2"] == ("input",)
    assert wiring(moved)["relu_2"] == ("conv2d_2",)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda: insert_parallel(CHAIN, "input", [ReLU()], SAME), "Nothing can stand beside Input"),
        (lambda: insert_parallel(CHAIN, "relu", [Input()], SAME), "one Input block"),
        (lambda: insert_parallel(stack(ReLU()), "relu", [ReLU()], lambda _: None), "has no input yet"),
        (lambda: insert_parallel(CHAIN, "gone", [ReLU()], SAME), "is gone"),
        (lambda: move_parallel(CHAIN, ["input"], "relu", SAME), "stays at the start"),
        (
            lambda: insert_parallel(
                Network(nodes=(*CHAIN.nodes, Node(id="aux", block=AuxiliaryOutput(), inputs=(Source("relu"),)))),
                "aux",
                [ReLU()],
                SAME,
            ),
            "no branch can join it",
        ),
    ],
)
def test_what_cannot_stand_beside_says_why(edit: object, why: str) -> None:
    assert callable(edit)
    with pytest.raises(EditError, match=why):
        edit()


def test_a_merge_of_another_axis_does_not_stand_in() -> None:
    joined = connect_or_merge(CHAIN, Source("input"), "relu_2", SAME)
    rows = Network(
        nodes=tuple(node.with_block(Concatenate(axis=1)) if node.id == "concatenate" else node for node in joined.nodes)
    )
    more = connect_or_merge(rows, Source("conv2d"), "relu_2", lambda _: None)
    assert wiring(more)["concatenate_2"] == ("concatenate", "conv2d")


# --- a block that fits where it is put ------------------------------------------------------------------------------
IMAGE = Input(shape=(32, 32, 3))
BESIDE = {
    "a valid convolution": (stack(IMAGE, Conv2D(filters=6, kernel_size=5), ReLU()), "conv2d"),
    "a strided one": (stack(IMAGE, Conv2D(filters=6, strides=2, padding="same"), ReLU()), "conv2d"),
    "a pooling": (stack(IMAGE, MaxPooling2D(), ReLU()), "maxpooling2d"),
    "a composite": (stack(IMAGE, ResidualBlock(filters=8, strides=2), ReLU()), "residualblock"),
}


@pytest.mark.parametrize(("network", "node_id"), BESIDE.values(), ids=BESIDE.keys())
@pytest.mark.parametrize(
    "block", [Conv2D(), DepthwiseConv2D(), MaxPooling2D(), ResidualBlock(), InvertedResidual()], ids=lambda b: b.type
)
def test_a_new_block_is_set_so_that_the_branches_meet(network: Network, node_id: str, block: Block) -> None:
    grown, (new,) = insert_parallel(network, node_id, [block], known_shapes(network))
    assert grown.node(new).block.type == block.type
    if isinstance(block, CompositeBlock) and network.node(node_id).block.output_shape((IMAGE.shape,))[0] == 28:
        (problem,) = analyse(grown).problems  # it keeps the size, or halves it, and has no setting for less
        assert problem.repairs
    else:
        assert analyse(grown).problems == ()


@pytest.mark.parametrize("block", [Conv2D(), ResidualBlock(), InvertedResidual()], ids=lambda b: b.type)
def test_beside_what_is_added_a_new_block_takes_the_channels(block: Block) -> None:
    network = stack(IMAGE, Conv2D(filters=12, padding="same"), ReLU())
    network, _ = insert_parallel(network, "conv2d", [Conv2D(filters=12, padding="same")], known_shapes(network))
    assert "add" in network
    grown, (new,) = insert_parallel(network, "conv2d", [block], known_shapes(network))
    assert Source(new) in grown.node("add").inputs
    assert analyse(grown).problems == ()


def test_a_block_that_fits_already_is_left_as_it_is() -> None:
    block = Conv2D(filters=9, padding="same", activation="tanh")
    grown, (new,) = insert_parallel(CHAIN, "conv2d", [block], SAME)
    assert grown.node(new).block == block


def test_an_auxiliary_output_beside_a_block_takes_what_leaves_it() -> None:
    grown, (new,) = insert_parallel(CHAIN, "relu", [AuxiliaryOutput()], SAME)
    assert grown.node(new).inputs == (Source("relu"),)
    assert grown.output_node == CHAIN.output_node
    with pytest.raises(EditError, match="main output already"):
        insert_parallel(CHAIN, "relu_2", [AuxiliaryOutput()], SAME)
    moved = move_parallel(grown, [new], "conv2d_2", known_shapes(grown))
    assert moved.node(new).inputs == (Source("conv2d_2"),)
