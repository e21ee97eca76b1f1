"""`TrainingStep`: what is computed for one batch: its loss, the gradients, and what the optimizer makes of them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.data.samples import Indices
from models.runtime.augmentation import Augmenter, Batch
from models.runtime.live_model import LiveModel
from models.runtime.step import replicas
from models.runtime.step.objective import Objective
from models.runtime.step.optimizers import averages, inner
from models.runtime.step.run_data import RunData
from models.training.plan import TrainingPlan


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


class TrainingStep:
    """The mathematics of a step, to be called while a function is compiled.

    Attributes:
        scales: whether samples come sized and have still to be scaled for the network.
        jit_compile: whether XLA compiles it.
    """

    def __init__(
        self, live: LiveModel, data: RunData, plan: TrainingPlan, optimizer: keras.optimizers.Optimizer | None
    ) -> None:
        self.scales = True
        self.jit_compile = plan.jit_compile and not replicas.are_several()
        self._model = live.model
        self._data = data
        self._optimizer: Any = optimizer
        self._losses = [_OutputLoss.of(objective, data.labels) for objective in data.objectives]
        self._labels = tf.constant(np.maximum(data.labels, 0).astype(np.int32))
        weights = data.class_weights()
        self._weights = tf.constant(weights) if weights is not None else None
        self._augmenter: Augmenter | None = None
        if data.preparation.augmentation:
            preprocessor, chain = data.prepared.preprocessor, data.preparation.augmentation
            self._augmenter = Augmenter(chain, preprocessor.value_range, preprocessor.sized_shape, plan.seed)

    @property
    def augments(self) -> bool:
        """Whether samples are changed at random."""
        return self._augmenter is not None

    # --- training ---------------------------------------------------------------------------------------------------
    def ready(
        self, indices: tf.Tensor, sized: tf.Tensor, epoch: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """A batch as the network takes it, augmented; and the share of each class where the augmentation mixes them."""
        if self._augmenter is None:
            return self._scaled(sized), None
        targets = tf.one_hot(tf.gather(self._labels, indices), self._data.facts.classes)
        batch = self._augmenter(Batch(tf.cast(sized, tf.float32), targets, None, None), epoch, number)
        return self._data.prepared.preprocessor.scale(batch.samples), batch.targets if self._augmenter.mixes else None

    def take(
        self, indices: tf.Tensor, samples: tf.Tensor, mixed: tf.Tensor | None, rate: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """One step of the optimizer, unless its loss or its gradient is not finite.

        Gives whether they are, the loss, the accuracy, and for every trained variable the sum of the squares of its
        gradient, before it is clipped.
        """
        if not self.jit_compile:
            return self._take(indices, samples, mixed, rate)
        taken: tuple[tf.Tensor, ...] = tf.function(self._take, jit_compile=True)(indices, samples, mixed, rate)
        return taken

    def _take(
        self, indices: tf.Tensor, samples: tf.Tensor, mixed: tf.Tensor | None, rate: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        self._optimizer.learning_rate = rate
        loss, outputs, gradients = self.gradients(indices, samples, mixed)
        squares = tf.stack([2.0 * tf.nn.l2_loss(gradient) for gradient in gradients])
        finite, squares = self._judged(loss, squares)
        if finite:
            self._optimizer.apply(gradients, self._model.trainable_variables)
        right = tf.equal(self._classes(outputs), self._wanted(indices, mixed))
        return finite, loss, tf.reduce_mean(tf.cast(right, tf.float32)), squares

    def gradients(
        self, indices: tf.Tensor, samples: tf.Tensor, mixed: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """The loss, the main output, and the gradients, which are as large as mixed precision wants them."""
        if not replicas.are_several():
            return self._gradients(indices, samples, mixed)

        def share(part: Any) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
            return self._gradients(indices[part], samples[part], mixed[part] if mixed is not None else None)

        return replicas.divided(tf.shape(indices)[0], share)

    def _gradients(
        self, indices: tf.Tensor, samples: tf.Tensor, mixed: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        values = [variable.value for variable in self._model.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            outputs, loss = self.loss(self._model(samples, training=True), indices, mixed, training=True)
            minimized = self._optimizer.scale_loss(loss)
        # An output that counts nothing leaves the variables of its head out of the loss.
        found = tape.gradient(minimized, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return loss, outputs, [tf.convert_to_tensor(gradient) for gradient in found]

    def _judged(self, loss: tf.Tensor, squares: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Whether a step can be taken, and the squares of gradients as they would be without a scale.

        With mixed_float16 gradients may be too large for half precision: the optimizer then leaves the step out and
        halves its scale, which is no divergence before the scale is down to 1. The squares are 0 for such a step.
        """
        finite, known = tf.math.is_finite(loss), tf.math.is_finite(tf.reduce_sum(squares))
        if not isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer):
            return tf.logical_and(finite, known), squares
        scale = tf.convert_to_tensor(self._optimizer.dynamic_scale)
        may_be_left_out = tf.logical_or(known, scale > 1.0)
        return tf.logical_and(finite, may_be_left_out), tf.where(known, squares / scale**2, tf.zeros_like(squares))

    # --- measuring --------------------------------------------------------------------------------------------------
    def measure(self, indices: tf.Tensor, sized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The mean loss of a batch, the class each sample is taken for, and the main output; with averaged weights."""
        means = [(variable, mean.value) for variable, mean in self._averages()]
        # Without any, regularizers would find no weights in such a scope.
        with keras.StatelessScope(state_mapping=means) if means else nullcontext():
            made = self._model(self._scaled(sized), training=False)
            outputs, loss = self.loss(made, indices, None, training=False)
        return loss, self._classes(outputs), outputs

    def _averages(self) -> list[tuple[Any, Any]]:
        return averages(self._optimizer) if self._optimizer is not None else []

    # --- parts ------------------------------------------------------------------------------------------------------
    @property
    def has_changed_weights(self) -> bool:
        """Whether the last step changed the weights, and did not only gather gradients."""
        every = inner(self._optimizer).gradient_accumulation_steps or 1
        return int(inner(self._optimizer)._iterations.numpy()) % every == 0

    def records(self, steps: tf.Tensor) -> tuple[tf.TensorArray, tf.TensorArray, tf.TensorArray]:
        """Where losses, accuracies and squares of gradients of so many steps are written."""
        variables = len(self._model.trainable_variables)
        loss, accuracy = (tf.TensorArray(tf.float32, steps, element_shape=()) for _ in range(2))
        return loss, accuracy, tf.TensorArray(tf.float32, steps, element_shape=(variables,))

    def _scaled(self, sized: tf.Tensor) -> tf.Tensor:
        return self._data.prepared.preprocessor.scale(sized) if self.scales else sized

    def loss(
        self, made: Any, indices: tf.Tensor, mixed: tf.Tensor | None, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The main output, and the loss over all outputs that the model made."""
        outputs = made if isinstance(made, list | tuple) else [made]
        weights = self._sample_weights(indices, mixed) if training else None
        losses = [
            one.objective.weight * replicas.whole(self._loss_of(one, output, indices, mixed, weights))
            for one, output in zip(self._losses, outputs, strict=True)
            if one.objective.weight
        ]
        return outputs[0], tf.add_n([*losses, *self._model.losses])

    def _loss_of(
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
