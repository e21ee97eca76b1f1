"""Edits: they heal, keep what they should keep, never change their input, and refuse in words."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from strategies import CHAIN_LAYERS, blocks, edits, networks

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.channels import ChannelSplit
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add, Concatenate
from models.blocks.normalization import BatchNormalization
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import MaxPooling2D
from models.blocks.shaping import Flatten
from models.network.edits import (
    EditError,
    add_input,
    connect,
    disconnect,
    insert_after,
    insert_before,
    insert_on_edge,
    move,
    remove,
    rename,
    replace_block,
)
from models.network.graph import Edge, Network, Node, Source, stack
from models.zoo.lenet import lenet5

LENET = lenet5()
CHAIN = stack(Input(), Conv2D(padding="same"), BatchNormalization(), ReLU())
RESIDUAL = Network(
    nodes=(
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="conv", block=Conv2D(filters=4, padding="same"), inputs=(Source("input"),)),
        Node(id="add", block=Add(), inputs=(Source("input"), Source("conv"))),
        Node(id="relu", block=ReLU(), inputs=(Source("add"),)),
    )
)

layers = st.sampled_from(CHAIN_LAYERS).flatmap(blocks)


def wiring(network: Network) -> dict[str, tuple[str, ...]]:
    """Each node's sources, by id."""
    return {node.id: tuple(source.node for source in node.inputs) for node in network.nodes}


def kinds(network: Network) -> list[str]:
    return [node.block.type for node in network.nodes]


def some_edge(data: st.DataObject, network: Network) -> Edge:
    return data.draw(st.sampled_from(network.edges))


# --- inserting ------------------------------------------------------------------------------------------------------
@given(networks(), layers)
def test_a_block_inserted_and_removed_again_leaves_no_trace(network: Network, block: object) -> None:
    for edge in network.edges:
        if network.node(edge.target).inputs.count(edge.source) > 1:
            continue  # healing joins the two connections
        grown, (new,) = insert_on_edge(network, edge, [block])
        assert wiring(grown)[new] == (edge.source.node,)
        assert Source(new) in grown.node(edge.target).inputs
        assert remove(grown, [new]) == network


@given(networks(), layers)
def test_a_block_behind_another_feeds_all_that_it_fed(network: Network, block: object) -> None:
    for node in network.nodes:
        if node.block.auxiliary:
            continue  # stays the end of its branch
        grown, (new,) = insert_after(network, node.id, [block])
        main = Source(node.id)  # what a further output feeds stays with it
        assert [edge.target for edge in grown.consumers(node.id) if edge.source == main] == [new]
        fed = [edge.target for edge in network.consumers(node.id) if edge.source == main]
        assert Counter(edge.target for edge in grown.consumers(new)) == Counter(fed)


def test_without_a_place_a_block_goes_behind_the_output() -> None:
    grown, new = insert_after(LENET, None, [Dense(units=5), ReLU()])
    assert kinds(grown)[-2:] == ["Dense", "ReLU"]
    assert grown.output_node == grown.node(new[-1])
    assert analyse(grown).problems == ()


def test_a_chain_can_start_an_empty_network() -> None:
    grown, new = insert_after(Network(), None, [Input(), Flatten(), Dense()])
    assert grown == stack(Input(), Flatten(), Dense())
    assert new == ("input", "flatten", "dense")


def test_inserting_nothing_changes_nothing() -> None:
    assert insert_after(LENET, None, []) == (LENET, ())


@pytest.mark.parametrize("after", [None, "conv2d"])
def test_an_input_goes_to_the_start_of_a_network_that_lost_its_own(after: str | None) -> None:
    headless = remove(CHAIN, ["input"])
    assert analyse(headless).problems
    grown, (new,) = insert_after(headless, after, [Input()])
    assert grown == CHAIN
    assert new == "input"


def test_a_second_input_is_refused() -> None:
    for refused in (
        lambda: insert_after(LENET, None, [Input()]),
        lambda: insert_after(Network(), None, [Conv2D(), Input()]),
        lambda: insert_on_edge(LENET, LENET.edges[0], [Input()]),
        lambda: add_input(LENET, "conv2d", Input()),
    ):
        with pytest.raises(EditError, match="A network has one Input block, at its start"):
            refused()


