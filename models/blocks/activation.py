"""Activation functions as blocks of their own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Weight, Window
from models.blocks.fields import ActivationName
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape, describe

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
    """Turns scores into probabilities that sum to 1 over an axis: the classes."""

    family: ClassVar[Family] = Family.ACTIVATION

    axis: int = Field(-1, ge=-1, le=4, description="Axis that sums to 1, batch counted as 0; −1 is the last: channels.")

    def settings_text(self) -> str:
        return "" if self.axis == -1 else f"axis {self.axis}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        if self.axis != -1 and not 1 <= self.axis <= len(inputs[0]):
            last = SetFields("Take the last axis", (("axis", -1),))
            expected = f"an axis from 1 to {len(inputs[0])}, or −1 for the last"
            raise BlockProblem(f"axis {self.axis} with {describe(inputs[0])}", expected, (last, self._removal()))
        return inputs[0]

    def window(self, inputs: Shapes) -> Window | None:
        """Over a spatial axis every position sees all others."""
        last = self.axis in (-1, len(inputs[0]))
        return None if last else Window.whole(inputs[0][:-1])

    @property
    def output_activation(self) -> str | None:
        return "softmax" if self.axis == -1 else None


class ELU(Block):
    """Keeps positive values and bends negative ones smoothly towards a floor (Clevert et al. 2016)."""

    family: ClassVar[Family] = Family.ACTIVATION

    alpha: NonNegative = Field(1.0, description="How far below zero the floor lies.")

    def settings_text(self) -> str:
        return "" if self.alpha == 1 else f"floor −{self.alpha:g}"

    @property
    def output_activation(self) -> str | None:
        return "elu"


class PReLU(Block):
    """Keeps positive values and multiplies negative ones by a factor that is learned (He et al. 2015)."""

    family: ClassVar[Family] = Family.ACTIVATION

    shared_axes: Annotated[tuple[Annotated[int, Field(ge=1, le=4)], ...], Field(min_length=1, max_length=4)] | None = (
        Field(None, description="Axes along which one factor serves, from 1: 1, 2 is one per channel; none when empty.")
    )

    def settings_text(self) -> str:
        return "" if self.shared_axes is None else f"shared {', '.join(map(str, self.shared_axes))}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        axes = self.shared_axes or ()
        if max(axes, default=0) > len(inputs[0]):
            fitting = tuple(range(1, len(inputs[0]))) or None
            text = "Give every value its own factor" if fitting is None else "Share one factor for each channel"
            raise BlockProblem(
                f"shared axis {max(axes)} with {describe(inputs[0])}",
                f"axes from 1 to {len(inputs[0])}",
                (SetFields(text, (("shared_axes", fitting),)), self._removal()),
            )
        return inputs[0]

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        shared = self.shared_axes or ()
        sizes = (1 if axis in shared else size for axis, size in enumerate(inputs[0], start=1))
        return (Weight("alpha", tuple(sizes)),)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        (alpha,) = self.weight_shapes(inputs)
        return (f"{' · '.join(map(str, alpha.shape))} = {alpha.size:,}",)

    @property
    def output_activation(self) -> str | None:
        return "prelu"


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
