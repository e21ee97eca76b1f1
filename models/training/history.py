"""`History`: what a run's events add up to, as the curves show it."""

from __future__ import annotations

import numpy as np

from models.training.events import BatchesDone, BlocksMeasured, EpochDone, LearningRateChanged, TrainingStarted
from models.training.growing import Doubles, Floats, GrowingArray, SmoothedArray

__all__ = ["Floats", "GrowingArray", "History", "SmoothedArray"]

MOST_MEASURED = 512
"""Measurements of the blocks that are kept; beyond that every second one of the older half is dropped."""


class History:
    """The curves of one run, or of several that went on from one another. Steps are counted over all of them.

    Attributes:
        losses, metrics, learning_rates, gradient_norms: one value for each step; NaN where it is not known.
        smooth_losses, smooth_metrics, smooth_gradient_norms: the same, smoothed.
        epochs, epoch_steps: what every epoch ended with, and the steps taken by then.
        speeds: images per second, one value for each step as well.
        rate_changes: where the learning rate was set to another one.
        resumes: steps after which a run was taken up again.
        measured: the blocks, from time to time.
    """

    def __init__(self) -> None:
        self.losses = GrowingArray()
        self.metrics = GrowingArray()
        self.smooth_losses = SmoothedArray()
        self.smooth_metrics = SmoothedArray()
        self.smooth_gradient_norms = SmoothedArray()
        self.learning_rates = GrowingArray()
        self.gradient_norms = GrowingArray()
        self.speeds = GrowingArray()
        self.rate_changes: list[LearningRateChanged] = []
        self.resumes: list[int] = []
        self.measured: list[BlocksMeasured] = []
        self.epochs: list[EpochDone] = []
        self.epoch_steps: list[int] = []
        self.started: TrainingStarted | None = None
        self.images_per_second = 0.0
        self.epoch = 0
        self.step_in_epoch = 0
        self._running = False

    def start(self, event: TrainingStarted) -> None:
        """A run begins, or goes on: what lies behind its first step was lost, and comes again."""
        self._truncate(event.first_step)
        if self.steps and self.steps not in self.resumes:
            self.resumes.append(self.steps)
        self.started = event
        self._running = True
        self.epoch, self.step_in_epoch = event.first_epoch, event.step_in_epoch

    def _truncate(self, steps: int) -> None:
        if steps >= self.steps:
            return
        for values in (self.losses, self.metrics, self.learning_rates, self.gradient_norms, self.speeds):
            values.truncate(steps)
        self.smooth_losses.follow(self.losses.values)
        self.smooth_metrics.follow(self.metrics.values)
        self.smooth_gradient_norms.follow(self.gradient_norms.values)
        kept = sum(step <= steps for step in self.epoch_steps)
        del self.epochs[kept:], self.epoch_steps[kept:]
        self.rate_changes = [change for change in self.rate_changes if change.step < steps]
        self.resumes = [step for step in self.resumes if step <= steps]
        self.measured = [measured for measured in self.measured if measured.step <= steps]

    def add_batches(self, event: BatchesDone) -> None:
        """Append the values of a few steps."""
        self.losses.extend(event.losses)
        self.metrics.extend(event.metrics)
        self.smooth_losses.extend(event.losses)
        self.smooth_metrics.extend(event.metrics)
        unknown = np.full(len(event.losses), np.nan, np.float32)
        self.learning_rates.extend(event.learning_rates if len(event.learning_rates) else unknown)
        norms = event.gradient_norms if len(event.gradient_norms) else unknown
        self.gradient_norms.extend(norms)
        self.smooth_gradient_norms.extend(norms)
        self.speeds.extend(np.full(len(event.losses), event.images_per_second, np.float32))
        self.epoch, self.step_in_epoch = event.epoch, event.step
        self.images_per_second = event.images_per_second

    def add_epoch(self, event: EpochDone) -> None:
        """Append an epoch's values at the steps taken so far."""
        self.epochs.append(event)
        self.epoch_steps.append(len(self.losses))

    def add_rate_change(self, event: LearningRateChanged) -> None:
        """Mark where the learning rate became another one."""
        self.rate_changes.append(event)

    def add_measured(self, event: BlocksMeasured) -> None:
        """Keep a measurement of the blocks."""
        self.measured.append(event)
        if len(self.measured) > MOST_MEASURED:
            half = len(self.measured) // 2
            self.measured = [*self.measured[:half:2], *self.measured[half:]]

    def end(self) -> None:
        """The run ended, sooner than planned perhaps."""
        self._running = False

    @property
    def steps(self) -> int:
        """Steps taken over all."""
        return len(self.losses)

    @property
    def planned_steps(self) -> int:
        """Steps when the present run will have ended, those before it included; without a run those taken."""
        if self.started is None or not self._running:
            return self.steps
        taken = (self.epoch - self.started.first_epoch) * self.started.steps_per_epoch + self.step_in_epoch
        return max(self.steps - taken + self.started.epochs * self.started.steps_per_epoch, self.steps)

    @property
    def best_epoch(self) -> int | None:
        """Which of `epochs` was the best by what the plan monitors; None where none is said to be."""
        best = (index for index in reversed(range(len(self.epochs))) if self.epochs[index].is_best)
        return next(best, None)

    def seconds_at(self, steps: Doubles) -> Doubles:
        """Seconds of training that had gone by at these steps.

        Within an epoch steps are taken to be alike; behind the last epoch as the present speed has it.
        """
        ends = np.array([0, *self.epoch_steps], np.float64)
        seconds = np.cumsum([0.0, *(epoch.seconds for epoch in self.epochs)])
        behind: Doubles = np.maximum(steps - ends[-1], 0) * self._seconds_a_step(float(ends[-1]), float(seconds[-1]))
        within: Doubles = np.interp(steps, ends, seconds)
        return within + behind

    def _seconds_a_step(self, steps: float, seconds: float) -> float:
        """How long a step takes behind the last epoch, which ended after so many steps and seconds."""
        started = self.started
        if started is not None and self.images_per_second > 0 and started.steps_per_epoch:
            return started.training_images / started.steps_per_epoch / self.images_per_second
        return seconds / steps if steps else 1.0

    @property
    def progress(self) -> float:
        """Share of the present run that is done, 0 … 1."""
        if self.started is None:
            return 0.0
        total = self.started.epochs * self.started.steps_per_epoch
        done = (self.epoch - self.started.first_epoch) * self.started.steps_per_epoch + self.step_in_epoch
        return min(done / total, 1.0) if total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left of the present run at the present speed; None while the speed is unknown."""
        if self.started is None or self.images_per_second <= 0:
            return None
        images = self.started.training_images * self.started.epochs * (1 - self.progress)
        return images / self.images_per_second
