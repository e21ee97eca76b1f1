"""The schedule that waits for the run to stand still."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from models.training.schedules.base import Factors, Length, Schedule, Steps


@dataclass(frozen=True)
class Plateau:
    """What ReduceLROnPlateau remembers.

    Attributes:
        factor: of the learning rate now.
        best: the best value so far; None before the first.
        waited: epochs without a better one.
        resting: epochs in which it will not count.
    """

    factor: float = 1.0
    best: float | None = None
    waited: int = 0
    resting: int = 0


class ReduceLROnPlateau(Schedule):
    """The learning rate drops whenever what the plan monitors has not become better for some epochs."""

    title: ClassVar[str] = "Reduce on plateau"
    waits: ClassVar[bool] = True

    factor: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        0.1, description="What the learning rate is multiplied by at each drop."
    )
    patience: Annotated[int, Field(ge=1, le=100_000)] = Field(
        5, description="Epochs without a better value before a drop."
    )
    min_delta: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = Field(
        0.0001, description="How much better a value must be to count."
    )
    cooldown: Annotated[int, Field(ge=0, le=100_000)] = Field(
        0, description="Epochs after a drop that are not counted."
    )
    min_factor: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.001, description="Share of the learning rate below which it never drops."
    )

    def factors(self, steps: Steps, length: Length) -> Factors:
        return np.ones(len(steps))  # a run that never stands still; what it does then is `after_epoch`

    def after_epoch(self, state: Plateau, value: float, smaller_is_better: bool) -> Plateau:
        """What is remembered after an epoch that ended with this value; exactly as Keras's callback does it.

        The last epoch of a rest counts already, and a value that is no number is never better.
        """
        sign = 1.0 if smaller_is_better else -1.0
        best = math.inf if state.best is None else sign * state.best
        resting, waited = max(state.resting - 1, 0), 0 if state.resting else state.waited
        if sign * value < best - self.min_delta:
            return replace(state, best=value, waited=0, resting=resting)
        if resting:
            return replace(state, waited=waited, resting=resting)
        if waited + 1 < self.patience or state.factor <= self.min_factor:
            return replace(state, waited=waited + 1, resting=resting)
        return replace(state, factor=max(state.factor * self.factor, self.min_factor), waited=0, resting=self.cooldown)
