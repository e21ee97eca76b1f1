"""Weight sharing against dense layers: the lecture's number, and what holds for every convolution."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LAYERS, blocks

from models.analysis import analyse
from models.analysis.dense_equivalent import dense_equivalent
from models.blocks import Block, BlockProblem, Shapes
from models.blocks.convolution import Conv2D, Conv2DTranspose
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import MaxPooling2D
from models.network.graph import stack


def test_the_lectures_example_comes_out() -> None:
    """96 filters of 11×11×3 on 227×227: 34,944; a dense layer from 55×55×3 to 55×55×96: 2,635,670,400."""
    network = stack(Input(shape=(227, 227, 3)), Conv2D(filters=96, kernel_size=11, strides=4))
    known = analyse(network).nodes["conv2d"]
    assert known.output_shape == (55, 55, 96)
    compared = dense_equivalent(network.node("conv2d").block, known.input_shapes, known.output_shape)
    assert compared.shared == known.parameters == 34_944
    assert compared.dense_on_grid == 2_635_670_400
    assert compared.unshared == 55 * 55 * 34_944
    assert compared.lines == (
        "shared by all positions: 34,944",
        "a kernel for each position: 55·55 · 34,944 = 105,705,600",
        "dense, 55×55×3 → 55×55×96: (55·55·3 + 1) · 55·55·96 = 2,635,670,400 (75,425 times as many)",
        "dense, 227×227×3 → 55×55×96: (227·227·3 + 1) · 55·55·96 = 44,892,355,200 (1,284,694 times as many)",
    )


CONVOLUTIONS = tuple(kind for kind in LAYERS if kind.has_filters and kind.max_inputs == 1)


def _inputs(kind: type[Block]) -> Shapes:
    rank = kind.input_ranks[0] if kind.input_ranks else 3
    return ((*(8,) * (rank - 1), 4),)


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@given(data=st.data())
def test_a_dense_layer_has_what_the_comparison_says(kind: type[Block], data: st.DataObject) -> None:
    block, inputs = data.draw(blocks(kind)), _inputs(kind)
    try:
        output = block.output_shape(inputs)
    except BlockProblem:
        return
    compared = dense_equivalent(block, inputs, output)
    dense = Dense(units=prod(output), use_bias=compared.biased)
    assert compared.dense == sum(weight.size for weight in dense.weight_shapes(((prod(inputs[0]),),)))
    assert compared.shared == sum(weight.size for weight in block.weight_shapes(inputs))
    assert compared.unshared is None or compared.unshared >= compared.shared
    assert len(compared.lines) >= 2


def test_a_transposed_convolution_has_no_kernel_per_position() -> None:
    compared = dense_equivalent(Conv2DTranspose(filters=2), ((4, 4, 3),), (6, 6, 2))
    assert compared.unshared is None
    assert not any("each position" in line for line in compared.lines)


@pytest.mark.parametrize("block", [MaxPooling2D(), Dense(), Input()], ids=lambda block: block.type)
def test_other_blocks_have_no_such_comparison(block: Block) -> None:
    assert dense_equivalent(block, ((4, 4, 3),), (2, 2, 3)) is None
