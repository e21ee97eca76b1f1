"""Augmentation of signals: samples of (steps, channels)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from models.data.steps.base import Stage, Step
from models.data.steps.geometric import Share, percent


class ForSignals(Step):
    """What both share; no step by itself."""

    group: ClassVar[str] = "Signals"
    stage: ClassVar[Stage] = Stage.AUGMENTATION
    ranks: ClassVar[tuple[int, ...]] = (2,)


class RandomShift(ForSignals):
    """Moves signals earlier or later."""

    title: ClassVar[str] = "Shift"

    factor: Share = Field(0.1, description="Largest move as a share of the signal's length.")
    fill_mode: Literal["wrap", "constant", "nearest"] = Field(
        "wrap", description="What comes in: the other end, zeros, or the last value drawn out."
    )

    @property
    def text(self) -> str:
        return f"{percent(self.factor)} · {self.fill_mode}"


class RandomScaling(ForSignals):
    """Makes signals stronger or weaker."""

    title: ClassVar[str] = "Scaling"

    factor: Share = Field(0.1, description="Largest change as a share: 0.1 multiplies by 0.9 … 1.1.")

    @property
    def text(self) -> str:
        return percent(self.factor)
