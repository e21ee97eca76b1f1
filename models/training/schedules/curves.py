"""Schedules that are known before the run."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from models.training.schedules.base import Factors, Length, Schedule, Steps

Epochs = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class StepDecay(Schedule):
    """The learning rate drops by a factor every so many epochs."""

    title: ClassVar[str] = "Step"

    factor: Factor = Field(0.1, description="What the learning rate is multiplied by at each drop.")
    every: Epochs = Field(10.0, description="Epochs between two drops.")

    def factors(self, steps: Steps, length: Length) -> Factors:
        drops: Factors = np.floor(steps / max(self.every * length.steps_per_epoch, 1))
        return self.factor**drops


class Exponential(Schedule):
    """The learning rate shrinks by the same factor every so many epochs, smoothly."""

    title: ClassVar[str] = "Exponential"

    factor: Factor = Field(0.9, description="What the learning rate is multiplied by in that time.")
    every: Epochs = Field(1.0, description="Epochs in which that happens.")

    def factors(self, steps: Steps, length: Length) -> Factors:
        passed: Factors = steps / max(self.every * length.steps_per_epoch, 1)
        return self.factor**passed


class Cosine(Schedule):
    """Half a wave of the cosine down to the end, after a warm-up (Loshchilov and Hutter 2017)."""

    title: ClassVar[str] = "Cosine, warm-up"

    warmup: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = Field(
        1.0, description="Epochs in which the learning rate first rises from almost nothing."
    )
    alpha: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.0, description="Share of the learning rate that is left at the end."
    )

    def factors(self, steps: Steps, length: Length) -> Factors:
        warm = min(self.warmup * length.steps_per_epoch, length.steps)
        rising: Factors = (steps + 1) / (warm + 1)
        done = np.clip((steps - warm) / max(length.steps - warm, 1), 0, 1)
        falling: Factors = self.alpha + (1 - self.alpha) * 0.5 * (1 + np.cos(np.pi * done))
        return np.where(steps < warm, rising, falling)


class OneCycle(Schedule):
    """Up to the learning rate and down far below where it began: one cycle over the run (Smith and Topin 2018)."""

    title: ClassVar[str] = "One cycle"

    rise: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        0.3, description="Share of the run in which the learning rate rises."
    )
    start: Factor = Field(0.04, description="Share of the learning rate to begin with.")
    end: Factor = Field(0.0001, description="Share of the learning rate that is left at the end.")

    def factors(self, steps: Steps, length: Length) -> Factors:
        done = np.clip(steps / max(length.steps - 1, 1), 0, 1)
        up: Factors = _between(self.start, 1.0, done / self.rise)
        down: Factors = _between(1.0, self.end, (done - self.rise) / (1 - self.rise))
        return np.where(done < self.rise, up, down)


class Polynomial(Schedule):
    """The learning rate falls to the end along a power of what is left of the run."""

    title: ClassVar[str] = "Polynomial"

    power: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = Field(1.0, description="1 is a straight line.")
    end: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.0, description="Share of the learning rate that is left at the end."
    )

    def factors(self, steps: Steps, length: Length) -> Factors:
        left = 1 - np.clip(steps / max(length.steps, 1), 0, 1)
        factors: Factors = self.end + (1 - self.end) * left**self.power
        return factors


def _between(first: float, last: float, share: Factors) -> Factors:
    """Half a wave of the cosine from one value to another."""
    wave: Factors = first + (last - first) * 0.5 * (1 - np.cos(np.pi * np.clip(share, 0, 1)))
    return wave
