"""What throughput is measured against: Keras alone, in the ways in which people write it by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from cases import Case
from prepared_data import inputs, run_data

from models.runtime.builder import build_model

SLOW_EPOCHS = 2
"""Epochs over which the slow baseline is measured."""

Baseline = Callable[[Case], float]
"""Images per second over a case's epochs, the first one (in which functions are compiled) left out."""


def _made(case: Case) -> tuple[Any, np.ndarray, np.ndarray]:
    network = case.network()
    data = run_data(network, case.data)
    keras.utils.clear_session(free_memory=False)
    model = build_model(network, "bare")
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, inputs(data, data.training), data.labels[data.training]


def _fitted(case: Case, epochs: int, callbacks: Callable[[Any], list[Any]]) -> float:
    model, x, y = _made(case)
    model.fit(x, y, batch_size=case.batch_size, epochs=1, verbose=0, callbacks=callbacks(model))
    start = time.perf_counter()
    model.fit(x, y, batch_size=case.batch_size, epochs=epochs, verbose=0, callbacks=callbacks(model))
    return len(x) * epochs / (time.perf_counter() - start)


def fit(case: Case) -> float:
    """`model.fit(x, y)`, nothing else."""
    return _fitted(case, case.epochs, lambda model: [])


class _Histograms(keras.callbacks.Callback):
    """Histograms of every weight, and the loss, into TensorBoard's files after each batch."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._writer = tf.summary.create_file_writer(folder)
        self._step = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._step += 1
        with self._writer.as_default(self._step):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, value)
            for weight in self.model.trainable_variables:
                tf.summary.histogram(weight.path, weight.value)


def fit_with_histograms(folder: str) -> Baseline:
    """`fit` that shows as much as the window does: histograms for TensorBoard after each batch."""
    return lambda case: _fitted(case, SLOW_EPOCHS, lambda model: [_Histograms(folder)])


def compiled_epochs(case: Case) -> float:
    """A loop that somebody who knows TensorFlow well writes by hand: a whole epoch in one compiled function."""
    model, x, y = _made(case)
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    samples, labels, size = tf.constant(x), tf.constant(y.astype(np.int32)), case.batch_size

    @tf.function
    def epoch() -> tf.Tensor:
        order = tf.random.shuffle(tf.range(len(x)))
        total = tf.constant(0.0)
        for first in tf.range(0, len(x), size):
            chosen = order[first : first + size]
            with tf.GradientTape() as tape:
                loss = loss_of(tf.gather(labels, chosen), model(tf.gather(samples, chosen), training=True))
            values = [variable.value for variable in model.trainable_variables]
            optimizer.apply(tape.gradient(loss, values), model.trainable_variables)
            total += loss
        return total

    epoch().numpy()
    start = time.perf_counter()
    for _ in range(case.epochs):
        epoch().numpy()
    return len(x) * case.epochs / (time.perf_counter() - start)
