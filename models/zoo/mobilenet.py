"""MobileNet V1 and V2: convolutions taken apart into depthwise and 1×1 ones, for small devices.

V1 after Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision applications"; V2
after Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks".
"""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.mobile import DepthwiseSeparableBlock, InvertedResidual
from models.blocks.pooling import GlobalAveragePooling2D
from models.network.graph import Network
from models.zoo.chain import Chain

V1_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Filters and strides, table 1 of V1; its last stride is a slip of the pen, since 7×7 stays 7×7."""

V2_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, filters, repeats and the first stride, table 2 of V2."""


def mobilenet_v1(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Thirteen depthwise-separable blocks."""
    net = Chain(Input(shape=input_shape), ConvolutionUnit(filters=32, strides=(2, 2)))
    for filters, strides in V1_BLOCKS:
        net.add(DepthwiseSeparableBlock(filters=filters, strides=strides))
    net.add(GlobalAveragePooling2D(), Dense(units=classes, activation="softmax"))
    return net.network()


def mobilenet_v2(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Seventeen inverted residuals."""
    net = Chain(Input(shape=input_shape), ConvolutionUnit(filters=32, strides=(2, 2), activation="relu6"))
    for expansion, filters, repeats, first in V2_STAGES:
        for number in range(repeats):
            net.add(InvertedResidual(filters=filters, strides=1 if number else first, expansion=expansion))
    net.add(
        ConvolutionUnit(filters=1280, kernel_size=(1, 1), activation="relu6"),
        GlobalAveragePooling2D(),
        Dense(units=classes, activation="softmax"),
    )
    return net.network()
