"""Networks: order, looking things up, fresh ids."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import any_block, networks

from models.blocks import Block
from models.blocks.activation import ReLU
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.network.graph import Network, Node, Source, in_order, stack


@given(networks(), st.randoms(use_true_random=False))
def test_any_order_of_nodes_is_brought_into_a_valid_one(network: Network, shuffler: random.Random) -> None:
    nodes = list(network.nodes)
    shuffler.shuffle(nodes)
    ordered = Network(nodes=in_order(nodes))
    assert {node.id: node for node in ordered.nodes} == {node.id: node for node in network.nodes}


@given(networks())
def test_an_order_that_is_valid_stays(network: Network) -> None:
    assert in_order(network.nodes) == network.nodes


def test_a_cycle_has_no_order() -> None:
    a, b = Node(id="a", block=ReLU(), inputs=(Source("b"),)), Node(id="b", block=ReLU(), inputs=(Source("a"),))
    with pytest.raises(ValueError, match="a cycle through a, b"):
        in_order([a, b])


@given(networks())
def test_edges_and_consumers_tell_the_same(network: Network) -> None:
    assert sorted(edge for node in network.nodes for edge in network.consumers(node.id)) == sorted(network.edges)
    for edge in network.edges:
        assert network.node(edge.target).inputs[edge.input_index] == edge.source


@given(networks())
def test_upstream_is_what_inputs_lead_to(network: Network) -> None:
    for node in network.nodes:
        direct = {source.node for source in node.inputs}
        further = set().union(*(network.upstream(source) for source in direct)) if direct else set()
        assert network.upstream(node.id) == direct | further


@given(networks())
def test_input_and_output_stand_at_the_ends(network: Network) -> None:
    if network.output_node is not None:
        assert network.consumers(network.output_node.id) == ()
    assert (network.output_node is None) == (len(network) == 0)
    assert network.input_node is None or isinstance(network.input_node.block, Input)


@given(networks(), any_block())
def test_a_new_id_is_new_and_a_valid_name_for_keras(network: Network, block: Block) -> None:
    node_id = network.new_id(block, ["taken"])
    assert node_id not in network
    assert Node(id=node_id, block=block).id == node_id


@pytest.mark.parametrize("node_id", ["", "9a", "a b", "a/b", "ä", "a" * 201, "_a", "a\n"])
def test_an_id_that_keras_would_refuse_is_refused(node_id: str) -> None:
    with pytest.raises(ValidationError):
        Node(id=node_id, block=ReLU())


def test_lookups() -> None:
    network = stack(Input(), Dense())
    assert "dense" in network
    assert network.find("dense") is network.node("dense")
    assert network.find("gone") is None
    assert network.find(None) is None
    with pytest.raises(KeyError):
        network.node("gone")


@given(networks())
def test_networks_are_equal_by_value(network: Network) -> None:
    again = Network(nodes=network.nodes)
    assert network.edges == again.edges
    assert network == again
    assert hash(network) == hash(again)
