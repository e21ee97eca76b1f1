"""Normalization without given statistics measures them on the training images; they go wherever its weights go."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Normalization
from models.blocks.pooling import GlobalAveragePooling2D
from models.data.sources import Digits
from models.network.graph import Network, stack
from models.runtime.engine import Engine
from models.runtime.exporters import export
from models.runtime.live_model import LiveModel
from models.training.commands import Build, Train
from models.training.plan import TrainingPlan

RANDOM = np.random.default_rng(0)
IMAGES = (RANDOM.random((300, 8, 8, 3)) * [1.0, 2.0, 3.0] + [0.0, 5.0, -1.0]).astype(np.float32)


def network(*before: object) -> Network:
    head = (GlobalAveragePooling2D(), Dense(units=10, activation="softmax"))
    return stack(Input(shape=(8, 8, 3)), *before, Normalization(), *head)


def test_the_statistics_are_those_of_what_arrives() -> None:
    live = LiveModel(network(), seed=0)
    live.adapt(IMAGES[start : start + 64] for start in range(0, 300, 64))
    mean, variance, count = live.weights()["normalization"]
    np.testing.assert_allclose(mean, IMAGES.mean(axis=(0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(variance, IMAGES.var(axis=(0, 1, 2)), rtol=1e-4)
    assert count == 300 * 64
    (normalized,) = (live.node_outputs(image, ["normalization"])["normalization"][None] for image in IMAGES[:1])
    np.testing.assert_allclose(normalized[0], (IMAGES[0] - mean) / np.sqrt(variance), rtol=1e-3, atol=1e-4)


def test_one_behind_another_sees_what_the_first_gives() -> None:
    live = LiveModel(network(Normalization(), Conv2D(filters=4)), seed=0)
    live.adapt([IMAGES])
    first = keras.Model(live.model.input, live.model.get_layer("conv2d").output)(IMAGES)
    np.testing.assert_allclose(
        live.weights()["normalization_2"][0], np.mean(first, axis=(0, 1, 2)), rtol=1e-3, atol=1e-5
    )


def test_weights_that_are_put_back_are_used() -> None:
    adapted, other = LiveModel(network(), seed=0), LiveModel(network(), seed=1)
    adapted.adapt([IMAGES])
    other.set_weights(adapted.weights())
    np.testing.assert_allclose(other.predict(IMAGES[:4]), adapted.predict(IMAGES[:4]), rtol=1e-5)


@pytest.mark.parametrize("format", ["keras", "python"])
def test_an_export_keeps_them(format: str, tmp_path: Path) -> None:
    live = LiveModel(network(), seed=0)
    live.adapt([IMAGES])
    assert export(live, format, tmp_path / "model", "adapted", IMAGES[:8]).largest_difference < 1e-5


def test_training_begins_with_the_statistics_of_its_images() -> None:
    events: list[object] = []
    engine = Engine(events.append)
    small = stack(
        Input(shape=(8, 8, 1)), Normalization(), GlobalAveragePooling2D(), Dense(units=10, activation="softmax")
    )
    plan = TrainingPlan(epochs=1)
    engine.handle(Build(small, seed=0))
    engine.handle(Train("run", small, Digits(), plan))
    mean = engine._live.weights()["normalization"][0]
    assert mean == pytest.approx(0.305, abs=0.01)  # of the digits' training images
