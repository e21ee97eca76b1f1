"""Blocks that change the spatial sizes and leave the channels alone: padding, cropping and upsampling."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from models.blocks.base import Family, Shapes, Window
from models.blocks.fields import Axes, AxesSides, Pair, Sides, Single, SingleSides, Triple, TripleSides
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape, describe_extent, per_axis, shape_text
from models.blocks.spatial import SpatialBlock


class ResizingBlock(SpatialBlock, abstract=True):
    """Shared by the blocks that change the spatial sizes."""

    family: ClassVar[Family] = Family.DENSE


class ZeroPadding(ResizingBlock, abstract=True):
    """Shared by the blocks that add zeros at the ends of the axes."""

    axis_fields: ClassVar[tuple[str, ...]] = ("padding",)

    padding: AxesSides = Field(description="Zeros added.")

    def settings_text(self) -> str:
        return _sides_text(self.padding)

    def shape_rule(self, inputs: Shapes) -> Shape:
        *sizes, channels = inputs[0]
        return (*(size + sum(side) for size, side in zip(sizes, self.padding, strict=True)), channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1,) * len(self.padding)
        return Window(ones, ones, ones, tuple(before for before, _ in self.padding))

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        axes = zip(sizes, self.padding, strict=True)
        return per_axis([f"{n} + {before} + {after} = {n + before + after}" for n, (before, after) in axes], sizes)


class Cropping(ResizingBlock, abstract=True):
    """Shared by the blocks that cut off the ends of the axes."""

    spelled_out: ClassVar[tuple[str, ...]] = ("cropping",)
    axis_fields: ClassVar[tuple[str, ...]] = ("cropping",)

    cropping: AxesSides = Field(description="What is cut.")

    def settings_text(self) -> str:
        return _sides_text(self.cropping)

    def shape_rule(self, inputs: Shapes) -> Shape:
        *sizes, channels = inputs[0]
        output = tuple(size - sum(side) for size, side in zip(sizes, self.cropping, strict=True))
        if min(output) < 1:
            need = tuple(sum(side) + 1 for side in self.cropping)
            raise BlockProblem(
                describe_extent(tuple(sizes)),
                f"at least {shape_text(need)}, so that something is left",
                (self._removal(), SetFields("Crop nothing", (("cropping", 0),))),
            )
        return (*output, channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1,) * len(self.cropping)
        return Window(ones, ones, ones, tuple(-before for before, _ in self.cropping))

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        axes = zip(sizes, self.cropping, strict=True)
        return per_axis([f"{n} − {before} − {after} = {n - before - after}" for n, (before, after) in axes], sizes)


class UpSampling(ResizingBlock, abstract=True):
    """Shared by the blocks that make the axes longer by repeating what is there."""

    axis_fields: ClassVar[tuple[str, ...]] = ("size",)

    size: Axes = Field(description="Factor for each axis.")

    def settings_text(self) -> str:
        return f"×{shape_text(self.size)}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        *sizes, channels = inputs[0]
        return (*(size * factor for size, factor in zip(sizes, self.size, strict=True)), channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1,) * len(self.size)
        return Window(ones, ones, ones, (0,) * len(self.size), self.size)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        return per_axis([f"{n} · {f} = {n * f}" for n, f in zip(sizes, self.size, strict=True)], sizes)


class ZeroPadding2D(ZeroPadding):
    """Adds rows and columns of zeros around the image."""

    padding: Sides = Field(((1, 1), (1, 1)), description="Zeros added: top and bottom, left and right.")


class Cropping2D(Cropping):
    """Cuts rows and columns off the edges of the image."""

    cropping: Sides = Field(((1, 1), (1, 1)), description="Pixels cut: top and bottom, left and right.")


class UpSampling2D(UpSampling):
    """Makes the image larger by repeating or blending its pixels; nothing is learned."""

    size: Pair = Field((2, 2), description="Factors for height and width.")
    interpolation: Literal["nearest", "bilinear"] = Field(
        "nearest", description='"nearest" repeats pixels, "bilinear" blends neighbours.'
    )

    def settings_text(self) -> str:
        return f"{super().settings_text()} · {self.interpolation}"

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1, 1)
        kernel = ones if self.interpolation == "nearest" else (2, 2)
        return Window(kernel, ones, ones, (0, 0), self.size)


class ZeroPadding1D(ZeroPadding):
    """Adds steps of zeros at both ends of a sequence."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)

    padding: SingleSides = Field(((1, 1),), description="Zeros added: before the first step, behind the last one.")


class Cropping1D(Cropping):
    """Cuts steps off both ends of a sequence."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)

    cropping: SingleSides = Field(((1, 1),), description="Steps cut: at the beginning, at the end.")


class UpSampling1D(UpSampling):
    """Makes a sequence longer by repeating its steps."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)

    size: Single = Field((2,), description="How often each step is repeated.")


class ZeroPadding3D(ZeroPadding):
    """Adds planes of zeros around the volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)

    padding: TripleSides = Field(
        ((1, 1), (1, 1), (1, 1)), description="Zeros added: front and back, top and bottom, left and right."
    )


class Cropping3D(Cropping):
    """Cuts planes off the sides of the volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)

    cropping: TripleSides = Field(
        ((1, 1), (1, 1), (1, 1)), description="Planes cut: front and back, top and bottom, left and right."
    )


class UpSampling3D(UpSampling):
    """Makes a volume larger by repeating its values."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)

    size: Triple = Field((2, 2, 2), description="Factors for depth, height and width.")


def center_crop(shape: Shape, target: Shape) -> Cropping2D:
    """The crop that cuts an image's height and width down to the target's, evenly at both sides."""
    spare = [max(size - wanted, 0) for size, wanted in zip(shape[:2], target[:2], strict=True)]
    return Cropping2D.model_validate({"cropping": tuple((n // 2, n - n // 2) for n in spare)})


def _sides_text(sides: AxesSides) -> str:
    if len({size for side in sides for size in side}) == 1:
        return str(sides[0][0])
    return " · ".join(f"{before}, {after}" for before, after in sides)
