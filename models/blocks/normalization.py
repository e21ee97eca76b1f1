"""Blocks that normalize values or drop them at random."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Weight, Window
from models.blocks.fields import MAX_SIZE, Epsilon, Finite, NonNegativeSize, Rate
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape

Statistics = Annotated[tuple[Finite, ...], Field(min_length=1, max_length=65_536)]
"""A number for each channel, or one for all."""


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
        return _scale_and_center_formula(self.weight_shapes(inputs), inputs[0][-1])


class GroupNormalization(Block):
    """Brings each group of channels to mean 0 and variance 1 in every image by itself (Wu & He 2018)."""

    family: ClassVar[Family] = Family.NORMALIZATION

    groups: Annotated[int, Field(ge=-1, le=MAX_SIZE)] = Field(
        32, description="Number of groups; 1 takes all channels together, −1 each by itself (instance normalization)."
    )
    epsilon: Epsilon = Field(0.001, description="Added to the variance so that nothing is divided by zero.")
    center: bool = Field(True, description="Add a learned offset (beta) to every channel.")
    scale: bool = Field(True, description="Multiply every channel by a learned factor (gamma).")

    def settings_text(self) -> str:
        return "each channel" if self.groups == -1 else f"{self.groups} groups"

    def shape_rule(self, inputs: Shapes) -> Shape:
        channels = inputs[0][-1]
        if self.groups == 0 or channels % self.groups:
            fitting = max(n for n in range(1, min(max(self.groups, 1), channels) + 1) if channels % n == 0)
            raise BlockProblem(
                f"{channels} channels with groups {self.groups}",
                "a number of groups that divides the channels, or −1",
                (SetFields(f"Set groups to {fitting}", (("groups", fitting),)), self._removal()),
            )
        return inputs[0]

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        return _scale_and_center(self.scale, self.center, (inputs[0][-1],))

    def window(self, inputs: Shapes) -> Window | None:
        return _everywhere(inputs[0])

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return _scale_and_center_formula(self.weight_shapes(inputs), inputs[0][-1])


class Normalization(Block):
    """Brings every channel to mean 0 and variance 1 over the whole data set, as it is measured before training."""

    family: ClassVar[Family] = Family.NORMALIZATION

    mean: Statistics | None = Field(
        None, description="Mean of each channel, or one for all; measured on the training images when empty."
    )
    variance: Statistics | None = Field(
        None, description="Variance of each channel, or one for all; measured on the training images when empty."
    )

    @property
    def adapts(self) -> bool:
        return self.mean is None

    def settings_text(self) -> str:
        return "measured" if self.mean is None else f"mean {', '.join(f'{value:g}' for value in self.mean[:3])}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        clear = SetFields("Measure both", (("mean", None), ("variance", None)))
        if (self.mean is None) != (self.variance is None):
            raise BlockProblem("one of mean and variance without the other", "both or none", (clear, self._removal()))
        channels = inputs[0][-1]
        for name, values in (("mean", self.mean), ("variance", self.variance)):
            if values is not None and len(values) not in (1, channels):
                raise BlockProblem(
                    f"{len(values)} values of {name} for {channels} channels",
                    f"one value, or {channels}",
                    (clear, self._removal()),
                )
        if self.variance is not None and min(self.variance) < 0:
            raise BlockProblem(f"a variance of {min(self.variance):g}", "0 or more", (clear, self._removal()))
        return inputs[0]

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        """Keras's three: what `Normalization.adapt` found, and from how many values."""
        if self.mean is not None:
            return ()
        shape = (inputs[0][-1],)
        return (Weight("mean", shape, False), Weight("variance", shape, False), Weight("count", (), False))

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        if self.mean is not None:
            return ("no parameters: mean and variance are given",)
        channels = inputs[0][-1]
        return (f"2 · {channels} + 1 = {2 * channels + 1:,}", "(mean, variance and a count; none is trained)")


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


class SpatialDropout(Block, abstract=True):
    """Shared by the blocks that drop whole channels."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.5, description="Share of the channels that are dropped.")

    def settings_text(self) -> str:
        return f"rate {self.rate:g}"


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels at random while training, since neighbouring pixels say the same (Tompson et al. 2015)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of a sequence at random while training."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of a volume at random while training."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)


class GaussianNoise(Block):
    """Adds random numbers around 0 to every value while training, so that nothing is learned by heart."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("stddev",)

    stddev: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.1, description="Standard deviation of the noise."
    )

    def settings_text(self) -> str:
        return f"σ {self.stddev:g}"


class GaussianDropout(Block):
    """Multiplies every value by a random number around 1 while training (Srivastava et al. 2014)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.5, description="The noise is as strong as a dropout of this share.")

    def settings_text(self) -> str:
        return f"rate {self.rate:g}"


class AlphaDropout(Block):
    """Drops values while training such that mean and variance stay: for selu networks (Klambauer et al. 2017)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.1, description="Share of the values that are dropped.")

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


def _scale_and_center_formula(weights: tuple[Weight, ...], channels: int) -> tuple[str, ...]:
    if not weights:
        return ("no parameters: neither center nor scale is learned",)
    return (f"{len(weights)} · {channels} = {len(weights) * channels:,}",)


def _everywhere(shape: Shape) -> Window | None:
    return Window.whole(shape[:-1]) if len(shape) > 1 else None
