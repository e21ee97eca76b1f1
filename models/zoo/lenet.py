"""LeNet-5, after LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".

The common form with a fully connected second convolution: 61,706 parameters on 32×32×1 images and 10 classes.
"""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import AveragePooling2D
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack


def lenet5(input_shape: Shape = (32, 32, 1), classes: int = 10) -> Network:
    """Three 5×5 convolutions with average pooling between them, then two dense layers; tanh throughout."""
    return stack(
        Input(shape=input_shape),
        Conv2D(filters=6, kernel_size=(5, 5), activation="tanh"),
        AveragePooling2D(),
        Conv2D(filters=16, kernel_size=(5, 5), activation="tanh"),
        AveragePooling2D(),
        Conv2D(filters=120, kernel_size=(5, 5), activation="tanh"),
        Flatten(),
        Dense(units=84, activation="tanh"),
        Dense(units=classes, activation="softmax"),
    )
