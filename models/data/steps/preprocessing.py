"""Steps that every sample goes through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.blocks import Shape
from models.data.steps.base import Stage, Step

Side = Annotated[int, Field(ge=1, le=16_384)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Variance = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]

MAX_CHANNELS = 100_000
"""No more channels have statistics of their own."""


class Resize(Step):
    """Brings every image to the size and the channels that the network's Input takes."""

    title: ClassVar[str] = "Resize"
    group: ClassVar[str] = "Size"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    geometric: ClassVar[bool] = True
    changes_shape: ClassVar[bool] = True

    height: Side | None = Field(None, description="Height in pixels; empty for the height of the network's Input.")
    width: Side | None = Field(None, description="Width in pixels; empty for the width of the network's Input.")
    fit: Literal["stretch", "fit", "crop"] = Field(
        "stretch",
        description='"stretch" ignores the aspect ratio, "fit" keeps it and adds a border, "crop" keeps it and cuts.',
    )
    interpolation: Literal["bilinear", "nearest", "bicubic", "lanczos3"] = Field(
        "bilinear", description="How values between pixels are found."
    )
    antialias: bool = Field(
        False,
        description="Averages all the pixels that fall together when images shrink: smoother, but slower to prepare.",
    )

    @property
    def text(self) -> str:
        return f"{self.fit} · {self.interpolation}"

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        if not self.applies_to(shape):
            return shape
        height, width, channels = target if len(target) == 3 else shape
        return (self.height or height, self.width or width, channels)


class CenterCrop(Step):
    """Cuts the middle out of every image; smaller images get a black border."""

    title: ClassVar[str] = "Centre crop"
    group: ClassVar[str] = "Size"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    geometric: ClassVar[bool] = True
    changes_shape: ClassVar[bool] = True

    height: Side | None = Field(None, description="Height in pixels; empty for the height of the network's Input.")
    width: Side | None = Field(None, description="Width in pixels; empty for the width of the network's Input.")

    @property
    def text(self) -> str:
        return f"{self.height or 'Input'}×{self.width or 'Input'}" if self.height or self.width else "as the Input"

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        if not self.applies_to(shape):
            return shape
        height, width, _channels = target if len(target) == 3 else shape
        return (self.height or height, self.width or width, shape[2])


class ToGray(Step):
    """Makes colour images grey: one channel, as bright as the eye sees it."""

    title: ClassVar[str] = "To grey"
    group: ClassVar[str] = "Colour"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    changes_shape: ClassVar[bool] = True

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        return (*shape[:-1], 1) if self.applies_to(shape) else shape

    def applies_to(self, shape: Shape) -> bool:
        return len(shape) == 3 and shape[-1] in (1, 3)


class ToRGB(Step):
    """Gives grey images three equal channels, as networks for colour images expect them."""

    title: ClassVar[str] = "To RGB"
    group: ClassVar[str] = "Colour"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    changes_shape: ClassVar[bool] = True

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        return (*shape[:-1], 3) if self.applies_to(shape) else shape

    def applies_to(self, shape: Shape) -> bool:
        return len(shape) == 3 and shape[-1] in (1, 3)


class GreyWorld(Step):
    """Takes out the tint of the light: every channel is scaled so that the image is grey on average."""

    title: ClassVar[str] = "Grey world"
    group: ClassVar[str] = "Colour"
    stage: ClassVar[Stage] = Stage.PREPROCESSING

    def applies_to(self, shape: Shape) -> bool:
        return len(shape) == 3 and shape[-1] == 3

    def note(self, shape: Shape) -> str:
        if len(shape) == 3 and not self.applies_to(shape):
            return f"{self.title} is for images of three channels; these samples pass as they are."
        return super().note(shape)


class Rescale(Step):
    """Divides values, so that they lie in 0 … 1."""

    title: ClassVar[str] = "Rescale"
    group: ClassVar[str] = "Values"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    scale: Finite | None = Field(
        None, description="Factor for every value; empty divides by the value of white (255 for bytes)."
    )
    offset: Finite = Field(0.0, description="Added after scaling.")

    @property
    def text(self) -> str:
        factor = "to 0 … 1" if self.scale is None else f"× {self.scale:g}"
        return f"{factor} + {self.offset:g}" if self.offset else factor


class Standardize(Step):
    """Brings each channel to mean 0 and variance 1, as measured once on all training samples."""

    title: ClassVar[str] = "Standardize"
    group: ClassVar[str] = "Values"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    measured_fields: ClassVar[tuple[str, ...]] = ("mean", "variance", "measured_on")

    mean: Annotated[tuple[Finite, ...], Field(max_length=MAX_CHANNELS)] = Field(
        (), description="Mean of each channel; measured on the training samples when training begins."
    )
    variance: Annotated[tuple[Variance, ...], Field(max_length=MAX_CHANNELS)] = Field(
        (), description="Variance of each channel; measured with the mean."
    )
    measured_on: Annotated[str, Field(max_length=200)] = Field(
        "", description="What it was measured on, so that other samples or steps before it are noticed."
    )

    @property
    def is_measured(self) -> bool:
        return len(self.mean) > 0 and len(self.mean) == len(self.variance)

    @property
    def text(self) -> str:
        if not self.is_measured:
            return "measured when training begins"
        if len(self.mean) > 4:
            return f"{len(self.mean):,} channels measured"
        return "mean " + ", ".join(f"{value:.3g}" for value in self.mean)


class PerImageStandardize(Step):
    """Brings every sample on its own to mean 0 and variance 1, whatever its brightness and contrast."""

    title: ClassVar[str] = "Standardize each sample"
    group: ClassVar[str] = "Values"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    per_channel: bool = Field(False, description="Each channel on its own, which also takes out the tint of the light.")

    @property
    def text(self) -> str:
        return "per channel" if self.per_channel else "all channels together"


def needs_measuring(steps: Iterable[Step], fingerprint: str) -> bool:
    """Whether a Standardize among the steps has no statistics, or has those of something else."""
    return any(
        isinstance(step, Standardize) and not (step.is_measured and step.measured_on == fingerprint) for step in steps
    )