def test_an_input_is_added_where_it_is_missing() -> None:
    assert add_input(remove(CHAIN, ["input"]), "conv2d", Input()) == CHAIN


def test_inserting_before_an_input_that_is_not_there_is_refused() -> None:
    with pytest.raises(EditError, match=r"Conv2D has no input 2 to insert before\. Connect it first"):
        insert_before(CHAIN, "conv2d", [ReLU()], 1)


# --- removing -------------------------------------------------------------------------------------------------------
@given(st.sets(st.sampled_from([node.id for node in LENET.nodes[1:]])))
def test_a_chain_heals(gone: set[str]) -> None:
    rest = remove(LENET, gone)
    kept = [node for node in LENET.nodes if node.id not in gone]
    assert [node.id for node in rest.nodes] == [node.id for node in kept]
    assert [edge[:2] for edge in rest.edges] == [(Source(a.id), b.id) for a, b in pairwise(kept)]


@given(networks(), st.data())
def test_removing_heals_along_first_inputs_and_feeds_no_one_twice(network: Network, data: st.DataObject) -> None:
    if not network.nodes:
        return
    node = data.draw(st.sampled_from(network.nodes))
    rest = remove(network, [node.id])
    assert node.id not in rest
    for edge in network.consumers(node.id):
        sources = rest.node(edge.target).inputs
        assert (node.inputs[0] in sources) if node.inputs else (len(sources) < len(network.node(edge.target).inputs))
        before = network.node(edge.target).inputs
        assert all(sources.count(source) <= max(before.count(source), 1) for source in sources)


def test_a_shortcut_stays_when_its_branch_goes() -> None:
    assert wiring(remove(RESIDUAL, ["conv"])) == {"input": (), "add": ("input",), "relu": ("add",)}


# --- moving ---------------------------------------------------------------------------------------------------------
@given(networks(), st.data())
def test_moving_keeps_ids_names_and_blocks(network: Network, data: st.DataObject) -> None:
    if not network.edges:
        return
    chosen = data.draw(st.lists(st.sampled_from([node.id for node in network.nodes]), min_size=1, max_size=3))
    place = data.draw(st.one_of(st.none(), st.just(some_edge(data, network))))
    try:
        moved = move(network, chosen, place)
    except EditError:
        return
    assert {node.id: (node.block, node.name) for node in moved.nodes} == {
        node.id: (node.block, node.name) for node in network.nodes
    }


@given(st.data())
def test_in_a_chain_a_block_moves_to_any_place(data: st.DataObject) -> None:
    order = [node.id for node in LENET.nodes]
    chosen = data.draw(st.sampled_from(order[1:]))
    rest = [node_id for node_id in order if node_id != chosen]
    place = data.draw(st.integers(1, len(rest)))
    expected = [*rest[:place], chosen, *rest[place:]]
    edge = None
    if place < len(rest):
        after_healing = (rest[place - 1], rest[place])
        edge = next((edge for edge in LENET.edges if (edge.source.node, edge.target) == after_healing), None)
        if edge is None:  # the place it came from
            return
    assert [node.id for node in move(LENET, [chosen], edge).nodes] == expected


def test_a_moved_shortcut_keeps_its_order_of_inputs() -> None:
    longer, _ = insert_after(RESIDUAL, "relu", [BatchNormalization()])
    (edge,) = longer.consumers("relu")
    moved = move(longer, ["conv", "add"], edge)
    assert wiring(moved) == {
        "input": (),
        "relu": ("input",),
        "conv": ("relu",),
        "add": ("input", "conv"),
        "batchnormalization": ("add",),
    }


def test_a_block_dropped_beside_itself_stays() -> None:
    for edge in CHAIN.consumers("conv2d"):
        assert move(CHAIN, ["conv2d"], edge) == CHAIN
    assert move(CHAIN, [], None) == CHAIN


