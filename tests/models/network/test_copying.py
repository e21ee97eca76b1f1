"""Copied and pasted parts of networks: under fresh ids, joined to what is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add, Concatenate
from models.blocks.normalization import BatchNormalization
from models.blocks.output import AuxiliaryOutput
from models.blocks.shaping import Flatten
from models.network.copying import copy_fragment, duplicate, paste, paste_on_edge
from models.network.edits import EditError
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
WITH_HEAD = Network(
    nodes=(
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="conv", block=Conv2D(filters=4), inputs=(Source("input"),)),
        Node(id="flat", block=Flatten(), inputs=(Source("conv"),)),
        Node(id="side", block=Dense(units=3), inputs=(Source("flat"),)),
        Node(id="auxiliary", block=AuxiliaryOutput(), inputs=(Source("side"),)),
        Node(id="dense", block=Dense(units=3), inputs=(Source("flat"),)),
    )
)


def wiring(network: Network) -> dict[str, tuple[str, ...]]:
    """Each node's sources, by id."""
    return {node.id: tuple(source.node for source in node.inputs) for node in network.nodes}


def kinds(network: Network) -> list[str]:
    return [node.block.type for node in network.nodes]


@given(networks(), networks(), st.data())
def test_pasted_nodes_have_fresh_ids_and_the_old_ones_stay(
    network: Network, fragment: Network, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([None, *(node.id for node in network.nodes)]))
    pasted, new = paste(network, fragment, place)
    assert not set(new) & {node.id for node in network.nodes}
    assert {node.id for node in pasted.nodes} == {node.id for node in network.nodes} | set(new)
    has_input = network.input_node is not None
    expected = [node for node in fragment.nodes if node.block.max_inputs or not has_input]
    assert [pasted.node(node_id).block for node_id in new] == [node.block for node in expected]
    assert [pasted.node(node_id).name for node_id in new] == [node.name for node in expected]


def test_a_copied_chain_goes_between() -> None:
    pasted, new = paste(CHAIN, copy_fragment(CHAIN, ["conv2d", "batchnormalization"]), "conv2d")
    assert wiring(pasted)[new[0]] == ("conv2d",)
    assert wiring(pasted)["batchnormalization"] == (new[1],)
    assert analyse(pasted).problems == ()


def test_blocks_copied_from_two_places_become_one_chain() -> None:
    fragment = copy_fragment(CHAIN, ["conv2d", "relu"])
    assert wiring(fragment) == {"conv2d": (), "relu": ("conv2d",)}
    pasted, _ = paste(CHAIN, fragment, "relu")
    assert analyse(pasted).problems == ()


def test_a_copied_shortcut_starts_where_it_is_pasted() -> None:
    pasted, (conv, add) = paste(RESIDUAL, copy_fragment(RESIDUAL, ["conv", "add"]), "relu")
    assert wiring(pasted)[conv] == ("relu",)
    assert set(wiring(pasted)[add]) == {conv, "relu"}
    assert analyse(pasted).problems == ()


def test_a_whole_network_pastes_into_nothing_and_into_another() -> None:
    assert kinds(paste(Network(), LENET, None)[0]) == kinds(LENET)
    pasted, new = paste(CHAIN, LENET, None)
    assert "Input" not in [pasted.node(node_id).block.type for node_id in new]
    assert len(new) == len(LENET) - 1
    assert paste(CHAIN, stack(Input()), None) == (CHAIN, ())


def test_duplicates_stand_behind_their_originals() -> None:
    doubled, new = duplicate(CHAIN, ["batchnormalization", "conv2d"])
    assert [node.id for node in doubled.nodes] == ["input", "conv2d", "batchnormalization", *new, "relu"]
    assert duplicate(CHAIN, []) == (CHAIN, ())
    with pytest.raises(EditError, match="one Input block"):
        duplicate(CHAIN, ["input"])


# --- on a connection ------------------------------------------------------------------------------------------------
@given(networks(), networks(), st.data())
def test_what_is_pasted_on_a_connection_stands_between(
    network: Network, fragment: Network, data: st.DataObject
) -> None:
    if not network.edges:
        return
    edge = data.draw(st.sampled_from(network.edges))
    pasted, new = paste_on_edge(network, fragment, edge)
    assert {node.id for node in pasted.nodes} == {node.id for node in network.nodes} | set(new)
    now = pasted.node(edge.target).inputs[edge.input_index]
    assert now == edge.source or now.node in new
    others = {other.id for other in network.nodes} - {edge.target}
    assert all(pasted.node(node_id) == network.node(node_id) for node_id in others)


def test_a_branched_architecture_keeps_its_branches_and_the_order_of_its_inputs() -> None:
    shortcut_first = RESIDUAL
    (edge,) = CHAIN.consumers("conv2d")
    pasted, (conv, add, relu) = paste_on_edge(CHAIN, shortcut_first, edge)
    assert wiring(pasted)[conv] == ("conv2d",)
    assert wiring(pasted)[add] == ("conv2d", conv)
    assert wiring(pasted)["batchnormalization"] == (relu,)


def test_an_architecture_brings_its_auxiliary_outputs() -> None:
    pasted, new = paste(stack(Input(shape=(8, 8, 4)), ReLU()), WITH_HEAD, None)
    assert [node.block.type for node in pasted.outputs] == ["Dense", "AuxiliaryOutput"]
    assert analyse(pasted).problems == ()
    (edge,) = CHAIN.consumers("conv2d")
    inserted, new = paste_on_edge(CHAIN, WITH_HEAD, edge)
    last = inserted.node("batchnormalization").inputs[0].node
    assert inserted.node(last).block == Dense(units=3)
    assert last == new[-1]


def test_a_connection_that_is_gone_takes_no_paste() -> None:
    with pytest.raises(EditError, match="no longer there"):
        paste_on_edge(CHAIN, RESIDUAL, Edge(Source("relu"), "conv2d", 0))


# --- auxiliary outputs and groups -------------------------------------------------------------------------------------
def test_a_duplicate_of_an_auxiliary_output_taps_the_same_block() -> None:
    doubled, (new,) = duplicate(WITH_HEAD, ["auxiliary"])
    assert wiring(doubled)[new] == wiring(doubled)["auxiliary"] == ("side",)


def test_pasting_behind_an_auxiliary_output_goes_before_it() -> None:
    pasted, (new,) = paste(WITH_HEAD, stack(ReLU()), "auxiliary")
    assert wiring(pasted)[new] == ("side",)
    assert wiring(pasted)["auxiliary"] == (new,)


def test_an_auxiliary_output_of_the_main_output_is_refused() -> None:
    with pytest.raises(EditError, match="the network's main output already"):
        paste(CHAIN, stack(AuxiliaryOutput()), None)


def test_groups_are_copied_whole_and_survive_as_text() -> None:
    inner = Group(
        name="pair",
        nodes=(
            Node(id="left", block=ReLU(), inputs=(Source(ENTRY),)),
            Node(id="both", block=Concatenate(), inputs=(Source(ENTRY), Source("left"))),
        ),
        output=Source("both"),
    )
    outer = Group(name="outer", nodes=(Node(id="pair", block=inner, inputs=(Source(ENTRY),)),), output=Source("pair"))
    network = stack(Input(shape=(8, 8, 4)), outer, ReLU())
    doubled, (new,) = duplicate(network, ["group"])
    assert doubled.node(new).block == outer
    assert analyse(doubled).output_shape == (8, 8, 16)
    assert Network.model_validate_json(copy_fragment(doubled, [new]).model_dump_json()).nodes[0].block == outer
