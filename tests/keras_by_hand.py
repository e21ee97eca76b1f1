"""The live model's training and Keras's own of the same network, side by side, for tests that compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import prepared_data
from hypothesis import strategies as st

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.shaping import Flatten
from models.data.split import Parts
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel, Weights
from models.runtime.step.loop import Chunk, CompiledLoop
from models.runtime.step.objective import objectives
from models.runtime.step.run_data import RunData
from models.training.optimizers import OPTIMIZERS, Optimizer
from models.training.plan import TrainingPlan

BATCH, STEPS = 16, 6
SAMPLES = np.arange(BATCH * STEPS)
RATE = 0.01

NETWORK = stack(
    Input(shape=(8, 8, 1)),
    Flatten(),
    Dense(units=8, activation="tanh"),
    BatchNormalization(),
    Dense(units=10, activation="softmax"),
)
"""With every kind of weight that is decayed or not."""


@dataclass
class Trained:
    """A live model after an epoch on SAMPLES."""

    live: LiveModel
    data: RunData
    loop: CompiledLoop
    chunk: Chunk


def trained(network: Network, plan: TrainingPlan, rates: Sequence[float] = (RATE,) * STEPS) -> Trained:
    live = LiveModel(network, 1, dtype_policy=plan.dtype_policy)
    data = prepared_data.run_data(network)
    data = replace(data, parts=Parts(SAMPLES, SAMPLES, SAMPLES[:0]), objectives=objectives(network, 10, plan))
    plan = plan.replace(batch_size=BATCH, learning_rate=rates[0])
    loop = CompiledLoop(live, data, plan, live.optimizer(plan, data.objectives))
    loop.begin(SAMPLES, 0)
    return Trained(live, data, loop, loop.train(np.array(rates, np.float32)))


def by_hand(
    network: Network, optimizer: keras.optimizers.Optimizer, loss: Any = None, hot: bool = False, ends: bool = False
) -> keras.Model:
    """Keras's own training of the same network on the same batches."""
    live = LiveModel(network, 1)
    model, data = live.model, prepared_data.run_data(network)
    model.compile(optimizer, loss or "sparse_categorical_crossentropy", run_eagerly=True)
    x, labels = prepared_data.inputs(data, SAMPLES), data.labels[SAMPLES].astype(np.int32)
    y = np.eye(10, dtype=np.float32)[labels] if hot else labels
    for first in range(0, len(SAMPLES), BATCH):
        model.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])
    if ends:
        optimizer.finalize_variable_values(model.trainable_variables)
    return model


def assert_same(weights: Weights, model: keras.Model, rtol: float = 2e-4, atol: float = 2e-5) -> None:
    for name, values in weights.items():
        for found, expected in zip(values, model.get_layer(name).get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=name)


def keras_optimizer(value: Optimizer, **more: Any) -> keras.optimizers.Optimizer:
    """Written out by hand: Keras's None is our weight decay of 0."""
    arguments = {**value.model_dump(), **more}
    if not arguments["weight_decay"] and value.type != "AdamW":
        arguments["weight_decay"] = None
    return getattr(keras.optimizers, value.type)(learning_rate=RATE, **arguments)


def values_of(name: str) -> st.SearchStrategy[Optimizer]:
    """An optimizer with settings that differ from its first ones."""
    choices: dict[str, st.SearchStrategy[object]] = {
        "weight_decay": st.sampled_from([0.0, 0.3]), "momentum": st.sampled_from([0.0, 0.7]),
        "nesterov": st.booleans(), "amsgrad": st.booleans(), "centered": st.booleans(),
        "beta_1": st.sampled_from([0.5, 0.9]), "rho": st.sampled_from([0.5, 0.95]),
    }  # fmt: skip
    kind = OPTIMIZERS[name]
    drawn = {field: choices[field] for field in kind.model_fields if field in choices}
    return st.fixed_dictionaries(drawn).map(lambda fields: kind(**fields))
