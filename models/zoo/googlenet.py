"""GoogLeNet, after Szegedy et al. 2015, "Going deeper with convolutions", table 1."""

from __future__ import annotations

from models.blocks import Block, Shape
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.inception import InceptionModule
from models.blocks.input import Input
from models.blocks.normalization import Dropout, LocalResponseNormalization
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from models.blocks.shaping import Flatten
from models.network.graph import Network
from models.zoo.chain import Chain

MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""#1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5 and pool proj of table 1."""

POOLED_BEFORE = ("4a", "5a")
HEADS_BEHIND = ("4a", "4d")


def googlenet(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """The network as it predicts, without the auxiliary heads."""
    return _googlenet(input_shape, classes, auxiliary=False)


def googlenet_auxiliary(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """The network as it is trained: two heads in the middle bring gradients to the first layers."""
    return _googlenet(input_shape, classes, auxiliary=True)


def _googlenet(input_shape: Shape, classes: int, auxiliary: bool) -> Network:
    """A stem, nine inception modules, global average pooling and one dense layer."""
    net = Chain(
        Input(shape=input_shape),
        Conv2D(filters=64, kernel_size=(7, 7), strides=(2, 2), padding="same", activation="relu"),
        _pool(),
        LocalResponseNormalization(),
        Conv2D(filters=64, kernel_size=(1, 1), activation="relu"),
        Conv2D(filters=192, kernel_size=(3, 3), padding="same", activation="relu"),
        LocalResponseNormalization(),
        _pool(),
    )
    for name, numbers in MODULES.items():
        if name in POOLED_BEFORE:
            net.add(_pool())
        net.add(_module(*numbers), name=f"Inception {name}")
        if auxiliary and name in HEADS_BEHIND:
            net.branch(*_head(classes))
    net.add(GlobalAveragePooling2D(), Dropout(rate=0.4), Dense(units=classes, activation="softmax"))
    return net.network()


def _module(one: int, reduce_three: int, three: int, reduce_five: int, five: int, projection: int) -> Block:
    return InceptionModule(
        filters_1x1=one,
        reduce_3x3=reduce_three,
        filters_3x3=three,
        reduce_5x5=reduce_five,
        filters_5x5=five,
        pool_projection=projection,
    )


def _pool() -> Block:
    return MaxPooling2D(pool_size=(3, 3), strides=(2, 2), padding="same")


def _head(classes: int) -> tuple[Block, ...]:
    """An auxiliary classifier, section 5 of the paper."""
    return (
        AveragePooling2D(pool_size=(5, 5), strides=(3, 3)),
        Conv2D(filters=128, kernel_size=(1, 1), activation="relu"),
        Flatten(),
        Dense(units=1024, activation="relu"),
        Dropout(rate=0.7),
        Dense(units=classes, activation="softmax"),
        AuxiliaryOutput(loss_weight=0.3),
    )
