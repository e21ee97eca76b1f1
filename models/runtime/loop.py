"""The compiled training loop: many steps in one call, so that Python costs nothing per batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.data.samples import Indices
from models.runtime.augmentation import Augmenter, Batch
from models.runtime.objective import Objective
from models.runtime.run_data import RunData

Floats = npt.NDArray[np.float32]

FLOAT_BYTES = 128 * 2**20
"""Samples are kept as the network takes them up to this size, above it they are scaled batch by batch."""

BURST_BATCHES, BURST_S = 64, 0.2
"""Batches in memory, or seconds of a stream, by which the data's speed is measured."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some steps that were taken.

    Attributes:
        losses: of each step, summed over all outputs.
        accuracies: of each step, the main output's.
        gradient_norms: of each step, of all gradients together, before they are clipped.
        samples: the samples they were taken on.
        finite: whether loss and gradients were numbers; else the loop ended before that step changed a weight.
        ended: whether there are no more batches.
        waited: seconds for which the model waited for data.
    """

    losses: Floats
    accuracies: Floats
    gradient_norms: Floats
    samples: Indices
    finite: bool
    ended: bool
    waited: float


@dataclass(frozen=True, eq=False)
class _OutputLoss:
    """One output's share in what is minimized: the loss, all labels as it takes them, and its factor."""

    objective: Objective
    loss: keras.losses.Loss
    mixed_loss: keras.losses.Loss
    targets: tf.Tensor

    @classmethod
    def of(cls, objective: Objective, labels: Indices) -> _OutputLoss:
        targets = tf.constant(objective.targets(np.maximum(labels, 0)))
        return cls(objective, objective.loss(), objective.mixed_loss(), targets)


