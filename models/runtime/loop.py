"""The compiled training loop: many steps in one call, so that Python costs nothing per batch."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.data.images import ImageSet
from models.runtime.objective import Objective
from models.training.plan import LossName

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

FLOAT_BYTES = 512 * 2**20
"""Images are kept as float32 up to this size, above it as bytes that are converted batch by batch."""

DEVICE_BYTES = 4 * 2**30
"""Images above this size stay in the machine's memory instead of the GPU's."""


@dataclass(frozen=True)
class RunData:
    """A run's images, which of them it trains on, and what it minimizes.

    Attributes:
        objectives: of every output of the network, the main one's first.
        loss: what the plan asked for.
    """

    images: ImageSet
    training: Indices
    held_out: Indices
    objectives: tuple[Objective, ...]
    loss: LossName

    @property
    def objective(self) -> Objective:
        """The main output's: by it the network is measured."""
        return self.objectives[0]

    @property
    def measured(self) -> Indices:
        """The images to measure on: those held out, or all where none are."""
        return self.held_out if len(self.held_out) else np.arange(len(self.images.labels))


@dataclass(frozen=True, eq=False)
class _OutputLoss:
    """One output's share in what is minimized: the loss, all labels as it takes them, and its factor."""

    loss: keras.losses.Loss
    targets: tf.Tensor
    weight: float

    @classmethod
    def of(cls, objective: Objective, labels: Indices) -> _OutputLoss:
        return cls(objective.loss(), tf.constant(objective.targets(labels)), objective.weight)


class CompiledLoop:
    """Training and evaluation of one model on images that reside where the model computes."""

    def __init__(
        self, model: keras.Model, optimizer: keras.optimizers.Optimizer, data: RunData, batch_size: int
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._objective = data.objective
        self._losses = [_OutputLoss.of(objective, data.images.labels) for objective in data.objectives]
        self._batch_size = batch_size
        self._images = _resident(data.images)
        self._labels = tf.constant(data.images.labels.astype(np.int32))
        signature = [tf.TensorSpec([None], tf.int32)]
        self._train = tf.function(self._train_steps, input_signature=signature)
        self._evaluate = tf.function(self._evaluate_batch, input_signature=signature)

    def train(self, indices: Indices) -> tuple[Floats, Floats]:
        """Take a step on each batch of these images, the last one perhaps smaller.

        Returns the loss, summed over all outputs, and the main output's accuracy of each step. There are fewer steps
        than batches where a loss or gradient was not finite: the loop ended before that step changed a weight.
        """
        losses, accuracies, steps = self._train(tf.constant(indices.astype(np.int32)))
        taken = int(steps)
        return losses.numpy()[:taken], accuracies.numpy()[:taken]

    def evaluate(self, indices: Indices) -> tuple[float, Indices]:
        """The mean loss of one batch of images, over all outputs, and the class that the main one takes each for."""
        loss, classes = self._evaluate(tf.constant(indices.astype(np.int32)))
        return float(loss), classes.numpy().astype(np.int64)

    def _train_steps(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        size = self._batch_size
        steps = (tf.size(indices) + size - 1) // size
        losses = tf.TensorArray(tf.float32, steps, element_shape=())
        accuracies = tf.TensorArray(tf.float32, steps, element_shape=())
        variables = self._model.trainable_variables
        values = [variable.value for variable in variables]
        step, finite = tf.constant(0), tf.constant(True)
        while step < steps and finite:
            batch = indices[step * size : (step + 1) * size]
            with tf.GradientTape() as tape:
                outputs, loss = self._outputs_and_loss(batch, training=True)
            # An output that counts nothing leaves the variables of its head out of the loss.
            gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            finite = tf.math.is_finite(loss) and tf.math.is_finite(tf.linalg.global_norm(gradients))
            if finite:
                self._optimizer.apply(gradients, variables)
                losses = losses.write(step, loss)
                accuracies = accuracies.write(step, self._accuracy(outputs, batch))
                step += 1
        return losses.stack(), accuracies.stack(), step

    def _evaluate_batch(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs, loss = self._outputs_and_loss(indices, training=False)
        return loss, self._classes(outputs)

    def _outputs_and_loss(self, batch: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.gather(self._images, batch)
        if images.dtype == tf.uint8:
            images = tf.cast(images, tf.float32) / 255.0
        made = self._model(images, training=training)
        outputs = made if isinstance(made, list | tuple) else [made]
        losses = [
            one.weight * one.loss(tf.gather(one.targets, batch), output)
            for one, output in zip(self._losses, outputs, strict=True)
            if one.weight
        ]
        return outputs[0], tf.add_n([*losses, *self._model.losses])

    def _classes(self, outputs: tf.Tensor) -> tf.Tensor:
        if self._objective.single:
            return tf.cast(outputs[:, 0] > (0.0 if self._objective.from_logits else 0.5), tf.int32)
        return tf.argmax(outputs, axis=-1, output_type=tf.int32)

    def _accuracy(self, outputs: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
        right = tf.equal(self._classes(outputs), tf.gather(self._labels, batch))
        return tf.reduce_mean(tf.cast(right, tf.float32))


def _resident(images: ImageSet) -> tf.Tensor:
    """The images as a tensor: float32 in 0 … 1 where that is small, bytes otherwise."""
    floats = images.images.size * 4 <= FLOAT_BYTES
    values = images.floats(slice(None)) if floats else images.images
    if values.nbytes <= DEVICE_BYTES:
        return tf.constant(values)
    with tf.device("/CPU:0"):
        return tf.constant(values)
