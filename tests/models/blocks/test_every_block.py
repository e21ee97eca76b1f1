"""What holds for every block of the catalogue, whatever its settings."""

from __future__ import annotations

import json
import re
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import LAYERS, PICKABLE, any_block, blocks, shapes

from models.blocks import Block, BlockProblem, Family, block_from_dict, block_to_dict, blocks_by_family
from models.blocks.shapes import Shape

EVERY_BLOCK = pytest.mark.parametrize("kind", PICKABLE, ids=lambda kind: kind.__name__)
CONVOLVING = {
    "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D",
    "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DeformableConv2D", "Dense",
}  # fmt: skip

inputs_of_any_kind = st.lists(shapes(), max_size=3).map(tuple)


@EVERY_BLOCK
def test_can_be_had_without_any_setting_and_explains_itself(kind: type[Block]) -> None:
    assert kind().type == kind.__name__
    assert kind.summary().endswith(".")
    for name, field in kind.model_fields.items():
        assert field.description, f"{name} has no help text"
        assert field.description.endswith("."), name


@EVERY_BLOCK
def test_reads_its_fields_in_order_and_each_once(kind: type[Block]) -> None:
    assert sorted(kind.field_names()) == sorted(kind.model_fields)


def test_the_palette_shows_every_block_once() -> None:
    shown = [kind for kinds in blocks_by_family().values() for kind in kinds]
    assert sorted(kind.__name__ for kind in shown) == sorted(kind.__name__ for kind in PICKABLE)
    assert all(blocks_by_family()[family] for family in Family)


def test_the_palette_begins_with_what_is_used_most() -> None:
    names = {family: [kind.__name__ for kind in kinds] for family, kinds in blocks_by_family().items()}
    assert names[Family.CONVOLUTION][:4] == ["Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose"]
    assert names[Family.DENSE][:3] == ["Dense", "Flatten", "Reshape"]
    assert names[Family.POOLING][:2] == ["MaxPooling2D", "AveragePooling2D"]


def test_the_palette_ends_with_sequences_and_then_volumes() -> None:
    for kinds in blocks_by_family().values():
        dimensions = [int(found[1]) for kind in kinds if (found := re.search(r"([123])D", kind.__name__))]
        assert dimensions == sorted(dimensions, key=[2, 1, 3].index)


@given(any_block())
def test_comes_back_from_json_as_it_was(block: Block) -> None:
    back = block_from_dict(json.loads(json.dumps(block_to_dict(block))))
    assert back == block
    assert hash(back) == hash(block)
    assert type(back) is type(block)


@EVERY_BLOCK
def test_refuses_fields_it_does_not_know(kind: type[Block]) -> None:
    with pytest.raises(ValueError, match="flavour"):
        block_from_dict({"type": kind.__name__, "flavour": "vanilla"})


@pytest.mark.parametrize("data", [None, 3, [], {}, {"type": 3}, {"type": "Conv9D"}, {"type": "Block"}])
def test_what_is_no_block_is_refused_in_words(data: object) -> None:
    with pytest.raises(ValueError, match=r'with a "type"|unknown block type "(Conv9D|Block)"; this version knows'):
        block_from_dict(data)


def test_a_refused_field_is_named_in_one_line() -> None:
    with pytest.raises(ValueError, match="filters") as caught:
        block_from_dict({"type": "Conv2D", "filters": 0})
    assert str(caught.value) == "Conv2D, filters: input should be greater than 0, received 0"


@given(any_block())
def test_is_frozen_and_changes_only_through_replace(block: Block) -> None:
    for name in block.field_names():
        with pytest.raises(ValidationError):
            setattr(block, name, getattr(block, name))
    assert block.replace() == block


