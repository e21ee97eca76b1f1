"""Output sizes against windows that are really slid, and counts against known layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blocks import Block
from models.blocks.convolution import Conv2D, Conv2DTranspose, DepthwiseConv2D, SeparableConv2D
from models.blocks.dense import Dense
from models.blocks.merge import Concatenate
from models.blocks.normalization import BatchNormalization, LayerNormalization
from models.blocks.pooling import AveragePooling2D, GlobalMaxPooling2D, MaxPooling2D
from models.blocks.resizing import Cropping2D, UpSampling2D, ZeroPadding2D
from models.blocks.shapes import Shape, describe, same_padding, window_output
from models.blocks.shaping import Flatten, Reshape

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
