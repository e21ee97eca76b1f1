"""Composite blocks replaced by what is inside them."""

from __future__ import annotations

from hypothesis import given
from strategies import networks

from models.analysis import analyse, open_view
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack


def nested() -> Network:
    outer = Group(
        name="outer", nodes=(Node(id="unit", block=ResidualBlock(filters=4), inputs=(Source(ENTRY),)),),
        output=Source("unit"),
    )  # fmt: skip
    return stack(Input(shape=(8, 8, 4)), outer, ReLU())


def test_ids_tell_the_way_in() -> None:
    expansion = expand(stack(Input(shape=(8, 8, 4)), ResidualBlock(filters=4), ReLU()))
    inside = [f"residualblock__{name}" for name in ("conv1", "bn1", "relu1", "conv2", "bn2", "add", "relu2")]
    assert [node.id for node in expansion.network.nodes] == ["input", *inside, "relu"]
    assert expansion.outputs["residualblock"] == (Source("residualblock__relu2"),)
    assert expansion.network.node("relu").inputs == (Source("residualblock__relu2"),)


def test_composites_inside_composites_are_expanded_too() -> None:
    expansion = expand(nested())
    assert expansion.outputs["group"] == expansion.outputs["group__unit"] == (Source("group__unit__relu2"),)
    assert len(expansion.members["group"]) == len(expansion.members["group__unit"]) == 7


def test_only_those_that_are_asked_for_are_opened() -> None:
    assert [node.id for node in expand(nested(), ["group"]).network.nodes] == ["input", "group__unit", "relu"]
    assert len(expand(nested(), ["group", "group__unit"]).network) == 9
    assert expand(nested(), ["group__unit"]).network == nested()


def test_an_id_that_is_taken_is_avoided() -> None:
    network = Network(
        nodes=(
            Node(id="input", block=Input(shape=(8, 8, 4))),
            Node(id="a__conv1", block=Conv2D(filters=4), inputs=(Source("input"),)),
            Node(id="a", block=ResidualBlock(filters=4), inputs=(Source("a__conv1"),)),
        )
    )
    ids = [node.id for node in expand(network).network.nodes]
    assert ids[:3] == ["input", "a__conv1", "a__conv1_"]


def test_what_waits_for_a_shape_stays_as_it_is() -> None:
    network = stack(ReLU(), ResidualBlock())
    assert expand(network).network is network


@given(networks())
def test_any_network_can_be_expanded(network: Network) -> None:
    expansion = expand(network)
    for node in network.nodes:
        assert all(source.node in expansion.network for source in expansion.outputs[node.id])


@given(networks(valid=True))
def test_open_composites_keep_the_totals(network: Network) -> None:
    analysis = analyse(network)
    view = open_view(network, analysis, [node.id for node in network.nodes])
    assert view.analysis.parameters == analysis.parameters
    assert view.analysis.output_shape == analysis.output_shape
    for frame in view.frames.values():
        assert set(frame.members) <= {node.id for node in view.network.nodes}
        assert frame.facts.parameters == sum(view.analysis.nodes[member].parameters for member in frame.members)


def test_frames_of_composites_inside_others_are_known() -> None:
    view = open_view(nested(), analyse(nested()), ["group", "group__unit"])
    assert {key: frame.title for key, frame in view.frames.items()} == {
        "group": "outer",
        "group__unit": "ResidualBlock",
    }
    assert view.frames["group__unit"].facts.output_shape == (8, 8, 4)
