"""`History`: what a run's events add up to, as the curves show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.training.events import BatchesDone, BlocksMeasured, EpochDone, LearningRateChanged, TrainingStarted

Floats = npt.NDArray[np.float32]
SMOOTHING = 0.97
"""Largest weight of the past in the smoothed curves."""

CATCHING_UP = 8
"""Steps after which the past weighs half: at the start the curve falls fast, and a long memory would lag behind it."""


class GrowingArray:
    """float32 values that are appended in chunks; doubling storage keeps that cheap."""

    def __init__(self) -> None:
        self._storage: Floats = np.empty(1024, dtype=np.float32)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def extend(self, values: Floats | Sequence[float]) -> None:
        """Append values."""
        chunk = np.asarray(values, dtype=np.float32)
        needed = self._length + len(chunk)
        if needed > len(self._storage):
            grown = np.empty(max(needed, 2 * len(self._storage)), dtype=np.float32)
            grown[: self._length] = self._storage[: self._length]
            self._storage = grown
        self._storage[self._length : needed] = chunk
        self._length = needed

    def truncate(self, length: int) -> None:
        """Forget all but the first values."""
        self._length = min(self._length, length)

    @property
    def values(self) -> Floats:
        """A view of what is there; valid until the next extend."""
        return self._storage[: self._length]


class SmoothedArray(GrowingArray):
    """An exponential moving average whose memory grows with the curve: short at first, then fixed.

    Step n keeps `min(SMOOTHING, n / (n + CATCHING_UP))` of the average so far. Values that are not finite are passed
    over.
    """

    def __init__(self) -> None:
        super().__init__()
        self._average = float("nan")
        self._count = 0

    def extend(self, values: Floats | Sequence[float]) -> None:
        """Append the averages that these values lead to."""
        smoothed = []
        for value in np.asarray(values, dtype=np.float64):
            if np.isfinite(value):
                past = min(SMOOTHING, self._count / (self._count + CATCHING_UP))
                self._average = past * self._average + (1 - past) * float(value) if self._count else float(value)
                self._count += 1
            smoothed.append(self._average)
        super().extend(smoothed)

    def follow(self, values: Floats) -> None:
        """Begin again with these values."""
        self.truncate(0)
        self._average, self._count = float("nan"), 0
        self.extend(values)


MOST_MEASURED = 512
"""Measurements of the blocks that are kept; beyond that every second one of the older half is dropped."""


class History:
    """The curves of one run, or of several that went on from one another. Steps are counted over all of them.

    Attributes:
        losses, metrics, learning_rates, gradient_norms: one value for each step; NaN where it is not known.
        smooth_losses, smooth_metrics: the same, smoothed.
        epochs, epoch_steps: what every epoch ended with, and the steps taken by then.
        rate_changes: where the learning rate was set to another one.
        measured: the blocks, from time to time.
    """

    def __init__(self) -> None:
        self.losses = GrowingArray()
        self.metrics = GrowingArray()
        self.smooth_losses = SmoothedArray()
        self.smooth_metrics = SmoothedArray()
        self.learning_rates = GrowingArray()
        self.gradient_norms = GrowingArray()
        self.rate_changes: list[LearningRateChanged] = []
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
        self.started = event
        self._running = True
        self.epoch, self.step_in_epoch = event.first_epoch, event.step_in_epoch

    def _truncate(self, steps: int) -> None:
        if steps >= self.steps:
            return
        for values in (self.losses, self.metrics, self.learning_rates, self.gradient_norms):
            values.truncate(steps)
        self.smooth_losses.follow(self.losses.values)
        self.smooth_metrics.follow(self.metrics.values)
        kept = sum(step <= steps for step in self.epoch_steps)
        del self.epochs[kept:], self.epoch_steps[kept:]
        self.rate_changes = [change for change in self.rate_changes if change.step < steps]
        self.measured = [measured for measured in self.measured if measured.step <= steps]

    def add_batches(self, event: BatchesDone) -> None:
        """Append the values of a few steps."""
        self.losses.extend(event.losses)
        self.metrics.extend(event.metrics)
        self.smooth_losses.extend(event.losses)
        self.smooth_metrics.extend(event.metrics)
        unknown = np.full(len(event.losses), np.nan, np.float32)
        self.learning_rates.extend(event.learning_rates if len(event.learning_rates) else unknown)
        self.gradient_norms.extend(event.gradient_norms if len(event.gradient_norms) else unknown)
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
