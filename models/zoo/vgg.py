"""VGG, after Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image recognition"."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.shaping import Flatten
from models.blocks.vgg import VGGBlock
from models.network.graph import Network
from models.zoo.chain import Chain

FILTERS = (64, 128, 256, 512, 512)


def _vgg(convolutions: tuple[int, ...], input_shape: Shape, classes: int) -> Network:
    """Five blocks of 3×3 convolutions and pooling, then three dense layers."""
    net = Chain(Input(shape=input_shape))
    for count, filters in zip(convolutions, FILTERS, strict=True):
        net.add(VGGBlock(convolutions=count, filters=filters))
    net.add(Flatten())
    for _ in range(2):
        net.add(Dense(units=4096, activation="relu"), Dropout(rate=0.5))
    net.add(Dense(units=classes, activation="softmax"))
    return net.network()


def vgg11(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Configuration A: 8 convolutions and 3 dense layers."""
    return _vgg((1, 1, 2, 2, 2), input_shape, classes)


def vgg13(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Configuration B: 10 convolutions and 3 dense layers."""
    return _vgg((2, 2, 2, 2, 2), input_shape, classes)


def vgg16(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Configuration D: 13 convolutions and 3 dense layers."""
    return _vgg((2, 2, 3, 3, 3), input_shape, classes)


def vgg19(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Configuration E: 16 convolutions and 3 dense layers."""
    return _vgg((2, 2, 4, 4, 4), input_shape, classes)
