"""Groups: made of any blocks with one input and one output, unpacked into the same blocks again."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import arriving, networks

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.composite import Group
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.output import AuxiliaryOutput
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.edits import EditError, rename
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack
from models.network.grouping import group, unpack, why_not_group, with_composite

BRANCHED = Network(
    nodes=(
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="conv", block=Conv2D(filters=4, padding="same"), inputs=(Source("input"),), name="First"),
        Node(id="relu", block=ReLU(), inputs=(Source("conv"),)),
        Node(id="add", block=Add(), inputs=(Source("conv"), Source("relu"))),
        Node(id="unit", block=ResidualBlock(filters=4), inputs=(Source("add"),)),
        Node(id="flat", block=Flatten(), inputs=(Source("unit"),)),
        Node(id="dense", block=Dense(units=3), inputs=(Source("flat"),)),
    )
)


def same_up_to_ids(one: Network, other: Network) -> bool:
    """Whether two networks are alike but for the nodes' ids, with the nodes in the same order."""
    ids = {node.id: twin.id for node, twin in zip(one.nodes, other.nodes, strict=True)}
    return all(
        (node.block, node.name) == (twin.block, twin.name)
        and twin.inputs == tuple(Source(ids[source.node], source.output) for source in node.inputs)
        for node, twin in zip(one.nodes, other.nodes, strict=True)
    )


def totals(network: Network) -> tuple[object, ...]:
    """What grouping must not change."""
    known = analyse(network)
    return (
        known.parameters, known.trainable, known.multiply_adds, known.activation_bytes, known.output_shape,
        known.receptive_field, known.problems,
    )  # fmt: skip


@given(networks(valid=True), st.data())
def test_what_is_grouped_counts_the_same_and_unpacks_into_the_same(network: Network, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(network) - 1))
    end = data.draw(st.integers(start, len(network) - 1))
    chosen = [node.id for node in network.nodes[start : end + 1]]
    assume(not why_not_group(network, chosen))
    grouped, group_id = group(network, chosen, "unit")
    assert len(grouped) == len(network) - len(chosen) + 1
    assert totals(grouped) == totals(network)
    unpacked, ids = unpack(grouped, group_id, arriving(grouped, group_id))
    assert ids == expand(grouped, [group_id]).members[group_id]
    assert same_up_to_ids(unpacked, network)
    assert totals(unpacked) == totals(network)
    assert group(unpacked, ids, "unit") == (grouped, group_id)


@given(networks(), st.data())
def test_a_selection_that_is_refused_says_why(network: Network, data: st.DataObject) -> None:
    assume(network.nodes)
    chosen = data.draw(st.lists(st.sampled_from([node.id for node in network.nodes]), min_size=1, max_size=5))
    why = why_not_group(network, chosen)
    if why:
        assert why.endswith(".")
        with pytest.raises(EditError) as caught:
            group(network, chosen, "unit")
        assert str(caught.value) == why
        return
    grouped, group_id = group(network, chosen, "unit")
    unpacked, _ = unpack(grouped, group_id, ())
    assert totals(unpacked)[:-1] == totals(network)[:-1]


@given(networks(valid=True))
def test_every_composite_unpacks_into_what_the_expansion_has(network: Network) -> None:
    for node in network.nodes:
        if node.block.inside(arriving(network, node.id)) is None:
            with pytest.raises(EditError, match="a single layer"):
                unpack(network, node.id, arriving(network, node.id))
            continue
        unpacked, ids = unpack(network, node.id, arriving(network, node.id))
        expansion = expand(network, [node.id])
        assert ids == expansion.members[node.id]
        assert [n.id for n in unpacked.nodes] == [n.id for n in expansion.network.nodes]
        assert totals(unpacked) == totals(network)


def test_composites_and_groups_stand_in_groups() -> None:
    inner, inner_id = group(BRANCHED, ["conv", "relu", "add"], "stem")
    outer, outer_id = group(inner, [inner_id, "unit"], "body")
    assert [node.id for node in outer.nodes] == ["input", outer_id, "flat", "dense"]
    assert totals(outer) == totals(BRANCHED)
    assert outer.node(outer_id).title == "body"


def test_a_group_may_give_the_networks_output() -> None:
    grouped, group_id = group(BRANCHED, ["flat", "dense"], "head")
    assert grouped.output_node == grouped.node(group_id)


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ([], "No block is selected. Select the blocks to group."),
        (["input", "conv"], "Input (input) is an end of the network and cannot stand in a group. Leave it out."),
        (
            ["conv", "relu"],
            "A group has one input and one output, but First (conv) also feeds Add (add). Select other blocks.",
        ),
        (
            ["add", "unit"],
            "A group has one input and one output, but Add (add) also takes its input from ReLU (relu). "
            "Select other blocks.",
        ),
        (
            ["conv", "add"],
            "A group has one input and one output, but Add (add) also takes its input from ReLU (relu); "
            "First (conv) also feeds ReLU (relu). Select other blocks.",
        ),
    ],
)
def test_refusals_name_the_blocks(chosen: list[str], why: str) -> None:
    assert why_not_group(BRANCHED, chosen) == why


def test_blocks_that_lack_an_input_or_end_the_network_stay_out() -> None:
    assert "lacks an input" in why_not_group(stack(Conv2D(), ReLU()), ["conv2d", "relu"])
    tapped = Network(nodes=(*BRANCHED.nodes, Node(id="aux", block=AuxiliaryOutput(), inputs=(Source("relu"),))))
    assert "AuxiliaryOutput (aux) is an end of the network" in why_not_group(tapped, ["relu", "add", "aux"])


def test_a_group_needs_a_name() -> None:
    with pytest.raises(EditError, match="needs a name"):
        group(BRANCHED, ["relu"], "  ")


def test_an_unpacked_block_is_called_by_its_role_behind_its_composites_name() -> None:
    plain, (first, *_) = unpack(BRANCHED, "unit", ((8, 8, 4),))
    assert plain.node(first).title == "conv1"
    named, (first, *_) = unpack(rename(BRANCHED, "unit", "Stage 2"), "unit", ((8, 8, 4),))
    assert named.node(first).title == "Stage 2 conv1"


def test_new_blocks_never_take_the_ids_of_unpacked_ones() -> None:
    unpacked, _ = unpack(stack(Input(shape=(8, 8, 4)), ResidualBlock(filters=4)), "residualblock", ((8, 8, 4),))
    assert unpacked.new_id(ResidualBlock()) == "residualblock_2"


def test_what_does_not_suit_its_input_cannot_be_unpacked_but_a_group_can() -> None:
    flat = stack(Input(shape=(8, 8, 4)), Flatten(), ResidualBlock())
    with pytest.raises(EditError, match="it has a problem: received a vector of 256 values"):
        unpack(flat, "residualblock", ((256,),))
    grouped, group_id = group(BRANCHED, ["conv", "relu", "add"], "stem")
    wrong = Network(
        nodes=tuple(node.with_block(Input(shape=(9,))) if node.id == "input" else node for node in grouped.nodes)
    )
    unpacked, ids = unpack(wrong, group_id, ((9,),))
    assert len(ids) == 3
    assert analyse(unpacked).problems


def test_a_composite_of_the_same_name_is_replaced() -> None:
    one = Group(name="a", nodes=(Node(id="x", block=ReLU()),), output=Source("x"))
    two = one.replace(nodes=(Node(id="y", block=ReLU()),), output=Source("y"))
    other = one.replace(name="b")
    assert with_composite((one, other), two) == (two, other)
    assert with_composite((one,), other) == (one, other)
