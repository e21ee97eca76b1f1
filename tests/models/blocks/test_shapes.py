"""Output sizes against windows that are really slid, and counts against known layers."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blocks import Block, BlockProblem, block_from_dict
from models.blocks.activation import PReLU, Softmax
from models.blocks.channels import ChannelShuffle, ChannelSlice, ChannelSplit
from models.blocks.convolution import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from models.blocks.deformable import DeformableConv2D
from models.blocks.dense import Dense
from models.blocks.merge import Add, Concatenate, Multiply, Subtract
from models.blocks.normalization import BatchNormalization, GroupNormalization, LayerNormalization, Normalization
from models.blocks.pooling import (
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
)
from models.blocks.problems import InsertBefore, SetFields
from models.blocks.resizing import Cropping2D, Cropping3D, UpSampling2D, UpSampling3D, ZeroPadding1D, ZeroPadding2D
from models.blocks.shapes import Shape, describe, same_padding, window_output
from models.blocks.shaping import Flatten, Permute, Reshape
from models.blocks.unpooling import MaxPoolingWithIndices2D, MaxUnpooling2D
from models.blocks.weighted_pooling import BlurPooling2D, LpPooling2D

sizes, kernels, strides, dilations = st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(1, 4)


@given(sizes, kernels, strides, dilations)
def test_valid_counts_the_places_where_the_window_fits(size: int, kernel: int, stride: int, dilation: int) -> None:
    places = [start for start in range(0, size, stride) if start + dilation * (kernel - 1) < size]
    assert max(window_output(size, kernel, stride, "valid", dilation), 0) == len(places)


@given(sizes, kernels, strides, dilations)
def test_same_pads_just_enough_for_a_window_at_every_stride(size: int, kernel: int, stride: int, dilation: int) -> None:
    starts = list(range(0, size, stride))
    assert window_output(size, kernel, stride, "same", dilation) == len(starts)
    before, after = same_padding(size, kernel, stride, dilation)
    padded = size + before + after
    assert after - before in (0, 1)
    assert starts[-1] + dilation * (kernel - 1) < padded
    if before + after:
        assert starts[-1] + dilation * (kernel - 1) == padded - 1


IMAGE = (10, 12, 6)


@pytest.mark.parametrize(
    ("block", "before", "after", "parameters", "multiply_adds"),
    [
        (Conv2D(filters=96, kernel_size=(11, 11), strides=(4, 4)), (227, 227, 3), (55, 55, 96), 34_944, 105_415_200),
        (MaxPooling2D(pool_size=(3, 3), strides=(2, 2)), (55, 55, 96), (27, 27, 96), 0, 0),
        (Conv2D(filters=5, strides=(2, 2), padding="same"), (5, 5, 1), (3, 3, 5), 50, 405),
        (Conv2D(filters=6, kernel_size=(5, 5)), (32, 32, 1), (28, 28, 6), 156, 117_600),
        (Conv2D(filters=256, kernel_size=(5, 5), groups=2), (27, 27, 96), (23, 23, 256), 307_456, 162_508_800),
        (Conv2D(filters=8, kernel_size=(3, 1), dilation_rate=(2, 1), use_bias=False), IMAGE, (6, 12, 8), 144, 10_368),
        (DepthwiseConv2D(depth_multiplier=2), IMAGE, (8, 10, 12), 120, 8_640),
        (SeparableConv2D(filters=8), IMAGE, (8, 10, 8), 110, 8_160),
        (Conv2DTranspose(filters=8, kernel_size=(2, 2), strides=(2, 2)), IMAGE, (20, 24, 8), 200, 23_040),
        (Conv2DTranspose(filters=8, padding="same", strides=(2, 2)), IMAGE, (20, 24, 8), 440, 51_840),
        (Conv2DTranspose(filters=1, strides=(2, 2), output_padding=(1, 0)), IMAGE, (22, 25, 1), 55, 6_480),
        (Conv1D(filters=15, strides=2), (40, 1), (19, 15), 60, 855),
        (Conv1D(filters=15, strides=2), (19, 15), (9, 15), 690, 6_075),
        (SeparableConv1D(filters=8, kernel_size=5), (20, 6), (16, 8), 86, 1_248),
        (DepthwiseConv1D(padding="same"), (20, 6), (20, 6), 24, 360),
        (Conv1DTranspose(filters=4, strides=3), (5, 2), (15, 4), 28, 120),
        (Conv3D(filters=4), (8, 9, 10, 2), (6, 7, 8, 4), 220, 72_576),
        (Conv3DTranspose(filters=4, kernel_size=2, strides=2), (3, 4, 5, 2), (6, 8, 10, 4), 68, 3_840),
        (DeformableConv2D(filters=8), IMAGE, (8, 10, 8), 1_430, 112_320),
        (MaxPooling1D(), (9, 3), (4, 3), 0, 0),
        (AveragePooling3D(padding="same"), (3, 4, 5, 2), (2, 2, 3, 2), 0, 0),
        (GlobalAveragePooling1D(), (9, 3), (3,), 0, 0),
        (GlobalMaxPooling3D(keepdims=True), (3, 4, 5, 2), (1, 1, 1, 2), 0, 0),
        (BlurPooling2D(), IMAGE, (5, 6, 6), 0, 0),
        (LpPooling2D(), IMAGE, (5, 6, 6), 0, 0),
        (ZeroPadding1D(padding=(1, 2)), (9, 3), (12, 3), 0, 0),
        (Cropping3D(cropping=((1, 0), (0, 2), (1, 1))), (4, 5, 6, 2), (3, 3, 4, 2), 0, 0),
        (UpSampling3D(size=(1, 2, 3)), (4, 5, 6, 2), (4, 10, 18, 2), 0, 0),
        (Permute(dims=(3, 1, 2)), IMAGE, (6, 10, 12), 0, 0),
        (ChannelSlice(start=1, stop=4), IMAGE, (10, 12, 3), 0, 0),
        (PReLU(), IMAGE, IMAGE, 720, 0),
        (PReLU(shared_axes=(1, 2)), IMAGE, IMAGE, 6, 0),
        (GroupNormalization(groups=3), IMAGE, IMAGE, 12, 0),
        (Normalization(), (224, 224, 3), (224, 224, 3), 7, 0),
        (Normalization(mean=(0.5,), variance=(0.25,)), IMAGE, IMAGE, 0, 0),
        (AveragePooling2D(padding="same"), (5, 5, 2), (3, 3, 2), 0, 0),
        (GlobalMaxPooling2D(), IMAGE, (6,), 0, 0),
        (GlobalMaxPooling2D(keepdims=True), IMAGE, (1, 1, 6), 0, 0),
        (Flatten(), IMAGE, (720,), 0, 0),
        (Reshape(target_shape=(4, -1, 6)), IMAGE, (4, 30, 6), 0, 0),
        (Dense(units=84), (120,), (84,), 10_164, 10_080),
        (Dense(units=4, use_bias=False), (7, 3), (7, 4), 12, 84),
        (BatchNormalization(), IMAGE, IMAGE, 24, 0),
        (BatchNormalization(center=False), IMAGE, IMAGE, 18, 0),
        (LayerNormalization(), IMAGE, IMAGE, 12, 0),
        (ZeroPadding2D(padding=((1, 2), (0, 3))), IMAGE, (13, 15, 6), 0, 0),
        (Cropping2D(cropping=((1, 2), (0, 3))), IMAGE, (7, 9, 6), 0, 0),
        (UpSampling2D(size=(2, 3)), IMAGE, (20, 36, 6), 0, 0),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_counts_of_known_layers(
    block: Block, before: Shape, after: Shape, parameters: int, multiply_adds: int
) -> None:  # fmt: skip
    assert block.output_shape((before,)) == after
    assert sum(weight.size for weight in block.weight_shapes((before,))) == parameters
    assert block.multiply_adds((before,)) == multiply_adds


def test_only_the_moving_statistics_are_not_trained() -> None:
    weights = BatchNormalization().weight_shapes((IMAGE,))
    assert {weight.name: weight.trainable for weight in weights} == {
        "gamma": True, "beta": True, "moving_mean": False, "moving_variance": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("axis", "joined"), [(-1, (4, 4, 4)), (1, (8, 4, 2)), (2, (4, 8, 2)), (3, (4, 4, 4))]
)  # fmt: skip
def test_concatenate_joins_along_its_axis(axis: int, joined: Shape) -> None:
    assert Concatenate(axis=axis).output_shape(((4, 4, 2), (4, 4, 2))) == joined


def test_elementwise_merges_repeat_an_axis_of_one_as_keras_does() -> None:
    assert Multiply().output_shape(((8, 8, 4), (1, 1, 4))) == (8, 8, 4)
    assert Add().output_shape(((1, 8, 1), (8, 1, 4), (1, 1, 4))) == (8, 8, 4)
    with pytest.raises(BlockProblem):
        Subtract().output_shape(((8, 8, 4), (8, 8, 3)))


def test_blocks_with_several_outputs_give_a_shape_for_each() -> None:
    assert ChannelSplit().output_shapes(((8, 8, 4),)) == ((8, 8, 2), (8, 8, 2))
    assert MaxPoolingWithIndices2D().output_shapes(((9, 8, 4),)) == ((4, 4, 4), (4, 4, 4))


def test_unpooling_restores_the_size_that_was_pooled() -> None:
    pooled = ((4, 4, 4), (4, 4, 4))
    assert MaxUnpooling2D().output_shape(pooled) == (8, 8, 4)
    assert MaxUnpooling2D(output_size=(9, 8)).output_shape(pooled) == (9, 8, 4)
    with pytest.raises(BlockProblem) as caught:
        MaxUnpooling2D(output_size=(10, 8)).output_shape(pooled)
    assert caught.value.expected == "one that it brings to 4×4, the size of the values"


@pytest.mark.parametrize(
    ("block", "shape", "change"),
    [
        (ChannelShuffle(groups=4), (8, 8, 6), ("groups", 3)),
        (GroupNormalization(), (8, 8, 6), ("groups", 6)),
        (GroupNormalization(groups=4), (8, 8, 7), ("groups", 1)),
        (PReLU(shared_axes=(1, 2)), (9,), ("shared_axes", None)),
        (Softmax(axis=3), (9, 2), ("axis", -1)),
        (Permute(), (9, 2), ("dims", (2, 1))),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_the_first_repair_is_what_fits(block: Block, shape: Shape, change: tuple[str, object]) -> None:
    with pytest.raises(BlockProblem) as caught:
        block.output_shape((shape,))
    repair = caught.value.repairs[0]
    assert isinstance(repair, SetFields)
    assert repair.changes == (change,)
    assert block.replace(**dict(repair.changes)).output_shape((shape,))


@pytest.mark.parametrize(
    ("block", "shape", "target", "expected"),
    [
        (Conv1D(), (40,), (40, 1), "a sequence steps×channels"),
        (Conv1D(), (8, 6, 3), (48, 3), "a sequence steps×channels"),
        (Conv2D(), (5, 8, 6, 3), (40, 6, 3), "an image tensor height×width×channels"),
        (Conv3D(), (8, 6, 3), (1, 8, 6, 3), "a volume depth×height×width×channels"),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_an_input_of_another_rank_is_reshaped(block: Block, shape: Shape, target: Shape, expected: str) -> None:
    with pytest.raises(BlockProblem) as caught:
        block.output_shape((shape,))
    assert caught.value.expected == expected
    repair = caught.value.repairs[0]
    assert isinstance(repair, InsertBefore)
    assert repair.blocks == (Reshape(target_shape=target),)
    assert repair.blocks[0].output_shape((shape,)) == target


@pytest.mark.parametrize("value", [5, [5], (5,)])
def test_one_number_is_enough_for_one_axis(value: object) -> None:
    block = block_from_dict({"type": "Conv1D", "filters": 8, "kernel_size": value})
    assert block == Conv1D(filters=8, kernel_size=(5,))
    assert block.keras_arguments()["kernel_size"] == 5


def test_one_number_stands_for_every_axis() -> None:
    assert Conv3D(kernel_size=5).kernel_size == (5, 5, 5)
    assert ZeroPadding1D(padding=2).keras_arguments() == {"padding": (2, 2)}


@pytest.mark.parametrize(
    ("block", "kernel", "shown"),
    [
        (Conv1D(), (3, 2, 5), (1, 3, 2, 5)),
        (Conv2D(), (3, 4, 2, 5), (3, 4, 2, 5)),
        (Conv3D(), (3, 4, 6, 2, 5), (12, 6, 2, 5)),
        (SeparableConv1D(), (3, 2, 5), (1, 3, 1, 10)),
        (DepthwiseConv2D(), (3, 4, 2, 5), (3, 4, 1, 10)),
        (Conv1DTranspose(), (3, 5, 2), (1, 3, 2, 5)),
        (Conv3DTranspose(), (3, 4, 6, 5, 2), (12, 6, 2, 5)),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_kernels_over_any_axes_are_shown_as_images(block: Block, kernel: Shape, shown: Shape) -> None:
    values = np.arange(prod(kernel)).reshape(kernel)
    assert block.has_filters
    assert block.as_filters(values).shape == shown


def test_slices_of_a_kernel_over_a_volume_stand_below_one_another() -> None:
    kernel = np.random.default_rng(0).random((3, 4, 6, 2, 5))
    np.testing.assert_array_equal(Conv3D().as_filters(kernel)[4:8], kernel[1])


def test_inception_of_the_lecture() -> None:
    """Szegedy et al. 2015, the naive module on 28×28×256: 854,196,224 multiply-adds in its three convolutions."""
    image = ((28, 28, 256),)
    towers = [Conv2D(filters=n, kernel_size=(k, k), padding="same") for n, k in ((128, 1), (192, 3), (96, 5))]
    assert sum(tower.multiply_adds(image) for tower in towers) == 854_196_224


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        (
            Conv2D(filters=6, kernel_size=(5, 5)),
            ("⌊(32 + 2·0 − 5) / 1⌋ + 1 = 28", "one channel for each filter: 6 channels"),
        ),
        (
            Conv2D(filters=6, kernel_size=(5, 3), padding="same", strides=(2, 2)),
            (
                "height: ⌈32 / 2⌉ = 16   (padding 1 before, 2 after)",
                "width: ⌈32 / 2⌉ = 16   (padding 0 before, 1 after)",
                "one channel for each filter: 6 channels",
            ),
        ),
        (MaxPooling2D(), ("⌊(32 + 2·0 − 2) / 2⌋ + 1 = 16", "channels stay: 1")),
    ],
)  # fmt: skip
def test_shows_why_the_shape_is_what_it_is(block: Block, lines: tuple[str, ...]) -> None:
    assert block.shape_formula(((32, 32, 1),)) == lines


def test_shows_why_there_are_so_many_parameters() -> None:
    assert Conv2D(filters=6, kernel_size=(5, 5)).parameter_formula(((32, 32, 1),)) == ("(5·5·1 + 1) · 6 = 156",)
    assert Conv2D(filters=256, groups=2).parameter_formula(((9, 9, 96),)) == ("(3·3·96/2 + 1) · 256 = 110,848",)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((84,), "a vector of 84 values"), ((28, 28, 6), "an image tensor 28×28×6"), ((9, 3), "a sequence 9×3")],
)
def test_shapes_in_words(shape: Shape, words: str) -> None:
    assert describe(shape) == words
