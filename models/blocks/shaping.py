"""Blocks that rearrange values: Flatten, Reshape, padding, cropping and upsampling."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from models.blocks.base import Block, Family, Shapes, Window
from models.blocks.fields import MAX_VALUES, Pair, Sides
from models.blocks.problems import BlockProblem, Repair, SetFields
from models.blocks.shapes import Shape, describe, per_axis, shape_text, size_of


class Flatten(Block):
    """Lays an image tensor out as one long vector, for dense layers."""

    family: ClassVar[Family] = Family.DENSE

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (size_of(inputs[0]),)

    def window(self, inputs: Shapes) -> Window | None:
        return Window.whole(inputs[0][:-1]) if len(inputs[0]) > 1 else None

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{' · '.join(str(size) for size in inputs[0])} = {size_of(inputs[0]):,}",)


class Reshape(Block):
    """Arranges the same values in another shape."""

    family: ClassVar[Family] = Family.DENSE
    spelled_out: ClassVar[tuple[str, ...]] = ("target_shape",)

    target_shape: Annotated[
        tuple[Annotated[int, Field(ge=-1, le=MAX_VALUES)], ...], Field(min_length=1, max_length=4)
    ] = Field((-1,), description="The new shape without the batch; one size may be −1, which is then worked out.")

    @model_validator(mode="after")
    def _at_most_one_free(self) -> Reshape:
        if self.target_shape.count(-1) > 1 or 0 in self.target_shape:
            raise ValueError("sizes are 1 or more, and at most one of them is -1")
        return self

    def settings_text(self) -> str:
        return shape_text(self.target_shape).replace("-1", "?")

    def shape_rule(self, inputs: Shapes) -> Shape:
        values, known = size_of(inputs[0]), size_of(tuple(n for n in self.target_shape if n > 0))
        fits = values % known == 0 if -1 in self.target_shape else values == known
        if not fits:
            repairs: list[Repair] = [SetFields("Reshape to a vector", (("target_shape", (-1,)),)), self._removal()]
            if len(self.target_shape) == 3:
                repairs.insert(0, self._keep_rank(inputs[0]))
            expected = f"{known:,} values" if -1 not in self.target_shape else f"a multiple of {known:,} values"
            raise BlockProblem(f"{describe(inputs[0])} ({values:,} values)", expected, tuple(repairs))
        return tuple(values // known if size == -1 else size for size in self.target_shape)

    @staticmethod
    def _keep_rank(shape: Shape) -> SetFields:
        target = shape if len(shape) == 3 else (1, 1, size_of(shape))
        return SetFields(f"Reshape to {shape_text(target)}", (("target_shape", target),))

    def window(self, inputs: Shapes) -> Window | None:
        return Window.whole(inputs[0][:-1]) if len(inputs[0]) > 1 else None

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        result = self.output_shape(inputs)
        return (f"{size_of(inputs[0]):,} values = {' · '.join(str(size) for size in result)}",)


class SpatialBlock(Block, abstract=True):
    """Shared by the blocks that change height and width and leave the channels alone."""

    family: ClassVar[Family] = Family.DENSE
    input_ranks: ClassVar[tuple[int, ...]] = (3,)


class ZeroPadding2D(SpatialBlock):
    """Adds rows and columns of zeros around the image."""

    padding: Sides = Field(((1, 1), (1, 1)), description="Zeros added: top and bottom, left and right.")

    def settings_text(self) -> str:
        return _sides_text(self.padding)

    def shape_rule(self, inputs: Shapes) -> Shape:
        height, width, channels = inputs[0]
        return (height + sum(self.padding[0]), width + sum(self.padding[1]), channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1, 1)
        return Window(ones, ones, ones, (self.padding[0][0], self.padding[1][0]))

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:2]
        axes = zip(sizes, self.padding, strict=True)
        return per_axis([f"{n} + {before} + {after} = {n + before + after}" for n, (before, after) in axes], sizes)


class Cropping2D(SpatialBlock):
    """Cuts rows and columns off the edges of the image."""

    spelled_out: ClassVar[tuple[str, ...]] = ("cropping",)

    cropping: Sides = Field(((1, 1), (1, 1)), description="Pixels cut: top and bottom, left and right.")

    def settings_text(self) -> str:
        return _sides_text(self.cropping)

    def shape_rule(self, inputs: Shapes) -> Shape:
        height, width, channels = inputs[0]
        output = (height - sum(self.cropping[0]), width - sum(self.cropping[1]))
        if min(output) < 1:
            need = (sum(self.cropping[0]) + 1, sum(self.cropping[1]) + 1)
            raise BlockProblem(
                f"an image of {shape_text((height, width))}",
                f"at least {shape_text(need)}, so that something is left",
                (self._removal(), SetFields("Crop nothing", (("cropping", 0),))),
            )
        return (*output, channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1, 1)
        return Window(ones, ones, ones, (-self.cropping[0][0], -self.cropping[1][0]))

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:2]
        axes = zip(sizes, self.cropping, strict=True)
        return per_axis([f"{n} − {before} − {after} = {n - before - after}" for n, (before, after) in axes], sizes)


class UpSampling2D(SpatialBlock):
    """Makes the image larger by repeating or blending its pixels; nothing is learned."""

    size: Pair = Field((2, 2), description="Factors for height and width.")
    interpolation: Literal["nearest", "bilinear"] = Field(
        "nearest", description='"nearest" repeats pixels, "bilinear" blends neighbours.'
    )

    def settings_text(self) -> str:
        return f"×{shape_text(self.size)} · {self.interpolation}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        height, width, channels = inputs[0]
        return (height * self.size[0], width * self.size[1], channels)

    def window(self, inputs: Shapes) -> Window | None:
        ones = (1, 1)
        kernel = ones if self.interpolation == "nearest" else (2, 2)
        return Window(kernel, ones, ones, (0, 0), self.size)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:2]
        return per_axis([f"{n} · {f} = {n * f}" for n, f in zip(sizes, self.size, strict=True)], sizes)


def center_crop(shape: Shape, target: Shape) -> Cropping2D:
    """The crop that cuts an image's height and width down to the target's, evenly at both sides."""
    spare = [max(size - wanted, 0) for size, wanted in zip(shape[:2], target[:2], strict=True)]
    return Cropping2D.model_validate({"cropping": tuple((n // 2, n - n // 2) for n in spare)})


def _sides_text(sides: Sides) -> str:
    (top, bottom), (left, right) = sides
    if top == bottom == left == right:
        return str(top)
    return f"{top}, {bottom} · {left}, {right}"
