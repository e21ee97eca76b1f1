"""Augmentation that mixes samples of a batch, and what is to be learned of them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.data.steps.base import Stage, Step

Spread = Annotated[float, Field(ge=0.1, le=10.0, allow_inf_nan=False)]
"""Parameter of the beta distribution that shares are drawn from."""


class Mixing(Step):
    """What both share; no step by itself."""

    group: ClassVar[str] = "Mixing"
    stage: ClassVar[Stage] = Stage.AUGMENTATION


class MixUp(Mixing):
    """Lays another sample of the batch over each one; the target becomes a share of both classes.

    Masks and boxes are those of the stronger sample.
    """

    title: ClassVar[str] = "MixUp"
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    alpha: Spread = Field(
        0.2, description="Small values leave most samples nearly pure; with 1 every share is equally likely."
    )

    @property
    def text(self) -> str:
        return f"alpha {self.alpha:g}"


class CutMix(Mixing):
    """Pastes a rectangle of another image of the batch into each one; the target is shared as the area is.

    Masks and boxes go with the pixels.
    """

    title: ClassVar[str] = "CutMix"

    factor: Annotated[float, Field(ge=0.1, le=1.0, allow_inf_nan=False)] = Field(
        1.0, description="With 1 rectangles of every size are equally likely; small values make most tiny or huge."
    )

    @property
    def text(self) -> str:
        return f"factor {self.factor:g}"
