"""Augmentation that changes values and moves nothing."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from models.blocks import Shape
from models.data.steps.base import Stage, Step
from models.data.steps.geometric import Share, percent


class Photometric(Step):
    """What all of them share; no step by itself."""

    group: ClassVar[str] = "Colour"
    stage: ClassVar[Stage] = Stage.AUGMENTATION


class ForColour(Photometric):
    """Those that need red, green and blue; no step by itself."""

    def applies_to(self, shape: Shape) -> bool:
        return len(shape) == 3 and shape[-1] == 3

    def note(self, shape: Shape) -> str:
        if len(shape) == 3 and not self.applies_to(shape):
            return f"{self.title} is for images of three channels; these samples pass as they are."
        return super().note(shape)


class RandomBrightness(Photometric):
    """Makes images brighter or darker."""

    title: ClassVar[str] = "Brightness"

    factor: Share = Field(0.2, description="Largest change as a share of the way from black to white.")

    @property
    def text(self) -> str:
        return percent(self.factor)


class RandomContrast(Photometric):
    """Makes the differences from an image's mean larger or smaller."""

    title: ClassVar[str] = "Contrast"

    factor: Share = Field(0.3, description="Largest change as a share: 0.3 is 30 % more or less contrast.")

    @property
    def text(self) -> str:
        return percent(self.factor)


class RandomSaturation(ForColour):
    """Makes colours stronger or paler."""

    title: ClassVar[str] = "Saturation"

    factor: Annotated[float, Field(ge=0.0, le=0.9, allow_inf_nan=False)] = Field(
        0.3, description="Largest change: 0.3 makes colours from about half to twice as strong."
    )

    @property
    def text(self) -> str:
        return percent(self.factor)


class RandomHue(ForColour):
    """Turns all colours of an image along the colour circle."""

    title: ClassVar[str] = "Hue"

    factor: Share = Field(0.1, description="Largest turn as a share of half the circle: 1 may turn red into cyan.")

    @property
    def text(self) -> str:
        return f"±{180 * self.factor:g}°"


class RandomColorBalance(ForColour):
    """Tints images as light of another colour does: each channel becomes stronger or weaker by itself."""

    title: ClassVar[str] = "Colour balance"

    factor: Share = Field(0.2, description="Largest change of a channel as a share.")

    @property
    def text(self) -> str:
        return percent(self.factor)


class RandomGaussianBlur(Photometric):
    """Blurs some of the images, as a lens that is out of focus."""

    title: ClassVar[str] = "Blur"
    group: ClassVar[str] = "Quality"

    factor: Share = Field(0.5, description="Share of the images that are blurred.")
    sigma: Annotated[float, Field(gt=0.0, le=20.0, allow_inf_nan=False)] = Field(
        1.0, description="Largest width of the blur, as the standard deviation in pixels."
    )

    @property
    def text(self) -> str:
        return f"{100 * self.factor:g} % · up to {self.sigma:g} px"


class GaussianNoise(Photometric):
    """Adds noise to every value, as a sensor in the dark."""

    title: ClassVar[str] = "Noise"
    group: ClassVar[str] = "Quality"
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    stddev: Share = Field(
        0.05,
        description="Standard deviation as a share of the values' range: black to white, or a sample's own range.",
    )

    @property
    def text(self) -> str:
        return f"{100 * self.stddev:g} %"


class Vignette(Photometric):
    """Darkens images towards their corners, as many lenses do."""

    title: ClassVar[str] = "Vignette"
    group: ClassVar[str] = "Quality"

    factor: Share = Field(0.5, description="Most of the brightness that corners lose, as a share.")

    @property
    def text(self) -> str:
        return f"up to {100 * self.factor:g} %"


class RandomErasing(Photometric):
    """Covers a random rectangle, so that networks do not rely on one place; masks and boxes stay."""

    title: ClassVar[str] = "Cutout"
    group: ClassVar[str] = "Mixing"

    factor: Share = Field(0.5, description="Share of the images in which a rectangle is covered.")
    scale: tuple[Share, Share] = Field(
        (0.02, 0.25), description="Smallest and largest area of the rectangle, as shares of the image."
    )
    fill_value: Share | None = Field(
        None, description="Brightness of the rectangle, from 0 for black to 1 for white; empty fills it with noise."
    )

    @property
    def text(self) -> str:
        return f"{100 * self.factor:g} % · up to {100 * self.scale[1]:g} % of the area"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.scale[0] > self.scale[1]:
            raise ValueError(
                f"scale was ({self.scale[0]:g}, {self.scale[1]:g}); the smaller share comes first, as in (0.02, 0.25)"
            )
        return self