@given(any_block(), st.data())
def test_replace_validates_every_field(block: Block, data: st.DataObject) -> None:
    for name in block.field_names():
        garbage = data.draw(
            st.sampled_from([float("nan"), float("inf"), "", "unheard of", [], {}, -7, 10**9, object()])
        )
        try:
            changed = block.replace(**{name: garbage})
        except ValidationError:
            continue
        assert type(changed).model_validate_json(changed.model_dump_json()) == changed


def convolves(block: Block, inputs: tuple[Shape, ...]) -> bool:
    """Whether the block, or anything inside it, is a convolution or a dense layer."""
    inside = block.inside(inputs)
    if inside is None:
        return block.type in CONVOLVING
    return any(convolves(node.block, tuple(inside.shape(s, inputs) for s in node.inputs)) for node in inside.nodes)


@given(any_block(), inputs_of_any_kind)
def test_any_inputs_give_positive_sizes_or_a_problem_with_repairs(block: Block, inputs: tuple[Shape, ...]) -> None:
    try:
        shape = block.output_shape(inputs)
    except BlockProblem as caught:
        problem = caught
    else:
        problem = None
    if problem is not None:
        assert problem.received
        assert problem.expected
        assert problem.repairs
        assert all(repair.text for repair in problem.repairs)
        return
    assert min(shape) >= 1
    assert all(weight.size >= 1 for weight in block.weight_shapes(inputs))
    assert (block.multiply_adds(inputs) > 0) == convolves(block, inputs)
    window = block.window(inputs)
    assert window is None or min(*window.kernel, *window.dilation) >= 1


@given(any_block(), inputs_of_any_kind)
def test_the_parameter_formula_ends_with_the_number_of_parameters(block: Block, inputs: tuple[Shape, ...]) -> None:
    if not suits(block, inputs):
        return
    parameters = sum(weight.size for weight in block.weight_shapes(inputs))
    first = block.parameter_formula(inputs)[0]
    assert (result(first) if parameters else 0) == parameters
    assert bool(parameters) != first.startswith("no parameters")
    if parameters:
        assert evaluated(first) == parameters


SPATIAL = [kind for kind in LAYERS if kind.input_ranks and kind.max_inputs <= 2 and kind.input_ranks[0] > 1]


@pytest.mark.parametrize("kind", SPATIAL)
@given(st.data())
def test_the_shape_formula_ends_with_the_spatial_sizes(kind: type[Block], data: st.DataObject) -> None:
    block = data.draw(blocks(kind))
    rank = kind.input_ranks[0]
    inputs = (data.draw(st.tuples(*[st.integers(1, 24)] * (rank - 1), st.integers(1, 4))),) * kind.min_inputs
    if not suits(block, inputs):
        return
    lines = [line for line in block.shape_formula(inputs) if re.search(r"= [\d,]+$|= [\d,]+ {3}", line)]
    output = block.output_shape(inputs)
    if lines:
        results = [result(line) for line in lines]
        assert tuple(results if len(results) == rank - 1 else results * (rank - 1)) == output[:-1]
        assert [evaluated(line) for line in lines] == results


def suits(block: Block, inputs: tuple[Shape, ...]) -> bool:
    try:
        block.output_shape(inputs)
    except BlockProblem:
        return False
    return True


def result(line: str) -> int:
    """The number behind a formula's equals sign."""
    found = re.search(r"= ([\d,]+)", line)
    assert found, line
    return int(found[1].replace(",", ""))


def evaluated(line: str) -> int:
    """What the left side of a formula comes to, worked out by Python: `⌊(32 + 2·0 − 5) / 1⌋ + 1` is 28."""
    left = line.split("=")[0].rpartition(":")[2]
    signs = {"·": "*", "−": "-", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"}
    return int(eval("".join(signs.get(sign, sign) for sign in left), {"floor": floor, "ceil": ceil}))


@given(any_block())
def test_settings_fit_on_a_card(block: Block) -> None:
    text = block.settings_text()
    assert "\n" not in text
    assert "  " not in text
    assert text == text.strip()
