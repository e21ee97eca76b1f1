"""AlexNet, after Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional networks"."""

from __future__ import annotations

from models.blocks import Block, Shape
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout, LocalResponseNormalization
from models.blocks.pooling import MaxPooling2D
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack


def alexnet(input_shape: Shape = (227, 227, 3), classes: int = 1000) -> Network:
    """Second, fourth and fifth convolution in two groups, as they ran on two GPUs."""
    return _alexnet(2, input_shape, classes)


def alexnet_without_groups(input_shape: Shape = (227, 227, 3), classes: int = 1000) -> Network:
    """The same in one piece, where every filter sees all channels."""
    return _alexnet(1, input_shape, classes)


def _alexnet(groups: int, input_shape: Shape, classes: int) -> Network:
    """Five convolutions with overlapping pooling and local response normalization, then three dense layers."""
    return stack(
        Input(shape=input_shape),
        _convolution(96, 11, strides=4, padding="valid"),
        LocalResponseNormalization(),
        _overlapping_pool(),
        _convolution(256, 5, groups=groups),
        LocalResponseNormalization(),
        _overlapping_pool(),
        _convolution(384, 3),
        _convolution(384, 3, groups=groups),
        _convolution(256, 3, groups=groups),
        _overlapping_pool(),
        Flatten(),
        Dense(units=4096, activation="relu"),
        Dropout(rate=0.5),
        Dense(units=4096, activation="relu"),
        Dropout(rate=0.5),
        Dense(units=classes, activation="softmax"),
    )


def _convolution(filters: int, kernel_size: int, strides: int = 1, padding: str = "same", groups: int = 1) -> Block:
    return Conv2D.model_validate(
        {
            "filters": filters,
            "kernel_size": kernel_size,
            "strides": strides,
            "padding": padding,
            "activation": "relu",
            "groups": groups,
        }
    )


def _overlapping_pool() -> Block:
    """Windows of 3×3 at every second position."""
    return MaxPooling2D(pool_size=(3, 3), strides=(2, 2))
