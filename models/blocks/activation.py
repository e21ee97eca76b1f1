"""Activation functions as blocks of their own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.base import Block, Family
from models.blocks.fields import ActivationName

NonNegative = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class ReLU(Block):
    """Keeps positive values and sets negative ones to zero."""

    family: ClassVar[Family] = Family.ACTIVATION

    max_value: NonNegative | None = Field(None, description="Cap for large values (6 in MobileNet); no cap when empty.")
    negative_slope: NonNegative = Field(0.0, description="Slope for values below the threshold; 0 cuts them off.")
    threshold: NonNegative = Field(0.0, description="Values below this count as negative.")

    def settings_text(self) -> str:
        return "" if self.max_value is None else f"up to {self.max_value:g}"

    @property
    def output_activation(self) -> str | None:
        return "relu"


class LeakyReLU(Block):
    """Keeps positive values and shrinks negative ones, so that their gradient does not vanish."""

    family: ClassVar[Family] = Family.ACTIVATION

    negative_slope: NonNegative = Field(0.3, description="Factor for negative values.")

    def settings_text(self) -> str:
        return f"slope {self.negative_slope:g}"

    @property
    def output_activation(self) -> str | None:
        return "leaky_relu"


class Softmax(Block):
    """Turns scores into probabilities that sum to 1 over the last axis."""

    family: ClassVar[Family] = Family.ACTIVATION

    @property
    def output_activation(self) -> str | None:
        return "softmax"


class Activation(Block):
    """Applies a function to every value."""

    family: ClassVar[Family] = Family.ACTIVATION
    spelled_out: ClassVar[tuple[str, ...]] = ("activation",)

    activation: ActivationName = Field("relu", description="The function.")

    def settings_text(self) -> str:
        return self.activation

    @property
    def output_activation(self) -> str | None:
        return None if self.activation == "linear" else self.activation