def test_what_cannot_move_says_so() -> None:
    with pytest.raises(EditError, match="The Input block stays at the start"):
        move(LENET, ["input"], None)
    with pytest.raises(EditError, match="no longer there"):
        move(LENET, ["dense"], Edge(Source("input"), "dense_2", 0))


# --- changing -------------------------------------------------------------------------------------------------------
def test_a_block_takes_the_place_of_another() -> None:
    changed = replace_block(LENET, "averagepooling2d", MaxPooling2D())
    assert wiring(changed) == wiring(LENET)
    assert changed.node("averagepooling2d").block == MaxPooling2D()


def test_a_name_is_what_people_see_and_no_more() -> None:
    named = rename(LENET, "conv2d", "  Stem ")
    assert named.node("conv2d").title == "Stem"
    assert wiring(named) == wiring(LENET)
    assert rename(named, "conv2d", " ") == LENET


# --- connecting -----------------------------------------------------------------------------------------------------
@given(networks(), st.data())
def test_connecting_never_makes_a_cycle(network: Network, data: st.DataObject) -> None:
    if not network.nodes:
        return
    source, target = (data.draw(st.sampled_from(network.nodes)) for _ in range(2))
    try:
        connected = connect(network, Source(source.id), target.id)
    except EditError:
        return
    assert source.id in connected.upstream(target.id)
    assert target.id not in connected.upstream(target.id)
    added = Edge(Source(source.id), target.id, len(target.inputs))
    assert wiring(disconnect(connected, added)) == wiring(network)


def test_a_node_may_feed_one_that_stood_before_it() -> None:
    two = Network(nodes=(Node(id="add", block=Add()), Node(id="input", block=Input())))
    assert [node.id for node in connect(two, Source("input"), "add").nodes] == ["input", "add"]


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("relu", "conv", "ReLU depends on Conv2D: the connection would be a cycle. Connect it to a later block."),
        ("conv", "conv", "Conv2D cannot feed itself. Connect it to a later block."),
        ("conv", "add", "Conv2D is already an input of Add. Connect another block."),
        ("conv", "relu", "ReLU takes one input and has it. Join branches with Add or Concatenate."),
        ("conv", "input", "Input takes no input: the data enters there. Connect a later block."),
        ("gone", "add", "That block is gone. Choose another one."),
        ("conv", "gone", "That block is gone. Choose another one."),
    ],
)
def test_a_connection_that_cannot_be_says_why(source: str, target: str, says: str) -> None:
    with pytest.raises(EditError) as caught:
        connect(RESIDUAL, Source(source), target)
    assert str(caught.value) == says


def test_a_connection_that_is_gone_cannot_be_taken_away() -> None:
    with pytest.raises(EditError, match="no longer there"):
        disconnect(RESIDUAL, Edge(Source("conv"), "relu", 0))


# --- several outputs ------------------------------------------------------------------------------------------------
SPLIT = Network(
    nodes=(
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="split", block=ChannelSplit(), inputs=(Source("input"),)),
        Node(id="relu", block=ReLU(), inputs=(Source("split", 1),)),
        Node(id="join", block=Concatenate(), inputs=(Source("split"), Source("relu"))),
        Node(id="head", block=AuxiliaryOutput(), inputs=(Source("relu"),)),
        Node(id="flat", block=Flatten(), inputs=(Source("join"),)),
    )
)


def test_a_block_behind_one_of_several_outputs_feeds_what_the_first_one_fed() -> None:
    grown, (new,) = insert_after(SPLIT, "split", [ReLU()])
    assert grown.node("join").inputs == (Source(new), Source("relu"))
    assert grown.node("relu").inputs == (Source("split", 1),)


def test_a_block_on_the_connection_of_another_output_keeps_that_output() -> None:
    grown, (new,) = insert_on_edge(SPLIT, Edge(Source("split", 1), "relu", 0), [ReLU()])
    assert grown.node(new).inputs == (Source("split", 1),)
    assert remove(grown, [new]) == SPLIT
    moved = move(SPLIT, ["relu"], Edge(Source("split"), "join", 0))
    assert moved.node("join").inputs == (Source("relu"), Source("split", 1))


