"""SqueezeNet, after Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", table 1."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.activation import Softmax
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.mobile import FireModule
from models.blocks.normalization import Dropout
from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
from models.network.graph import Network
from models.zoo.chain import Chain

SQUEEZED = (16, 16, 32, 32, 48, 48, 64, 64)
"""Channels between squeeze and expand of fire2 to fire9; each expands to eight times as many."""

POOLED_BEHIND = (4, 8)


def squeezenet(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Eight fire modules, and a 1×1 convolution in place of dense layers."""
    net = Chain(
        Input(shape=input_shape),
        Conv2D(filters=96, kernel_size=(7, 7), strides=(2, 2), activation="relu"),
        MaxPooling2D(pool_size=(3, 3), strides=(2, 2)),
    )
    for number, squeezed in enumerate(SQUEEZED, start=2):
        net.add(FireModule(squeeze=squeezed, expand_1x1=4 * squeezed, expand_3x3=4 * squeezed), name=f"Fire {number}")
        if number in POOLED_BEHIND:
            net.add(MaxPooling2D(pool_size=(3, 3), strides=(2, 2)))
    net.add(
        Dropout(rate=0.5),
        Conv2D(filters=classes, kernel_size=(1, 1), activation="relu"),
        GlobalAveragePooling2D(),
        Softmax(),
    )
    return net.network()
