"""`RunCurves`: the curves of one run as plain arrays, and how they are laid over those of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.training.history import Floats, History

Quantity = Literal["loss", "accuracy", "held-out loss", "held-out accuracy", "learning rate"]
QUANTITIES: tuple[Quantity, ...] = ("loss", "accuracy", "held-out loss", "held-out accuracy", "learning rate")
NOISY: tuple[Quantity, ...] = ("loss", "accuracy")
"""Those that are smoothed: the others have a value for an epoch, which smoothing would make a wrong one."""
Axis = Literal["step", "epoch", "time"]
AXES: tuple[Axis, ...] = ("step", "epoch", "time")
NOTHING: Floats = np.zeros(0, np.float32)

Doubles = npt.NDArray[np.float64]
Series = tuple[Doubles, Doubles]
FINE = 4096
"""Places at which an axis is looked up."""
POINTS, STRETCHES = 1600, 600
"""Points that a curve is drawn with at most, as it is and smoothed: several runs are drawn at once."""


def _empty() -> Floats:
    return NOTHING


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What was measured in one run. Arrays are copies that nobody changes.

    Attributes:
        losses, metrics, learning_rates: one value for each step.
        epoch_steps: steps taken by the end of each epoch.
        epoch_ends: seconds of training by then.
        held_out_losses, held_out_metrics: after each epoch; NaN where it was not measured.
        steps_per_epoch: as planned; 0 where that is not known.
        seconds_per_step: at the speed told last; 0 where that is not known.
        live: whether the run goes on.
    """

    losses: Floats = field(default_factory=_empty)
    metrics: Floats = field(default_factory=_empty)
    learning_rates: Floats = field(default_factory=_empty)
    epoch_steps: Floats = field(default_factory=_empty)
    epoch_ends: Floats = field(default_factory=_empty)
    held_out_losses: Floats = field(default_factory=_empty)
    held_out_metrics: Floats = field(default_factory=_empty)
    steps_per_epoch: int = 0
    seconds_per_step: float = 0.0
    live: bool = False

    def series(self, quantity: Quantity, axis: Axis, within: tuple[float, float] | None = None) -> Series:
        """Places on the axis and values there, few enough to be drawn; without infinite values.

        `within` is the part of the axis that is looked at: all points are spent there.
        """
        steps, values = self._by_step(quantity, self._steps_within(axis, within))
        values = np.where(np.isfinite(values), values, np.nan)
        return self.along(steps, axis), values

    def _steps_within(self, axis: Axis, within: tuple[float, float] | None) -> slice:
        """The steps in a part of an axis, and one more on either side."""
        count = len(self.losses)
        if within is None or not count:
            return slice(0, count)
        grid = np.linspace(0, count, FINE)
        first, last = np.interp(within, self.along(grid, axis), grid)
        spare = 1 + count / FINE
        return slice(max(int(first - spare), 0), min(int(last + spare) + 1, count))

    def averaged(self, quantity: Quantity, axis: Axis, smoothing: float) -> Series:
        """The same of a quantity of steps, smoothed: an exponential moving average over as many stretches as are drawn.

        `smoothing` is the weight of what lies before, 0 … 1 (exclusive), for a curve of `STRETCHES` values or more, and
        less for a shorter one, so that it is smoothed over the same share of its length. The start is not pulled to 0.
        """
        steps, values = _means(self._raw(quantity))
        weight = smoothing ** (STRETCHES / max(len(values), 1))  # shorter curves are smoothed over the same share
        return self.along(steps, axis), moving_average(values, weight)

    def along(self, steps: Doubles, axis: Axis) -> Doubles:
        """Where steps stand on an axis: in steps, in epochs, or in seconds of training."""
        if axis == "step":
            return steps
        ends = np.concatenate([[0.0], self.epoch_steps])
        if axis == "epoch":
            return _extended(steps, ends, np.arange(len(ends), dtype=np.float64), self._epochs_per_step())
        return _extended(steps, ends, np.concatenate([[0.0], self.epoch_ends]), self._seconds_per_step())

    def _epochs_per_step(self) -> float:
        return 1 / self.steps_per_epoch if self.steps_per_epoch else 0.0

    def _seconds_per_step(self) -> float:
        return float(self.epoch_ends[-1] / self.epoch_steps[-1]) if len(self.epoch_steps) else self.seconds_per_step

    def _by_step(self, quantity: Quantity, part: slice) -> tuple[Doubles, Doubles]:
        if quantity == "held-out loss":
            return _measured(self.epoch_steps, self.held_out_losses)
        if quantity == "held-out accuracy":
            return _measured(self.epoch_steps, self.held_out_metrics)
        raw = self._raw(quantity)[part]
        if not len(raw):
            return np.empty(0), np.empty(0)
        steps, values = downsample(raw)
        return steps + part.start, values

    def _raw(self, quantity: Quantity) -> Floats:
        return {"loss": self.losses, "accuracy": self.metrics, "learning rate": self.learning_rates}[quantity]


