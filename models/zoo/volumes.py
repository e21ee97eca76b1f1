"""A small network for volumes, after Maturana & Scherer 2015: VoxNet, which recognizes objects in 3-D."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.activation import LeakyReLU
from models.blocks.convolution import Conv3D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.pooling import MaxPooling3D
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack


def cnn3d(input_shape: Shape = (32, 32, 32, 1), classes: int = 10) -> Network:
    """Two convolutions over a volume, pooling, and two dense layers."""
    return stack(
        Input(shape=input_shape),
        Conv3D(filters=32, kernel_size=(5, 5, 5), strides=(2, 2, 2)),
        LeakyReLU(negative_slope=0.1),
        Dropout(rate=0.2),
        Conv3D(filters=32),
        LeakyReLU(negative_slope=0.1),
        MaxPooling3D(),
        Dropout(rate=0.3),
        Flatten(),
        Dense(units=128, activation="relu"),
        Dropout(rate=0.4),
        Dense(units=classes, activation="softmax"),
    )