class CompiledLoop:
    """Training and evaluation of one model on prepared samples.

    Where all samples are kept in memory they reside where the model computes, and batches are gathered from them;
    elsewhere they stream through tf.data. Augmentation and scaling are part of the compiled step either way.
    """

    def __init__(
        self, model: keras.Model, optimizer: keras.optimizers.Optimizer, data: RunData, batch_size: int, seed: int = 0
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._data = data
        self._losses = [_OutputLoss.of(objective, data.labels) for objective in data.objectives]
        self._batch_size = batch_size
        self._labels = tf.constant(np.maximum(data.labels, 0).astype(np.int32))
        weights = data.class_weights()
        self._weights = tf.constant(weights) if weights is not None else None
        preprocessor = data.prepared.preprocessor
        self._augmenter: Augmenter | None = None
        if data.preparation.augmentation:
            chain = data.preparation.augmentation
            self._augmenter = Augmenter(chain, preprocessor.value_range, preprocessor.sized_shape, seed)
        self._resident: tuple[tf.Tensor, tf.Tensor, bool] | None = None
        self._iterator: Any = None
        self._order: Indices = np.zeros(0, np.int64)
        self._epoch = self._taken = 0
        self._was_kept = False  # whether the epoch began with all of its samples prepared
        self._compile()
        self._go_resident()

    def _compile(self) -> None:
        """Make the compiled functions anew: they hold on to where the samples are."""
        order, number = tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.int32)
        rates = tf.TensorSpec([None], tf.float32)
        self._train = tf.function(self._train_resident, input_signature=[order, rates, number, number])
        self._prepare = tf.function(self._prepare_resident, input_signature=[order, number])
        self._train_stream = tf.function(self._train_streamed, reduce_retracing=True)
        self._evaluate = tf.function(self._evaluate_batch, reduce_retracing=True)
        self._make_ready = tf.function(self._ready_for_training, reduce_retracing=True)

    # --- training ---------------------------------------------------------------------------------------------------
    def begin(self, order: Indices, epoch: int, first_batch: int = 0) -> None:
        """Start an epoch on these samples in this order, or go on with it where some batches lie behind already."""
        self._go_resident()
        self._order, self._epoch, self._taken = order, epoch, first_batch
        self._was_kept = self._data.prepared.has(order)
        self._iterator = None
        if self._resident is None:
            self._iterator = iter(self._data.prepared.stream(order[first_batch * self._batch_size :], self._batch_size))

    @property
    def is_resident(self) -> bool:
        """Whether the samples reside where the model computes."""
        return self._resident is not None

    def train(self, rates: Floats) -> Chunk:
        """Take a step with each of these learning rates on the epoch's next batches, the last one perhaps smaller."""
        steps = len(rates)
        place = [tf.constant(rates, tf.float32), tf.constant(self._epoch), tf.constant(self._taken)]
        if self._resident is not None:
            first = self._taken * self._batch_size
            chosen = self._order[first : first + steps * self._batch_size]
            losses, accuracies, norms, finite, taken = self._train(tf.constant(chosen), *place)
            count, waited, ended = int(taken), 0.0, first + len(chosen) >= len(self._order)
            samples = chosen[: count * self._batch_size]
        else:
            losses, accuracies, norms, finite, taken, seen, waiting, more = self._train_stream(self._iterator, *place)
            count, waited, ended, samples = int(taken), float(waiting), not bool(more), seen.numpy()
        self._taken += count
        told = [values.numpy()[:count] for values in (losses, accuracies, norms)]
        return Chunk(told[0], told[1], told[2], samples, bool(finite), ended, waited)

    def _train_resident(
        self, indices: tf.Tensor, rates: tf.Tensor, epoch: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        size = self._batch_size
        steps = (tf.size(indices) + size - 1) // size
        losses = tf.TensorArray(tf.float32, steps, element_shape=())
        accuracies = tf.TensorArray(tf.float32, steps, element_shape=())
        norms = tf.TensorArray(tf.float32, steps, element_shape=())
        step, finite = tf.constant(0), tf.constant(True)
        while step < steps and finite:
            batch = indices[step * size : (step + 1) * size]
            self._optimizer.learning_rate = rates[step]
            finite, loss, accuracy, norm = self._step(batch, self._gathered(batch), epoch, first + step)
            if finite:
                losses = losses.write(step, loss)
                accuracies = accuracies.write(step, accuracy)
                norms = norms.write(step, norm)
                step += 1
        return losses.stack(), accuracies.stack(), norms.stack(), finite, step

    def _train_streamed(
        self, iterator: Any, rates: tf.Tensor, epoch: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        steps = tf.size(rates)
        losses = tf.TensorArray(tf.float32, steps, element_shape=())
        accuracies = tf.TensorArray(tf.float32, steps, element_shape=())
        norms = tf.TensorArray(tf.float32, steps, element_shape=())
        seen = tf.zeros([0], tf.int64)
        step, finite, more = tf.constant(0), tf.constant(True), tf.constant(True)
        waited = tf.constant(0.0, tf.float64)
        while step < steps and finite and more:
            tf.autograph.experimental.set_loop_options(
                parallel_iterations=1, shape_invariants=[(seen, tf.TensorShape([None]))]
            )
            asked = tf.timestamp()
            with tf.control_dependencies([asked]):
                item = iterator.get_next_as_optional()
                more = item.has_value()
            with tf.control_dependencies([more]):
                waited += tf.timestamp() - asked
            if more:
                batch, sized = item.get_value()
                self._optimizer.learning_rate = rates[step]
                finite, loss, accuracy, norm = self._step(batch, sized, epoch, first + step)
                if finite:
                    losses = losses.write(step, loss)
                    accuracies = accuracies.write(step, accuracy)
                    norms = norms.write(step, norm)
                    seen = tf.concat([seen, batch], 0)
                    step += 1
        return losses.stack(), accuracies.stack(), norms.stack(), finite, step, seen, waited, more

    def _step(
        self, indices: tf.Tensor, sized: tf.Tensor, epoch: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """One step of the optimizer, unless its loss or its gradient is not finite."""
        samples, mixed = self._ready_for_training(indices, sized, epoch, number)
        variables = self._model.trainable_variables
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            outputs, loss = self._outputs_and_loss(indices, samples, mixed, training=True)
        # An output that counts nothing leaves the variables of its head out of the loss.
        gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        norm = tf.linalg.global_norm(gradients)
        finite = tf.math.is_finite(loss) and tf.math.is_finite(norm)
        if finite:
            self._optimizer.apply(gradients, variables)
        right = tf.equal(self._classes(outputs), self._wanted(indices, mixed))
        return finite, loss, tf.reduce_mean(tf.cast(right, tf.float32)), norm

    def _ready_for_training(
        self, indices: tf.Tensor, sized: tf.Tensor, epoch: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """A batch as the network takes it, augmented; and the share of each class where the augmentation mixes them."""
        if self._augmenter is None:
            return self._scaled(sized), None
        targets = tf.one_hot(tf.gather(self._labels, indices), self._data.facts.classes)
        batch = self._augmenter(Batch(tf.cast(sized, tf.float32), targets, None, None), epoch, number)
        return self._data.prepared.preprocessor.scale(batch.samples), batch.targets if self._augmenter.mixes else None

    # --- measuring --------------------------------------------------------------------------------------------------
    def measure(self, indices: Indices) -> Iterator[tuple[Indices, float, Indices]]:
        """Batch by batch: the samples, their mean loss over all outputs, and the class each is taken for."""
        if not len(indices):
            return
        if self._resident is not None:
            batches: Any = (
                (tf.constant(batch), self._gathered(tf.constant(batch)))
                for batch in np.split(indices, range(self._batch_size, len(indices), self._batch_size))
            )
        else:
            batches = self._data.prepared.stream(indices, self._batch_size)
        for batch, sized in batches:
            loss, classes = self._evaluate(batch, sized)
            yield batch.numpy(), float(loss), classes.numpy().astype(np.int64)

    @property
    def is_settled(self) -> bool:
        """Whether this epoch's samples come from where the following ones' will."""
        return self.is_resident or self._was_kept or self._data.prepared.plan.place == "stream"

    def data_speed(self) -> float:
        """Samples per second that the data could give, measured without the model for a moment."""
        if self._resident is not None:
            chosen = tf.constant(self._order[: BURST_BATCHES * self._batch_size])
            self._prepare(chosen, tf.constant(self._epoch))  # compiles
            began = time.perf_counter()
            self._prepare(chosen, tf.constant(self._epoch)).numpy()
            return len(chosen) / max(time.perf_counter() - began, 1e-6)
        given, began = 0, 0.0
        epoch, number = tf.constant(self._epoch), tf.constant(0)
        for batch, sized in self._data.prepared.stream(self._order, self._batch_size):
            self._make_ready(batch, sized, epoch, number)
            if not began:  # the first one compiles, and starts the pipeline
                began = time.perf_counter()
                continue
            given += int(batch.shape[0])
            if time.perf_counter() - began > BURST_S:
                break
        return given / max(time.perf_counter() - began, 1e-6) if given else 0.0

    def _prepare_resident(self, indices: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
        """Batches made ready for training and let go; their sum, so that none is left out as unused."""
        size = self._batch_size
        steps, total = (tf.size(indices) + size - 1) // size, tf.constant(0.0)
        for step in tf.range(steps):
            batch = indices[step * size : (step + 1) * size]
            samples, _mixed = self._ready_for_training(batch, self._gathered(batch), epoch, step)
            total += tf.reduce_sum(tf.cast(samples, tf.float32))
        return total

    def _evaluate_batch(self, indices: tf.Tensor, sized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs, loss = self._outputs_and_loss(indices, self._scaled(sized), None, training=False)
        return loss, self._classes(outputs)

    # --- parts of a step --------------------------------------------------------------------------------------------
    def _go_resident(self) -> None:
        if self._resident is None:
            needed = np.concatenate([self._data.training, self._data.held_out])
            limit = FLOAT_BYTES if self._augmenter is None else 0
            self._resident = self._data.prepared.resident(needed, limit)
            if self._resident is not None and self._resident[2]:
                self._compile()  # what is scaled already needs no scaling any more

    def _gathered(self, indices: tf.Tensor) -> tf.Tensor:
        assert self._resident is not None
        values, rows, _scaled = self._resident
        return tf.gather(values, tf.gather(rows, indices))

    def _scaled(self, sized: tf.Tensor) -> tf.Tensor:
        if self._resident is not None and self._resident[2]:
            return sized
        return self._data.prepared.preprocessor.scale(sized)

    def _outputs_and_loss(
        self, indices: tf.Tensor, samples: tf.Tensor, mixed: tf.Tensor | None, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        made = self._model(samples, training=training)
        outputs = made if isinstance(made, list | tuple) else [made]
        weights = self._sample_weights(indices, mixed) if training else None
        losses = [
            one.objective.weight * self._loss(one, output, indices, mixed, weights)
            for one, output in zip(self._losses, outputs, strict=True)
            if one.objective.weight
        ]
        return outputs[0], tf.add_n([*losses, *self._model.losses])

    def _loss(
        self,
        one: _OutputLoss,
        output: tf.Tensor,
        indices: tf.Tensor,
        mixed: tf.Tensor | None,
        weights: tf.Tensor | None,
    ) -> tf.Tensor:
        if mixed is None:
            return one.loss(tf.gather(one.targets, indices), output, sample_weight=weights)
        return one.mixed_loss(mixed[:, 1:2] if one.objective.single else mixed, output, sample_weight=weights)

    def _sample_weights(self, indices: tf.Tensor, mixed: tf.Tensor | None) -> tf.Tensor | None:
        if self._weights is None:
            return None
        if mixed is not None:
            return tf.linalg.matvec(mixed, self._weights)
        return tf.gather(self._weights, tf.gather(self._labels, indices))

    def _wanted(self, indices: tf.Tensor, mixed: tf.Tensor | None) -> tf.Tensor:
        if mixed is not None:
            return tf.argmax(mixed, axis=-1, output_type=tf.int32)
        return tf.gather(self._labels, indices)

    def _classes(self, outputs: tf.Tensor) -> tf.Tensor:
        objective = self._losses[0].objective
        if objective.single:
            return tf.cast(outputs[:, 0] > (0.0 if objective.from_logits else 0.5), tf.int32)
        return tf.argmax(outputs, axis=-1, output_type=tf.int32)
