"""Augmentation that moves pixels: masks and boxes follow."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from models.data.steps.base import Stage, Step

FillMode = Annotated[
    Literal["reflect", "constant", "wrap", "nearest"],
    Field(
        description="What comes in at the edges: the image mirrored, one value, the other side, or the edge drawn out; "
        "images with boxes always get one value, since a mirrored object would have no box."
    ),
]
FillValue = Annotated[
    float,
    Field(
        allow_inf_nan=False,
        description='What comes in where `fill_mode` is "constant", as samples have it: white is 255 in bytes.',
    ),
]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""The largest change, as a share; every image gets its own between none and that, either way."""

Low = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


def percent(share: float) -> str:
    """`±12.5 %`."""
    return f"±{100 * share:g} %"


class Geometric(Step):
    """What all of them share; no step by itself."""

    group: ClassVar[str] = "Geometry"
    stage: ClassVar[Stage] = Stage.AUGMENTATION
    geometric: ClassVar[bool] = True


class RandomFlip(Geometric):
    """Mirrors images at random."""

    title: ClassVar[str] = "Flip"

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = Field(
        "horizontal", description="Left and right, up and down, or each of both with probability one half."
    )

    @property
    def text(self) -> str:
        return self.mode.replace("_", " ")


class RandomRotation(Geometric):
    """Turns images about their centre, up to an angle either way."""

    title: ClassVar[str] = "Rotation"

    factor: Share = Field(0.05, description="Largest angle as a share of a full turn: 0.05 is 18 degrees.")
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return f"±{360 * self.factor:g}°"


class RandomTranslation(Geometric):
    """Moves images up or down and left or right."""

    title: ClassVar[str] = "Translation"

    height_factor: Share = Field(0.1, description="Largest move up or down as a share of the height.")
    width_factor: Share = Field(0.1, description="Largest move to the left or right as a share of the width.")
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return f"{percent(self.height_factor)} · {percent(self.width_factor)}"


class RandomZoom(Geometric):
    """Enlarges or shrinks images about their centre."""

    title: ClassVar[str] = "Zoom"

    height_factor: Annotated[float, Field(ge=0.0, le=0.9, allow_inf_nan=False)] = Field(
        0.15, description="Largest change of the height as a share: 0.15 makes things 15 % taller or flatter."
    )
    width_factor: Annotated[float, Field(ge=0.0, le=0.9, allow_inf_nan=False)] | None = Field(
        None, description="The same for the width; empty changes it as the height, so that shapes stay."
    )
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        both = "" if self.width_factor is None else f" · {percent(self.width_factor)}"
        return percent(self.height_factor) + both


class RandomShear(Geometric):
    """Slants images, as if a stack of cards were pushed."""

    title: ClassVar[str] = "Shear"

    x_factor: Share = Field(0.1, description="Largest slant to the side: pixels to the side for each pixel of height.")
    y_factor: Share = Field(0.0, description="Largest slant up or down: pixels up for each pixel of width.")
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return f"{percent(self.x_factor)} · {percent(self.y_factor)}"


class RandomStretch(Geometric):
    """Makes images wider and flatter, or narrower and taller; their area stays."""

    title: ClassVar[str] = "Stretch"

    factor: Annotated[float, Field(ge=0.0, le=3.0, allow_inf_nan=False)] = Field(
        0.2, description="Largest change of the aspect ratio: 0.2 is 20 % more or less width to the height."
    )
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return percent(self.factor)


class RandomAffine(Geometric):
    """Rotation, translation, zoom and shear in one go, so that pixels are mixed only once."""

    title: ClassVar[str] = "Affine"

    factor: Share = Field(0.03, description="Largest angle as a share of a full turn: 0.03 is about 11 degrees.")
    height_factor: Share = Field(0.1, description="Largest move up or down as a share of the height.")
    width_factor: Share = Field(0.1, description="Largest move to the left or right as a share of the width.")
    zoom_factor: Annotated[float, Field(ge=0.0, le=0.9, allow_inf_nan=False)] = Field(
        0.1, description="Largest change of the size as a share."
    )
    shear_factor: Share = Field(0.05, description="Largest slant to the side.")
    fill_mode: FillMode = "reflect"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return f"±{360 * self.factor:g}° · zoom {percent(self.zoom_factor)}"


class RandomCrop(Geometric):
    """Puts a border around images and cuts their size out of it again at a random place."""

    title: ClassVar[str] = "Random crop"

    padding: Annotated[int, Field(ge=0, le=4096)] = Field(
        4, description="Width of the border in pixels; 4 is usual for images of 32×32."
    )
    fill_mode: FillMode = "constant"
    fill_value: FillValue = 0.0

    @property
    def text(self) -> str:
        return f"border of {self.padding}"


class RandomResizedCrop(Geometric):
    """Cuts a random part out of each image and brings it back to the full size."""

    title: ClassVar[str] = "Random part"

    scale: tuple[Share, Share] = Field(
        (0.5, 1.0), description="Smallest and largest area of the part, as shares of the image."
    )
    ratio: tuple[Low, Low] = Field(
        (0.75, 1.3333), description="Smallest and largest width to height of the part, compared with the image's own."
    )

    @property
    def text(self) -> str:
        return f"{100 * self.scale[0]:g} … {100 * self.scale[1]:g} % of the area"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if low > high:
                raise ValueError(f"{name} was ({low:g}, {high:g}); the smaller value comes first")
        if self.scale[0] < 0.01:
            raise ValueError(f"scale began with {self.scale[0]:g}; a part needs at least 0.01 of the image")
        if self.ratio[0] < 0.1 or self.ratio[1] > 10:
            raise ValueError(f"ratio was ({self.ratio[0]:g}, {self.ratio[1]:g}); it lies between 0.1 and 10")
        return self


class LensDistortion(Geometric):
    """Bends images as cheap lenses do: bulging like a barrel, or drawn in like a pincushion."""

    title: ClassVar[str] = "Lens distortion"

    factor: Annotated[float, Field(ge=0.0, le=0.3, allow_inf_nan=False)] = Field(
        0.2, description="Largest bend either way, as a share of the distance from the centre to the corners."
    )
    mode: Literal["both", "barrel", "pincushion"] = Field("both", description="Which way images are bent.")

    @property
    def text(self) -> str:
        return f"{self.mode} · {percent(self.factor)}"
