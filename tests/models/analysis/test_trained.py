"""Trained weights stay with their layers, whatever groups stand around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arriving, networks

from models.analysis import analyse, matching_layers, still_trained
from models.analysis.trained import layers_with_weights
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.network.edits import insert_after, remove
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack
from models.network.grouping import group, unpack, why_not_group

CHAIN = stack(Input(shape=(8, 8, 4)), Conv2D(filters=4, padding="same"), ReLU(), ResidualBlock(filters=4))


def kept(before: Network, after: Network) -> frozenset[str]:
    return still_trained(analyse(before), analyse(after))


def weighty(network: Network) -> set[str]:
    return {node_id for node_id, node in analyse(network).nodes.items() if node.weights}


@given(networks(valid=True))
def test_layers_have_the_ids_of_the_expansion(network: Network) -> None:
    ids = [layer.layer_id for layer in layers_with_weights(analyse(network))]
    assert set(ids) == weighty(expand(network).network)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("ids", [("a" * 200, "b"), ("a", "b" * 200), ("a" * 100, "b" * 100), ("a", "a__b")])
def test_long_and_taken_ids_are_those_of_the_expansion_too(ids: tuple[str, str]) -> None:
    conv = Conv2D(filters=4, padding="same")
    inside = Node(id=ids[1], block=conv, inputs=(Source(ENTRY),))
    unit = Group(name="unit", nodes=(inside,), output=Source(ids[1]))
    entry = Node(id="input", block=Input(shape=(8, 8, 4)))
    first = Node(id=ids[0], block=unit, inputs=(Source("input"),))
    second = Node(id=f"{ids[0]}__{ids[1]}"[-200:], block=conv, inputs=(Source(ids[0]),))
    network = Network(nodes=(entry, first, second))
    layers = [layer.layer_id for layer in layers_with_weights(analyse(network))]
    assert len(layers) == 2
    assert set(layers) == weighty(expand(network).network)


@given(networks(valid=True), st.data())
def test_grouping_unpacking_and_taking_either_back_keep_all_weights(network: Network, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(network) - 1))
    end = data.draw(st.integers(start, len(network) - 1))
    chosen = [node.id for node in network.nodes[start : end + 1]]
    if why_not_group(network, chosen):
        return
    grouped, group_id = group(network, chosen, "unit")
    unpacked, _ = unpack(grouped, group_id, arriving(grouped, group_id))
    for before, after in ((network, grouped), (grouped, network), (grouped, unpacked), (unpacked, grouped)):
        assert weighty(after) <= kept(before, after)


@given(networks(), networks())
def test_matching_layers_are_alike_and_each_is_matched_once(before: Network, after: Network) -> None:
    old = {layer.layer_id: layer for layer in layers_with_weights(analyse(before))}
    new = {layer.layer_id: layer for layer in layers_with_weights(analyse(after))}
    matches = matching_layers(analyse(before), analyse(after))
    assert len(set(matches.values())) == len(matches)
    for layer_id, old_id in matches.items():
        assert (new[layer_id].kind, new[layer_id].weights) == (old[old_id].kind, old[old_id].weights)


def test_a_composite_is_trained_when_all_that_is_inside_is() -> None:
    unpacked, ids = unpack(CHAIN, "residualblock", ((8, 8, 4),))
    assert "residualblock" in kept(unpacked, CHAIN)
    without = remove(unpacked, [node_id for node_id in ids if node_id.endswith("bn1")])
    assert "residualblock" not in kept(without, CHAIN)
    assert "residualblock__conv1" in kept(without, CHAIN)


def test_groups_within_groups_are_seen_through() -> None:
    inner, inner_id = group(CHAIN, ["conv2d", "relu"], "inner")
    outer, outer_id = group(inner, [inner_id, "residualblock"], "outer")
    assert {outer_id, f"{outer_id}__{inner_id}__conv2d"} <= kept(CHAIN, outer)
    assert weighty(CHAIN) <= kept(outer, CHAIN)


def test_a_block_of_another_composite_does_not_take_the_weights() -> None:
    grown, (second,) = insert_after(CHAIN, None, [ResidualBlock(filters=4)])
    assert second not in kept(CHAIN, grown)
    replaced = remove(grown, ["residualblock"])
    assert kept(CHAIN, replaced) == {"conv2d"}


def test_a_copy_of_a_group_starts_afresh() -> None:
    grouped, group_id = group(CHAIN, ["conv2d", "relu"], "stem")
    doubled, (copy,) = insert_after(grouped, group_id, [grouped.node(group_id).block])
    assert group_id in kept(grouped, doubled)
    assert copy not in kept(grouped, doubled)
