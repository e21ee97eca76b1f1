"""A network for MNIST-1D, after Greydanus & Kobak 2024, "Scaling down deep learning with MNIST-1D"."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution import Conv1D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack


def mnist1d_cnn(input_shape: Shape = (40, 1), classes: int = 10) -> Network:
    """Three convolutions over 40 steps with stride 2, then one dense layer."""
    return stack(
        Input(shape=input_shape),
        *(Conv1D(filters=15, kernel_size=(3,), strides=(2,), activation="relu") for _ in range(3)),
        Flatten(),
        Dense(units=classes, activation="softmax"),
    )