def test_an_output_that_is_used_cannot_go_away() -> None:
    with pytest.raises(EditError, match=r"ReLU \(relu\) uses ChannelSplit's second half, .* Disconnect that first\."):
        replace_block(SPLIT, "split", ReLU())
    freed = disconnect(SPLIT, Edge(Source("split", 1), "relu", 0))
    assert replace_block(freed, "split", ReLU()).node("split").block == ReLU()


def test_an_output_that_is_not_there_cannot_be_connected() -> None:
    with pytest.raises(EditError, match="Flatten has no output 2"):
        connect(SPLIT, Source("flat", 1), "join")


# --- auxiliary outputs ----------------------------------------------------------------------------------------------
def test_an_auxiliary_output_taps_a_connection() -> None:
    for tapped, (new,) in (
        insert_on_edge(LENET, LENET.consumers("conv2d")[0], [AuxiliaryOutput()]),
        insert_after(LENET, "conv2d", [AuxiliaryOutput()]),
    ):
        assert remove(tapped, [new]) == LENET
        assert tapped.consumers(new) == ()
        assert [node.id for node in tapped.outputs] == [LENET.nodes[-1].id, new]


def test_a_head_is_inserted_as_a_branch_of_its_own() -> None:
    tapped, (dense, auxiliary) = insert_on_edge(LENET, LENET.consumers("flatten")[0], [Dense(), AuxiliaryOutput()])
    assert wiring(tapped)[auxiliary] == (dense,)
    assert wiring(tapped)["dense"] == (dense,)


def test_what_is_put_behind_an_auxiliary_output_goes_before_it() -> None:
    grown, (new,) = insert_after(SPLIT, "head", [ReLU()])
    assert wiring(grown)["head"] == (new,)
    assert wiring(grown)[new] == ("relu",)


def test_an_auxiliary_output_moves_from_tap_to_tap() -> None:
    moved = move(SPLIT, ["head"], Edge(Source("join"), "flat", 0))
    assert wiring(moved)["head"] == ("join",)
    assert wiring(moved)["flat"] == ("join",)
    assert moved.output_node == moved.node("flat")
    with pytest.raises(EditError, match="main output already"):
        move(SPLIT, ["head"], None)


def test_deleting_a_head_leaves_the_rest_alone() -> None:
    assert [node.id for node in remove(SPLIT, ["head"]).nodes] == ["input", "split", "relu", "join", "flat"]


# --- always ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "edit",
    [
        lambda: insert_before(CHAIN, "gone", [ReLU()]),
        lambda: insert_on_edge(CHAIN, Edge(Source("gone"), "relu", 0), [ReLU()]),
        lambda: replace_block(CHAIN, "gone", ReLU()),
        lambda: rename(CHAIN, "gone", "x"),
        lambda: add_input(remove(CHAIN, ["input"]), "gone", Input()),
    ],
)
def test_what_is_gone_cannot_be_edited(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(EditError, match=r"(is gone|no longer there)\. Choose another one\."):
        edit()


class AnyEdits(RuleBasedStateMachine):
    """Whatever is edited in whatever order: a valid network or a readable refusal, and the old one is as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.network = stack(Input(), Conv2D(), Concatenate())

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        before = self.network.model_dump_json()
        edit = data.draw(edits(self.network))
        try:
            after = edit.apply(self.network)
        except EditError as refused:
            after, said = self.network, str(refused)
        else:
            said = "."
        assert said.endswith(".")
        assert self.network.model_dump_json() == before
        self.network = after if len(after) <= 30 else stack(Input(), Conv2D())

    @invariant()
    def is_a_valid_network_that_can_be_analysed(self) -> None:
        assert Network.model_validate(self.network.model_dump()) == self.network
        assert set(analyse(self.network).nodes) == {node.id for node in self.network.nodes}


TestAnyEdits = AnyEdits.TestCase
TestAnyEdits.settings = settings(max_examples=30, stateful_step_count=15)
