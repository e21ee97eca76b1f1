"""`Trainer`: one run as a sequence of events, with a breath after every chunk of steps."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from models.runtime.live_model import LiveModel
from models.runtime.loop import Chunk, CompiledLoop
from models.runtime.objective import METRIC
from models.runtime.run_data import RunData
from models.runtime.runs import RunFolder
from models.training.commands import Train
from models.training.events import (
    BatchesDone,
    DataPlanned,
    DataSpeed,
    EndReason,
    EpochDone,
    Event,
    Failed,
    SamplesLost,
    TrainingDone,
    TrainingStarted,
)
from models.training.schedules import Length

Indices = npt.NDArray[np.int64]
Events = Generator[Event | None, None, None]
"""Events as they come; None is a breath in which commands can be answered."""

Measured = tuple[float | None, float | None]
"""Loss and accuracy on the held-out images; None where there are none."""

CHUNK_S = 0.05
"""Seconds that a chunk of steps should take: as long as Pause and Stop may wait."""

SPEED_S = 2.0
"""Seconds over which images per second are counted."""


class Stopwatch:
    """Seconds of training, pauses not counted."""

    def __init__(self) -> None:
        self._past = 0.0
        self._since: float | None = time.perf_counter()

    @property
    def seconds(self) -> float:
        return self._past + (time.perf_counter() - self._since if self._since is not None else 0.0)

    def hold(self) -> None:
        """Stop counting."""
        self._past, self._since = self.seconds, None

    def go_on(self) -> None:
        """Count again."""
        self._since = time.perf_counter()


@dataclass
class _Epoch:
    """What is gathered over an epoch."""

    losses: list[float] = field(default_factory=list)
    metrics: list[float] = field(default_factory=list)
    samples: list[Indices] = field(default_factory=list)
    finite: bool = True
    waited: float = 0.0

    def add(self, chunk: Chunk) -> None:
        self.losses.extend(chunk.losses.tolist())
        self.metrics.extend(chunk.accuracies.tolist())
        self.samples.append(chunk.samples)
        self.finite = chunk.finite
        self.waited += chunk.waited

    @property
    def count(self) -> int:
        """Samples trained on."""
        return sum(map(len, self.samples))


class Trainer:
    """Trains a live model. Whoever iterates over `events` may set `stopping` or hold the stopwatch in between.

    Attributes:
        stopping: end after the steps under way.
        abandoned: end without measuring or saving, since nobody waits for it.
        steps: how many were taken.
    """

    def __init__(self, command: Train, live: LiveModel, data: RunData, folder: RunFolder | None) -> None:
        self.stopping = False
        self.abandoned = False
        self.steps = 0
        self.stopwatch = Stopwatch()
        self.run_id = command.run_id
        self._command = command
        self._live = live
        self._data = data
        self._folder = folder
        self._plan = command.plan
        self._first_epoch = live.epochs
        optimizer = live.optimizer(command.plan, data.objectives)
        self._loop = CompiledLoop(live, data, command.plan, optimizer)
        self._steps_per_chunk = 1
        self._speed_told = self._compiled_there = False
        self._speed: deque[tuple[float, int]] = deque()
        self._snapshot = live.weights()

    def events(self) -> Events:
        """Train to the end of the plan, or until stopped or diverged."""
        yield self._started()
        yield self._planned()
        yield from self._save(lambda folder: folder.start())
        last: EpochDone | None = None
        reason: EndReason = "finished"
        message = ""
        for number in range(self._first_epoch, self._first_epoch + self._plan.epochs):
            last = None
            began = self.stopwatch.seconds
            epoch = yield from self._epoch(number)
            if not epoch.losses and not self.stopping and epoch.finite and len(self._data.training):
                epoch = yield from self._epoch(number)  # what TensorFlow cannot decode and Pillow can comes now
            if not epoch.finite:
                reason, message = "diverged", self._divergence(number, len(epoch.losses))
                break
            if self.stopping:
                reason, message = "stopped", "Stopped; the weights are kept."
                break
            yield from self._tell_of_data(epoch, self.stopwatch.seconds - began)
            if not epoch.losses or not len(self._data.training):
                reason, message = "stopped", self._data_gone()
                break
            done = last = yield from self._epoch_done(number, epoch, began)
            yield done
            yield from self._save(partial(RunFolder.add_epoch, epoch=done, live=self._live))
        yield from self._end(reason, message, last)

    # --- parts of a run ---------------------------------------------------------------------------------------------
    def _epoch(self, number: int) -> Generator[Event | None, None, _Epoch]:
        """One pass over the training samples in an order of its own."""
        order = self._data.order(self._plan.seed, number)
        self._loop.begin(order, number)
        batches = -(-len(order) // self._plan.batch_size)
        epoch = _Epoch()
        while len(epoch.losses) < batches and not self.stopping:
            planned = min(self._steps_per_chunk, batches - len(epoch.losses))
            began = self.stopwatch.seconds
            rates = self._rates(number, len(epoch.losses), planned)
            chunk = self._loop.train(rates)
            self._adapt(self.stopwatch.seconds - began, planned)
            self.steps += len(chunk.losses)
            epoch.add(chunk)
            if len(chunk.losses):
                speed = self._images_per_second(len(chunk.samples))
                yield BatchesDone(
                    self.run_id, number, len(epoch.losses), chunk.losses, chunk.accuracies, speed,
                    rates[: len(chunk.losses)], chunk.gradient_norms,
                )  # fmt: skip
            if chunk.ended or not chunk.finite:
                break
        if epoch.finite and not self.stopping and not self._loop.is_resident:
            yield from self._tell_of_lost(np.setdiff1d(order, np.concatenate([*epoch.samples, order[:0]])))
        return epoch

    def _tell_of_lost(self, missed: Indices) -> Events:
        """Name the samples that did not come through; from now on they are left out."""
        if len(missed) and (told := self._data.prepared.missed(missed)):
            yield SamplesLost(self.run_id, told)

    def _tell_of_data(self, epoch: _Epoch, seconds: float) -> Events:
        """How fast the data are, once they come from where they stay; and a disk that has turned out to be full.

        The first epoch there also compiles, so it is the second one that tells of the model.
        """
        if self._data.prepared.settle():
            yield self._planned()
        if self._speed_told or not epoch.count or not self._loop.is_settled:
            return
        if not self._compiled_there:
            self._compiled_there = True
            return
        self._speed_told = True
        self.stopwatch.hold()
        data = self._loop.data_speed()
        self.stopwatch.go_on()
        if data:
            waited = epoch.count / data if self._loop.is_resident else epoch.waited
            yield DataSpeed(self.run_id, data, epoch.count / max(seconds - waited, seconds / 100))

    def _planned(self) -> DataPlanned:
        plan = self._data.prepared.plan
        return DataPlanned(self.run_id, plan.place, plan.size, plan.text)

    def _data_gone(self) -> str:
        facts = self._data.facts
        return (
            f"No more samples of {facts.name} can be read: was it moved, removed, or is its disk no longer connected? "
            "Training ended; the weights so far are kept. Bring the data back, then keep training."
        )

    def _epoch_done(self, number: int, epoch: _Epoch, began: float) -> Generator[Event | None, None, EpochDone]:
        held_out = yield from self._measure()
        self._live.epochs = number + 1
        if self._live.has_finite_weights():
            self._snapshot = self._live.weights()
        seconds = self.stopwatch.seconds - began
        return EpochDone(
            self.run_id, number, float(np.mean(epoch.losses)), float(np.mean(epoch.metrics)), *held_out, seconds=seconds
        )

    def _measure(self) -> Generator[Event | None, None, Measured]:
        """Loss and accuracy on the held-out samples, unless nobody waits for them."""
        held_out = self._data.held_out
        loss, right, seen = 0.0, 0, [held_out[:0]]
        for batch, batch_loss, classes in self._loop.measure(held_out):
            seen.append(batch)
            loss += batch_loss * len(batch)
            right += int(np.sum(classes == self._data.labels[batch]))
            yield None
            if self.abandoned:
                return None, None
        if not self._loop.is_resident:
            yield from self._tell_of_lost(np.setdiff1d(held_out, np.concatenate(seen)))
        count = sum(map(len, seen))
        return (loss / count, right / count) if count else (None, None)

    def _end(self, reason: EndReason, message: str, last: EpochDone | None) -> Events:
        restored = not self._live.has_finite_weights()
        if restored:
            self._live.set_weights(self._snapshot)
        if reason == "diverged":
            self._live.forget_optimizer()
        if self.steps:
            self._live.trained = frozenset(self._live.weights())
        if last is not None and not restored:
            held_out: Measured = (last.held_out_loss, last.held_out_metric)
        else:
            held_out = yield from self._measure()
        if not self.abandoned:
            yield from self._save(lambda folder: folder.finish(self._live))
        epochs = self._live.epochs - self._first_epoch
        text = message or _finished(epochs, held_out[1])
        run_dir = str(self._folder.path) if self._folder is not None else None
        yield TrainingDone(self.run_id, reason, text, epochs, *held_out, run_dir=run_dir)

    def _save(self, step: Callable[[RunFolder], None]) -> Events:
        """Write to the run's folder; when that fails it is said once, and training goes on without."""
        if self._folder is None:
            return
        try:
            step(self._folder)
        except OSError as error:
            self._folder = None
            yield Failed("Saving the run", f"{error} Training goes on, but this run is no longer saved.")

    # --- numbers ----------------------------------------------------------------------------------------------------
    def _rates(self, epoch: int, step: int, count: int) -> npt.NDArray[np.float32]:
        """The learning rates of an epoch's next steps."""
        per_epoch = -(-len(self._data.training) // self._plan.batch_size)
        steps = epoch * per_epoch + step + np.arange(count)
        length = Length((self._first_epoch + self._plan.epochs) * per_epoch, per_epoch)
        return (self._plan.learning_rate * self._plan.schedule.factors(steps, length)).astype(np.float32)

    def _started(self) -> TrainingStarted:
        data, plan = self._data, self._plan
        return TrainingStarted(
            run_id=self.run_id,
            network=self._command.network,
            facts=data.facts,
            epochs=plan.epochs,
            steps_per_epoch=-(-len(data.training) // plan.batch_size),
            training_images=len(data.training),
            held_out_images=len(data.held_out),
            loss=data.objective.loss_name,
            metric=METRIC,
            run_dir=str(self._folder.path) if self._folder is not None else None,
            first_epoch=self._first_epoch,
            plan=plan,
        )

    def _divergence(self, epoch: int, step: int) -> str:
        rate = self._plan.learning_rate
        return (
            f"The loss was no longer a finite number in epoch {epoch + 1}, step {step + 1}. Training ended, and the "
            f"last finite weights are kept. The learning rate was {rate:g}: try {rate / 10:g}, or BatchNormalization."
        )

    def _adapt(self, seconds: float, steps: int) -> None:
        """Let the next chunk take about CHUNK_S; it grows by doubling, since the first one also compiles."""
        fitting = int(CHUNK_S * steps / max(seconds, 1e-6))
        self._steps_per_chunk = min(max(fitting, 1), 2 * steps)

    def _images_per_second(self, images: int) -> float:
        now = self.stopwatch.seconds
        self._speed.append((now, images))
        while now - self._speed[0][0] > SPEED_S and len(self._speed) > 2:
            self._speed.popleft()
        seconds = now - self._speed[0][0]
        return sum(count for _, count in list(self._speed)[1:]) / seconds if seconds > 0 else 0.0


def _finished(epochs: int, accuracy: float | None) -> str:
    passes = f"Trained for {epochs} epoch{'s' if epochs != 1 else ''}"
    return f"{passes}." if accuracy is None else f"{passes}: {accuracy:.1%} of the held-out images are right."
