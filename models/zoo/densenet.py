"""DenseNet, after Huang, Liu, van der Maaten & Weinberger 2017, "Densely connected convolutional networks"."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.activation import ReLU
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.densenet import DenseBlock, TransitionLayer
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
from models.network.graph import Network
from models.zoo.chain import Chain

REPEATS = (6, 12, 24, 16)


def densenet121(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Four dense blocks with growth rate 32, transitions that halve size and channels between them."""
    net = Chain(
        Input(shape=input_shape),
        ConvolutionUnit(filters=64, kernel_size=(7, 7), strides=(2, 2)),
        MaxPooling2D(pool_size=(3, 3), strides=(2, 2), padding="same"),
    )
    for number, repeats in enumerate(REPEATS):
        if number:
            net.add(TransitionLayer())
        net.add(DenseBlock(repeats=repeats, growth_rate=32))
    net.add(
        BatchNormalization(momentum=0.9), ReLU(), GlobalAveragePooling2D(), Dense(units=classes, activation="softmax")
    )
    return net.network()
