"""The compiled training loop: many steps in one call, so that Python costs nothing per batch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.data.samples import Indices
from models.runtime.live_model import LiveModel
from models.runtime.step import replicas
from models.runtime.step.held_out import Tally
from models.runtime.step.measuring import LayerMeasurer, first_not_finite
from models.runtime.step.run_data import RunData
from models.runtime.step.training_step import TrainingStep
from models.training.events import BlockMeasured
from models.training.plan import TrainingPlan

Floats = npt.NDArray[np.float32]

FLOAT_BYTES = 128 * 2**20
"""Samples are kept as the network takes them up to this size, above it they are scaled batch by batch."""

BURST_BATCHES, BURST_S = 64, 0.2
"""Batches in memory, or seconds of a stream, by which the data's speed is measured."""

XLA_ERRORS = (
    tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, tf.errors.InternalError, tf.errors.NotFoundError,
    tf.errors.FailedPreconditionError, tf.errors.UnknownError,
)  # fmt: skip
"""What TensorFlow raises for a step that XLA cannot compile."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some steps that were taken.

    Attributes:
        losses: of each step, summed over all outputs.
        accuracies: of each step, the main output's.
        gradient_norms: of each step, of all gradients together, before they are clipped; 0 where mixed precision left
            the step out because its gradients were too large for it.
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


class CompiledLoop:
    """Training and evaluation of one live model on prepared samples, as a plan says.

    Where all samples are kept in memory they reside where the model computes, and batches are gathered from them;
    elsewhere they stream through tf.data. Augmentation and scaling are part of the compiled step either way.

    With `plan.deterministic`, TensorFlow is told to use only operations that always give the same. It cannot be told
    otherwise again: what this process trains later is deterministic, too, and slower on a GPU.

    Attributes:
        xla_note: why XLA does not compile the step though the plan wants it; empty where it does, or is not wanted.
        measuring_s: seconds that looking took at the last measured step, beside the step itself and compiling.
        compiling_s: seconds in which that which looks was compiled; 0 but at the first such step.
    """

    def __init__(
        self,
        live: LiveModel,
        data: RunData,
        plan: TrainingPlan,
        optimizer: keras.optimizers.Optimizer | None = None,
    ) -> None:
        if plan.deterministic:
            tf.config.experimental.enable_op_determinism()
        self.xla_note = replicas.NO_XLA if plan.jit_compile and replicas.are_several() else ""
        self.measuring_s = self.compiling_s = 0.0
        self._live = live
        self._data = data
        self._batch_size = plan.batch_size
        self._step = TrainingStep(live, data, plan, optimizer)
        self._measurer: LayerMeasurer | None = None
        self._has_measured = False
        self._resident: tuple[tf.Tensor, tf.Tensor, bool] | None = None
        self._iterator: Any = None
        self._order: Indices = np.zeros(0, np.int64)
        self._epoch = self._taken = 0
        self._was_kept = False  # whether the epoch began with all of its samples prepared
        self._squares: Floats = np.zeros(0, np.float32)  # of the last step's gradients, by trained variable
        self._last: tuple[tf.Tensor, tf.Tensor] | None = None  # the last batch that streamed in
        self._last_number = 0  # of the last step in its epoch
        self._compile()
        self._go_resident()

    def _compile(self) -> None:
        """Make the compiled functions anew: they hold on to where the samples are."""
        order, number = tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.int32)
        rates = tf.TensorSpec([None], tf.float32)
        self._train = tf.function(self._train_resident, input_signature=[order, rates, number, number])
        self._prepare = tf.function(self._prepare_resident, input_signature=[order, number])
        self._train_stream = tf.function(self._train_streamed, reduce_retracing=True)
        self._evaluate = tf.function(self._step.measure, reduce_retracing=True)
        self._make_ready = tf.function(self._step.ready, reduce_retracing=True)

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
        try:
            return self._taken_steps(rates)
        except XLA_ERRORS as error:
            if not self._step.jit_compile:
                raise
            self._do_without_xla(error)
            return self._taken_steps(rates)

    def train_measured(self, rate: float) -> tuple[Chunk, dict[str, BlockMeasured]]:
        """Take one step as `train` does, and look at every layer of the expansion; see `LayerMeasurer`.

        Nothing is measured where no step was taken.
        """
        if self._measurer is None:
            self._measurer = LayerMeasurer(self._live)
        began = time.perf_counter()
        before = self._measurer.copied()
        copying = time.perf_counter() - began
        chunk = self.train(np.array([rate], np.float32))
        if not len(chunk.losses):
            return chunk, {}
        began = time.perf_counter()
        blocks = self._look(before)
        self.measuring_s, self.compiling_s = copying + time.perf_counter() - began, 0.0
        if not self._has_measured:  # what it costs from now on, when all is compiled, shows a second time
            self._has_measured, began = True, time.perf_counter()
            self._look(self._measurer.copied())
            self.compiling_s, self.measuring_s = self.measuring_s, time.perf_counter() - began
        return chunk, blocks

    def _look(self, before: Sequence[tf.Tensor]) -> dict[str, BlockMeasured]:
        """What the last step did to the layers, whose weights were these before."""
        last = self._last_batch()
        assert last is not None
        assert self._measurer is not None
        return self._measurer.measured(before, self._squares, last[1], self._step.has_changed_weights)

    def locate_non_finite(self) -> str | None:
        """The layer in which numbers first ceased to be finite, by its id in the expansion, after such a step.

        Ask before anything is put back: it repeats the step that was not taken, with the weights as they are. None
        where all is finite this time, as chance may have it with Dropout.
        """
        last = self._last_batch()
        if last is None:
            return None
        indices, samples, mixed = last
        return first_not_finite(self._live, samples, lambda made: self._step.loss(made, indices, mixed, True)[1])

    def _taken_steps(self, rates: Floats) -> Chunk:
        place = [tf.constant(rates, tf.float32), tf.constant(self._epoch), tf.constant(self._taken)]
        if self._resident is not None:
            first = self._taken * self._batch_size
            chosen = self._order[first : first + len(rates) * self._batch_size]
            losses, accuracies, squares, finite, taken = self._train(tf.constant(chosen), *place)
            count, waited, ended = int(taken), 0.0, first + len(chosen) >= len(self._order)
            samples, self._last = chosen[: count * self._batch_size], None
        else:
            told = self._train_stream(self._iterator, *place)
            losses, accuracies, squares, finite, taken, seen, waiting, more, *last = told
            count, waited, ended, samples = int(taken), float(waiting), not bool(more), seen.numpy()
            self._last = (last[0], last[1])
        self._taken += count
        self._last_number = self._taken - (1 if finite else 0)
        by_variable = squares.numpy()[:count]
        self._squares = by_variable[-1] if count else by_variable.sum(0)
        norms = np.sqrt(by_variable.sum(1))
        return Chunk(losses.numpy()[:count], accuracies.numpy()[:count], norms, samples, bool(finite), ended, waited)

    def _do_without_xla(self, error: Exception) -> None:
        """Compile the step as usual, and go on where the epoch is: no weight has changed yet."""
        first_line = next(iter(str(error).strip().splitlines()), "no message")
        self.xla_note = f"XLA cannot compile this network's step, so it is trained without: {first_line[:200]}"
        self._step.jit_compile = False
        self._compile()
        self.begin(self._order, self._epoch, self._taken)

    def _train_resident(
        self, indices: tf.Tensor, rates: tf.Tensor, epoch: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        size = self._batch_size
        steps = (tf.size(indices) + size - 1) // size
        losses, accuracies, squares = self._step.records(steps)
        step, finite = tf.constant(0), tf.constant(True)
        while step < steps and finite:
            batch = indices[step * size : (step + 1) * size]
            samples, mixed = self._step.ready(batch, self._gathered(batch), epoch, first + step)
            finite, loss, accuracy, square = self._step.take(batch, samples, mixed, rates[step])
            losses = losses.write(step, loss)
            accuracies = accuracies.write(step, accuracy)
            squares = squares.write(step, square)
            if finite:
                step += 1
        return losses.stack(), accuracies.stack(), squares.stack(), finite, step

    def _train_streamed(
        self, iterator: Any, rates: tf.Tensor, epoch: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        steps = tf.size(rates)
        losses, accuracies, squares = self._step.records(steps)
        seen, spec = tf.zeros([0], tf.int64), iterator.element_spec
        batch, sized = (tf.zeros([0, *one.shape[1:]], one.dtype) for one in spec)
        step, finite, more = tf.constant(0), tf.constant(True), tf.constant(True)
        waited = tf.constant(0.0, tf.float64)
        while step < steps and finite and more:
            tf.autograph.experimental.set_loop_options(
                parallel_iterations=1,
                shape_invariants=[(seen, tf.TensorShape([None])), (batch, spec[0].shape), (sized, spec[1].shape)],
            )
            asked = tf.timestamp()
            with tf.control_dependencies([asked]):
                item = iterator.get_next_as_optional()
                more = item.has_value()
            with tf.control_dependencies([more]):
                waited += tf.timestamp() - asked
            if more:
                batch, sized = item.get_value()
                samples, mixed = self._step.ready(batch, sized, epoch, first + step)
                finite, loss, accuracy, square = self._step.take(batch, samples, mixed, rates[step])
                if finite:
                    losses = losses.write(step, loss)
                    accuracies = accuracies.write(step, accuracy)
                    squares = squares.write(step, square)
                    seen = tf.concat([seen, batch], 0)
                    step += 1
        return losses.stack(), accuracies.stack(), squares.stack(), finite, step, seen, waited, more, batch, sized

    def _last_batch(self) -> tuple[tf.Tensor, tf.Tensor, Any] | None:
        """The samples, as the network took them, of the last step, or of that which was not taken."""
        if self._last is not None:
            indices, sized = self._last
        elif self._resident is not None:
            first = self._last_number * self._batch_size
            indices = tf.constant(self._order[first : first + self._batch_size])
            sized = self._gathered(indices)
        else:
            return None
        if not int(tf.size(indices)):
            return None
        number = tf.constant(self._last_number)
        return indices, *self._make_ready(indices, sized, tf.constant(self._epoch), number)

    # --- measuring --------------------------------------------------------------------------------------------------
    def measure(self, indices: Indices, tally: Tally | None = None) -> Iterator[tuple[Indices, float, Indices]]:
        """Batch by batch: the samples, their mean loss over all outputs, and the class each is taken for.

        Where the plan averages weights, they are measured, since a run ends with them. A tally adds it all up.
        """
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
            loss, classes, outputs = self._evaluate(batch, sized)
            found = batch.numpy(), float(loss), classes.numpy().astype(np.int64)
            if tally is not None:
                tally.add(*found, outputs.numpy)
            yield found

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
            samples, _mixed = self._step.ready(batch, self._gathered(batch), epoch, step)
            total += tf.reduce_sum(tf.cast(samples, tf.float32))
        return total

    # --- samples ----------------------------------------------------------------------------------------------------
    def _go_resident(self) -> None:
        if self._resident is None:
            needed = np.concatenate([self._data.training, self._data.held_out])
            limit = 0 if self._step.augments else FLOAT_BYTES
            self._resident = self._data.prepared.resident(needed, limit)
            if self._resident is not None and self._resident[2]:
                self._step.scales = False
                self._compile()  # what is scaled already needs no scaling any more

    def _gathered(self, indices: tf.Tensor) -> tf.Tensor:
        assert self._resident is not None
        values, rows, _scaled = self._resident
        return tf.gather(values, tf.gather(rows, indices))