def curves_of(history: History, live: bool = False) -> RunCurves:
    """The curves of a history as it is now."""
    started, epochs, speed = history.started, history.epochs, history.images_per_second
    return RunCurves(
        losses=history.losses.values.copy(),
        metrics=history.metrics.values.copy(),
        learning_rates=history.learning_rates.values.copy(),
        epoch_steps=np.array(history.epoch_steps, np.float32),
        epoch_ends=np.cumsum([epoch.seconds for epoch in epochs], dtype=np.float64).astype(np.float32),
        held_out_losses=_or_nan([epoch.held_out_loss for epoch in epochs]),
        held_out_metrics=_or_nan([epoch.held_out_metric for epoch in epochs]),
        steps_per_epoch=started.steps_per_epoch if started is not None else 0,
        seconds_per_step=started.plan.batch_size / speed if started and speed > 0 else 0.0,
        live=live,
    )


def downsample(values: Floats, points: int = POINTS) -> Series:
    """Steps (counted from 1) and values, at most `points` of each: of every stretch its lowest and its highest."""
    count = len(values)
    stretch = -(-count // (points // 2))
    if stretch <= 2:
        return np.arange(1, count + 1, dtype=np.float64), values.astype(np.float64)
    starts = np.arange(0, count, stretch)
    steps = np.stack([starts + 1, np.append(starts[1:], count)], axis=1).reshape(-1).astype(np.float64)
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    return steps, np.stack([lowest, highest], axis=1).reshape(-1).astype(np.float64)


def _means(values: Floats) -> tuple[Doubles, Doubles]:
    """Means of at most `STRETCHES` equal stretches, and the steps in their middles, counted from 1."""
    count = len(values)
    length = max(-(-count // STRETCHES), 1)
    starts = np.arange(0, count, length)
    if not count:
        return np.empty(0), np.empty(0)
    ends = np.minimum(starts + length, count)
    finite = np.isfinite(values)
    numbers = np.add.reduceat(finite, starts, dtype=np.float64)
    sums = np.add.reduceat(np.where(finite, values, 0).astype(np.float64), starts)
    means = np.divide(sums, numbers, out=np.full(len(starts), np.nan), where=numbers > 0)
    return (starts + 1 + ends) / 2.0, means


def moving_average(values: Doubles, smoothing: float) -> Doubles:
    """An exponential moving average whose start is not pulled towards zero; gaps stay gaps."""
    averaged = np.full(len(values), np.nan)
    total = weight = 0.0
    for place, value in enumerate(values.tolist()):
        if value == value and abs(value) != float("inf"):
            total, weight = smoothing * total + value, smoothing * weight + 1
            averaged[place] = total / weight
    return averaged


def _measured(steps: Floats, values: Floats) -> tuple[Doubles, Doubles]:
    known = np.isfinite(values)
    return steps[known].astype(np.float64), values[known].astype(np.float64)


def _extended(steps: Doubles, known: Doubles, places: Doubles, slope: float) -> Doubles:
    """Between known places a straight line, behind the last one with this slope."""
    beyond = np.maximum(steps - known[-1], 0) * slope
    found: Doubles = np.interp(steps, known, places) + beyond
    return found


def _or_nan(values: list[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float32)
