"""What is trained where throughput and smoothness are measured: few samples, so that rounds are short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import MaxPooling2D
from models.blocks.shaping import Flatten
from models.data.sources import Digits, Source
from models.data.sources.shapes import Shapes
from models.network.graph import Network, stack
from models.network.project import Project
from models.training.plan import TrainingPlan
from models.zoo import template


@dataclass(frozen=True)
class Case:
    """A network with its data set and batch size.

    Attributes:
        epochs: that are measured; one more is trained before them, in which functions are compiled.
        watched: the block that is selected in the window.
        goal: least throughput against `model.fit`.
    """

    network: Callable[[], Network]
    data: Source
    batch_size: int
    epochs: int
    watched: str
    goal: float = 1.0

    def project(self) -> Project:
        plan = TrainingPlan(epochs=self.epochs + 1, batch_size=self.batch_size)
        return Project(name="bench", network=self.network(), data=self.data, plan=plan)


def _lenet() -> Network:
    return template("lenet5").network()


def _vgg_like() -> Network:
    """Two stages of two convolutions on 32×32, as in the first CIFAR-10 tutorials."""
    stages = [
        block
        for filters in (32, 64)
        for block in (
            Conv2D(filters=filters, padding="same", activation="relu"),
            Conv2D(filters=filters, padding="same", activation="relu"),
            MaxPooling2D(),
        )
    ]
    head = (Flatten(), Dense(units=128, activation="relu"), Dense(units=5, activation="softmax"))
    return stack(Input(shape=(32, 32, 3)), *stages, *head)


def _resnet(name: str) -> Network:
    return template(name).network((64, 64, 3), 5)


CASES = {
    "LeNet, 32": Case(_lenet, Digits(), 32, 45, "conv2d_2"),
    "LeNet, 64": Case(_lenet, Digits(), 64, 60, "conv2d_2", goal=1.2),
    "LeNet, 256": Case(_lenet, Digits(), 256, 90, "conv2d_2"),
    "VGG-like, 64": Case(_vgg_like, Shapes(samples=1000, size=32, colour=True), 64, 4, "conv2d_2"),
    "ResNet-18, 32": Case(lambda: _resnet("resnet18"), Shapes(samples=400, colour=True), 32, 2, "conv2d"),
}
DEEP = Case(lambda: _resnet("resnet50"), Shapes(samples=200, colour=True), 16, 1, "conv2d")
"""ResNet-50, for the window's smoothness."""
