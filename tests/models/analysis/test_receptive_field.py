"""The receptive field against brute force: which input pixels an output depends on, found by marking them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import analyse
from models.blocks import Block
from models.blocks.convolution import Conv2D, Conv2DTranspose, DepthwiseConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from models.blocks.resizing import Cropping2D, UpSampling2D, ZeroPadding2D
from models.blocks.shapes import same_padding
from models.blocks.shaping import Flatten, Reshape
from models.network.graph import Network, Node, Source, stack
from models.zoo.lenet import lenet5

LENGTH = 61
sizes = st.integers(1, 4)


def seen(blocks: list[Block], length: int) -> list[int]:
    """The spans of input pixels that the inner outputs depend on, along the height, by marking every dependency."""
    depends = np.eye(length, dtype=bool)  # (positions so far, input pixels)
    for block in blocks:
        depends = step(block, depends)
    spans = []
    for row in depends:
        marked = np.flatnonzero(row)
        if len(marked) and marked[0] > 0 and marked[-1] < length - 1:  # not cut by the border
            spans.append(int(marked[-1] - marked[0] + 1))
    return spans


def step(block: Block, depends: np.ndarray) -> np.ndarray:
    """One block's dependencies along the height, straight from what the block does."""
    positions = len(depends)
    outputs = block.output_shape(((positions, 9, 1),))[0]
    after = np.zeros((outputs, depends.shape[1]), dtype=bool)
    match block:
        case Conv2D() | DepthwiseConv2D():
            taps, stride, dilation = block.kernel_size[0], block.strides[0], block.dilation_rate[0]
        case MaxPooling2D() | AveragePooling2D():
            taps, stride, dilation = block.pool_size[0], block.steps[0], 1
        case Conv2DTranspose():
            for position in range(positions):
                for tap in range(block.kernel_size[0]):
                    painted = position * block.strides[0] + tap
                    if painted < outputs:
                        after[painted] |= depends[position]
            return after
        case UpSampling2D():
            return depends.repeat(block.size[0], axis=0)
        case ZeroPadding2D():
            return np.pad(depends, (block.padding[0], (0, 0)))
        case Cropping2D():
            return depends[block.cropping[0][0] : positions - block.cropping[0][1]]
        case _:
            raise AssertionError(block)
    before = same_padding(positions, taps, stride, dilation)[0] if block.padding == "same" else 0
    for output in range(outputs):
        for tap in range(taps):
            position = output * stride + tap * dilation - before
            if 0 <= position < positions:
                after[output] |= depends[position]
    return after


paddings = st.sampled_from(["valid", "same"])
downward = st.one_of(
    st.builds(Conv2D, kernel_size=st.tuples(sizes, st.just(1)), padding=paddings,
              strides=st.tuples(st.integers(1, 2), st.just(1))),
    st.builds(Conv2D, kernel_size=st.tuples(sizes, st.just(1)), padding=paddings,
              dilation_rate=st.tuples(st.integers(1, 3), st.just(1))),
    st.builds(DepthwiseConv2D, kernel_size=st.tuples(sizes, st.just(1)), padding=paddings),
    st.builds(MaxPooling2D, pool_size=st.tuples(sizes, st.just(1)), padding=paddings),
    st.builds(AveragePooling2D, pool_size=st.just((3, 1)), strides=st.just((2, 1))),
    st.builds(ZeroPadding2D), st.builds(Cropping2D),
)  # fmt: skip
upward = st.one_of(
    st.builds(UpSampling2D, size=st.tuples(st.integers(1, 3), st.just(1))),
    st.builds(
        Conv2DTranspose, kernel_size=st.tuples(sizes, st.just(1)), strides=st.tuples(st.integers(1, 3), st.just(1))
    ),
)


def said(blocks: list[Block]) -> int | None:
    field = analyse(stack(Input(shape=(LENGTH, 9, 1)), *blocks)).receptive_field
    return field[0] if field else None


@given(st.lists(downward, max_size=4))
def test_equals_brute_force_over_convolutions_pooling_and_padding(blocks: list[Block]) -> None:
    pixels = said(blocks)
    if pixels is None or pixels > LENGTH // 3:
        return
    inner = seen(blocks, LENGTH)
    assert not inner or max(inner) == pixels


@given(st.lists(st.one_of(downward, upward), max_size=4))
def test_is_never_less_than_brute_force(blocks: list[Block]) -> None:
    pixels = said(blocks)
    if pixels is not None:
        assert max(seen(blocks, LENGTH), default=0) <= pixels


@given(st.integers(1, 3), st.integers(1, 5))
def test_equals_brute_force_behind_an_upsampling(factor: int, kernel: int) -> None:
    blocks = [UpSampling2D(size=(factor, 1)), Conv2D(kernel_size=(kernel, 1))]
    assert max(seen(blocks, LENGTH)) == said(blocks)


def test_lenet_after_each_layer() -> None:
    fields = [node.receptive_field for node in analyse(lenet5()).nodes.values()]
    assert fields[1:6] == [(5, 5), (6, 6), (14, 14), (16, 16), (32, 32)]


def test_three_3x3_convolutions_see_seven_pixels() -> None:
    assert said([Conv2D()] * 3) == 7


@pytest.mark.parametrize(
    "blocks",
    [
        [GlobalAveragePooling2D(), Dense()],
        [GlobalAveragePooling2D(keepdims=True), UpSampling2D(size=(8, 8)), Conv2D()],
        [Flatten(), Reshape(target_shape=(4, -1, 3)), Conv2D(), MaxPooling2D()],
    ],
)
def test_behind_a_look_at_the_whole_image_nothing_can_see_more(blocks: list[Block]) -> None:
    network = stack(Input(shape=(24, 18, 1)), *blocks)
    assert analyse(network).receptive_field == (24, 18)


def test_where_branches_meet_the_union_counts() -> None:
    network = Network(
        nodes=(
            Node(id="input", block=Input()),
            Node(id="small", block=Conv2D(kernel_size=(1, 3), padding="same"), inputs=(Source("input"),)),
            Node(id="tall", block=Conv2D(kernel_size=(7, 1), padding="same"), inputs=(Source("input"),)),
            Node(id="add", block=Add(), inputs=(Source("small"), Source("tall"))),
        )
    )
    assert analyse(network).receptive_field == (7, 3)


def test_a_vector_has_no_receptive_field() -> None:
    assert analyse(stack(Input(shape=(20,)), Dense())).receptive_field is None


@given(st.lists(downward, min_size=2, max_size=4))
def test_never_shrinks_along_a_chain(blocks: list[Block]) -> None:
    nodes = analyse(stack(Input(shape=(LENGTH, 9, 1)), *blocks)).nodes.values()
    fields = [node.receptive_field[0] for node in nodes if node.receptive_field]
    assert all(before <= after for before, after in pairwise(fields))
