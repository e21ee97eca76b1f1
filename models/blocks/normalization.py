"""Blocks that normalize values or drop them at random."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Weight
from models.blocks.fields import Epsilon, Finite, NonNegativeSize, Rate


class BatchNormalization(Block):
    """Brings every channel to mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015)."""

    family: ClassVar[Family] = Family.NORMALIZATION

    momentum: Rate = Field(0.99, description="How slowly the moving mean and variance follow the batches.")
    epsilon: Epsilon = Field(0.001, description="Added to the variance so that nothing is divided by zero.")
    center: bool = Field(True, description="Add a learned offset (beta) to every channel.")
    scale: bool = Field(True, description="Multiply every channel by a learned factor (gamma).")

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0][-1],)
        learned = _scale_and_center(self.scale, self.center, shape)
        return (*learned, Weight("moving_mean", shape, False), Weight("moving_variance", shape, False))

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        weights = self.weight_shapes(inputs)
        names = ", ".join(weight.name for weight in weights)
        channels = inputs[0][-1]
        return (
            f"{len(weights)} · {channels} = {len(weights) * channels:,}",
            f"({names}; the moving ones are not trained)",
        )


class LayerNormalization(Block):
    """Brings the channels of every position to mean 0 and variance 1 (Ba et al. 2016)."""

    family: ClassVar[Family] = Family.NORMALIZATION

    epsilon: Epsilon = Field(0.001, description="Added to the variance so that nothing is divided by zero.")
    center: bool = Field(True, description="Add a learned offset (beta) to every channel.")
    scale: bool = Field(True, description="Multiply every channel by a learned factor (gamma).")

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        return _scale_and_center(self.scale, self.center, (inputs[0][-1],))

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        weights = self.weight_shapes(inputs)
        if not weights:
            return ("no parameters: neither center nor scale is learned",)
        channels = inputs[0][-1]
        return (f"{len(weights)} · {channels} = {len(weights) * channels:,}",)


class LocalResponseNormalization(Block):
    """Divides by the strength of the neighbouring channels at the same position (Krizhevsky et al. 2012)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    input_ranks: ClassVar[tuple[int, ...]] = (3, 2, 4, 1)
    custom: ClassVar[bool] = True

    depth_radius: NonNegativeSize = Field(2, description="Neighbouring channels on each side that count.")
    bias: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = Field(
        2.0, description="Added to the sum of squares, so that nothing is divided by zero (the paper's k)."
    )
    alpha: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = Field(
        1e-4, description="Factor of the sum of squares."
    )
    beta: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = Field(0.75, description="Exponent.")

    def settings_text(self) -> str:
        return f"radius {self.depth_radius}"

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: bias, alpha and beta are given, not learned",)


class Dropout(Block):
    """Sets a random share of the values to zero while training (Srivastava et al. 2014)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.5, description="Share of the values that are dropped.")

    def settings_text(self) -> str:
        return f"rate {self.rate:g}"


class SpatialDropout2D(Block):
    """Drops whole channels at random while training, since neighbouring pixels say the same (Tompson et al. 2015)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    input_ranks: ClassVar[tuple[int, ...]] = (3,)
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.5, description="Share of the channels that are dropped.")

    def settings_text(self) -> str:
        return f"rate {self.rate:g}"


class Rescaling(Block):
    """Multiplies every value by a number and adds another, for example to bring pixels to −1 … 1."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("scale",)

    scale: Finite = Field(1.0, description="Factor for every value.")
    offset: Finite = Field(0.0, description="Added after the multiplication.")

    def settings_text(self) -> str:
        sign = "−" if self.offset < 0 else "+"
        return f"· {self.scale:g} {sign} {abs(self.offset):g}"


def _scale_and_center(scale: bool, center: bool, shape: tuple[int, ...]) -> tuple[Weight, ...]:
    gamma = (Weight("gamma", shape),) if scale else ()
    beta = (Weight("beta", shape),) if center else ()
    return gamma + beta
