"""`Trainer`: one run as a sequence of events, with a breath after every chunk of steps."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from functools import partial

import numpy as np
import numpy.typing as npt

from models.runtime.live_model import LiveModel
from models.runtime.loop import CompiledLoop, RunData
from models.runtime.objective import METRIC
from models.runtime.runs import RunFolder
from models.training.commands import Train
from models.training.events import (
    BatchesDone,
    EndReason,
    EpochDone,
    Event,
    Failed,
    TrainingDone,
    TrainingStarted,
)

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
        self._loop = CompiledLoop(live.model, optimizer, data, command.plan.batch_size)
        self._steps_per_chunk = 1
        self._speed: deque[tuple[float, int]] = deque()
        self._snapshot = live.weights()

    def events(self) -> Events:
        """Train to the end of the plan, or until stopped or diverged."""
        yield self._started()
        yield from self._save(lambda folder: folder.start())
        last: EpochDone | None = None
        reason: EndReason = "finished"
        message = ""
        for epoch in range(self._first_epoch, self._first_epoch + self._plan.epochs):
            last = None
            began = self.stopwatch.seconds
            losses, metrics = yield from self._epoch(epoch)
            if self._diverged(losses):
                reason, message = "diverged", self._divergence(epoch, len(losses))
                break
            if self.stopping:
                reason, message = "stopped", "Stopped; the weights are kept."
                break
            done = last = yield from self._epoch_done(epoch, losses, metrics, began)
            yield done
            yield from self._save(partial(RunFolder.add_epoch, epoch=done, live=self._live))
        yield from self._end(reason, message, last)

    # --- parts of a run ---------------------------------------------------------------------------------------------
    def _epoch(self, epoch: int) -> Generator[Event | None, None, tuple[list[float], list[float]]]:
        """One pass over the training images in an order of its own."""
        order = np.random.default_rng([self._plan.seed, epoch]).permutation(self._data.training)
        size = self._plan.batch_size
        batches = -(-len(order) // size)
        losses: list[float] = []
        metrics: list[float] = []
        while len(losses) < batches and not self.stopping:
            first = len(losses)
            planned = min(self._steps_per_chunk, batches - first)
            began = self.stopwatch.seconds
            images = order[first * size : (first + planned) * size]
            chunk_losses, chunk_metrics = self._loop.train(images)
            self._adapt(self.stopwatch.seconds - began, planned)
            self.steps += len(chunk_losses)
            losses.extend(chunk_losses.tolist())
            metrics.extend(chunk_metrics.tolist())
            speed = self._images_per_second(len(images))
            yield BatchesDone(self.run_id, epoch, len(losses), chunk_losses, chunk_metrics, speed)
            if len(chunk_losses) < planned:
                break
        return losses, metrics

    def _epoch_done(
        self, epoch: int, losses: list[float], metrics: list[float], began: float
    ) -> Generator[Event | None, None, EpochDone]:
        held_out = yield from self._measure()
        self._live.epochs = epoch + 1
        if self._live.has_finite_weights():
            self._snapshot = self._live.weights()
        seconds = self.stopwatch.seconds - began
        return EpochDone(
            self.run_id, epoch, float(np.mean(losses)), float(np.mean(metrics)), *held_out, seconds=seconds
        )

    def _measure(self) -> Generator[None, None, Measured]:
        """Loss and accuracy on the held-out images, unless nobody waits for them."""
        held_out = self._data.held_out
        if not len(held_out):
            return None, None
        loss, right = 0.0, 0
        for first in range(0, len(held_out), self._plan.batch_size):
            batch = held_out[first : first + self._plan.batch_size]
            batch_loss, classes = self._loop.evaluate(batch)
            loss += batch_loss * len(batch)
            right += int(np.sum(classes == self._data.images.labels[batch]))
            yield None
            if self.abandoned:
                return None, None
        return loss / len(held_out), right / len(held_out)

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
    def _started(self) -> TrainingStarted:
        data, plan = self._data, self._plan
        return TrainingStarted(
            run_id=self.run_id,
            network=self._command.network,
            facts=data.images.facts,
            epochs=plan.epochs,
            steps_per_epoch=-(-len(data.training) // plan.batch_size),
            training_images=len(data.training),
            held_out_images=len(data.held_out),
            loss=data.objective.loss_name,
            metric=METRIC,
            run_dir=str(self._folder.path) if self._folder is not None else None,
            first_epoch=self._first_epoch,
        )

    def _diverged(self, losses: list[float]) -> bool:
        return not self.stopping and len(losses) < -(-len(self._data.training) // self._plan.batch_size)

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
