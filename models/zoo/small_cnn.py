"""A small modern network to start from: INPUT → [CONV → RELU → POOL]·2 → global average pooling → FC."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
from models.network.graph import Network, stack


def small_cnn(input_shape: Shape = (32, 32, 1), classes: int = 10) -> Network:
    """Two stages of 3×3 convolution, batch normalization and max pooling, then global average pooling."""
    stages = [
        block
        for filters in (16, 32)
        for block in (
            Conv2D(filters=filters, padding="same", activation="relu"),
            BatchNormalization(momentum=0.9),
            MaxPooling2D(),
        )
    ]
    return stack(
        Input(shape=input_shape),
        *stages,
        Conv2D(filters=64, padding="same", activation="relu"),
        GlobalAveragePooling2D(),
        Dense(units=classes, activation="softmax"),
    )
