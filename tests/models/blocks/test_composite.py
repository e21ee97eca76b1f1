"""Composite blocks: what `build` records, and groups of one's own."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.blocks import BlockProblem, block_from_dict, block_to_dict
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.wiring import Node, Source


def group(**changes: object) -> Group:
    nodes = (
        Node(id="conv", block=Conv2D(filters=4), inputs=(Source(ENTRY),)),
        Node(id="act", block=ReLU(), inputs=(Source("conv"),)),
    )
    return Group.model_validate({"name": "My unit", "nodes": nodes, "output": Source("act"), **changes})


def test_build_is_recorded_as_nodes_named_after_their_roles() -> None:
    inside = ResidualBlock(filters=8, strides=2).inside(((32, 32, 4),))
    assert [node.id for node in inside.nodes] == [
        "shortcut", "shortcut_bn", "conv1", "bn1", "relu1", "conv2", "bn2", "add", "relu2",
    ]  # fmt: skip
    assert inside.nodes[0].inputs == (Source(ENTRY),)
    assert inside.shapes["conv1"] == ((16, 16, 8),)
    assert inside.outputs == (Source("relu2"),)


def test_a_shortcut_that_fits_needs_no_projection() -> None:
    ids = [node.id for node in ResidualBlock(filters=4).inside(((8, 8, 4),)).nodes]
    assert ids == ["conv1", "bn1", "relu1", "conv2", "bn2", "add", "relu2"]


def test_the_rules_are_those_of_what_is_inside() -> None:
    block, inputs = ResidualBlock(filters=4), ((8, 8, 4),)
    assert block.output_shape(inputs) == (8, 8, 4)
    assert sum(weight.size for weight in block.weight_shapes(inputs)) == 2 * (3 * 3 * 4 * 4 + 4 * 4)
    assert block.multiply_adds(inputs) == 2 * 8 * 8 * 3 * 3 * 4 * 4
    assert block.parameter_formula(inputs)[0] == "144 + 16 + 144 + 16 = 320"


def test_a_problem_inside_says_where() -> None:
    with pytest.raises(BlockProblem, match=r"inside at Conv2D; expected"):
        group().output_shape(((2, 2, 1),))


def test_a_group_is_written_and_read_as_it_is() -> None:
    assert block_from_dict(block_to_dict(group())) == group()
    assert group().label == "My unit"
    assert group().output_shape(((8, 8, 3),)) == (6, 6, 4)


def test_a_group_holds_a_group() -> None:
    outer = group(nodes=(Node(id="inner", block=group(), inputs=(Source(ENTRY),)),), output=Source("inner"))
    assert block_from_dict(block_to_dict(outer)) == outer
    assert [weight.name for weight in outer.weight_shapes(((8, 8, 3),))] == ["inner/conv/kernel", "inner/conv/bias"]


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": ()},
        {"name": ""},
        {"output": Source("gone")},
        {"output": Source("act", 1)},
        {"nodes": (Node(id="act", block=ReLU(), inputs=(Source("later"),)),)},
        {"nodes": (Node(id="act", block=Input()),)},
        {"nodes": (Node(id="act", block=ReLU()), Node(id="act", block=ReLU()))},
    ],
    ids=str,
)
def test_a_group_that_does_not_hang_together_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        group(**changes)
