"""Steps that every sample goes through."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.blocks import Shape
from models.data.steps.base import Stage, Step

Side = Annotated[int, Field(ge=1, le=16_384)]


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

    @property
    def text(self) -> str:
        return f"{self.fit} · {self.interpolation}"

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        return (self.height or target[0], self.width or target[1], target[2])


class Rescale(Step):
    """Divides values, so that they lie in 0 … 1."""

    title: ClassVar[str] = "Rescale"
    group: ClassVar[str] = "Values"
    stage: ClassVar[Stage] = Stage.PREPROCESSING
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    scale: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Factor for every value; empty divides by the value of white (255 for bytes)."
    )
    offset: Annotated[float, Field(allow_inf_nan=False)] = Field(0.0, description="Added after scaling.")
