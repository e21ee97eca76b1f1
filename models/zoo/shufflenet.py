"""ShuffleNet V2, after Ma et al. 2018, "ShuffleNet V2: practical guidelines for efficient CNN architecture design"."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.mobile import ShuffleUnit
from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
from models.network.graph import Network
from models.zoo.chain import Chain

STAGES = ((116, 4), (232, 8), (464, 4))
"""Channels and units, table 5 at width 1."""


def shufflenet_v2(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Three stages of shuffle units, each of which begins with one that halves the image."""
    net = Chain(
        Input(shape=input_shape),
        ConvolutionUnit(filters=24, strides=(2, 2)),
        MaxPooling2D(pool_size=(3, 3), strides=(2, 2), padding="same"),
    )
    for filters, units in STAGES:
        for number in range(units):
            net.add(ShuffleUnit(filters=filters, strides=1 if number else 2))
    net.add(
        ConvolutionUnit(filters=1024, kernel_size=(1, 1)),
        GlobalAveragePooling2D(),
        Dense(units=classes, activation="softmax"),
    )
    return net.network()
