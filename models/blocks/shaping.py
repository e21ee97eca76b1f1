"""Blocks that rearrange values or leave them as they are: Flatten, Reshape, Permute, Identity."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from models.blocks.base import Block, Family, Shapes, Window
from models.blocks.fields import MAX_VALUES
from models.blocks.problems import BlockProblem, Repair, SetFields
from models.blocks.shapes import Shape, describe, shape_text, size_of


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


class Permute(Block):
    """Puts the axes in another order."""

    family: ClassVar[Family] = Family.DENSE
    spelled_out: ClassVar[tuple[str, ...]] = ("dims",)

    dims: Annotated[tuple[Annotated[int, Field(ge=1, le=4)], ...], Field(min_length=1, max_length=4)] = Field(
        (2, 1, 3), description="The axes in their new order, counted from 1: (2, 1, 3) swaps height and width."
    )

    @model_validator(mode="after")
    def _each_axis_once(self) -> Permute:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"each axis from 1 to {len(self.dims)} stands there once")
        return self

    def settings_text(self) -> str:
        return ", ".join(map(str, self.dims))

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if len(self.dims) != len(shape):
            same = tuple(range(1, len(shape) + 1))
            swapped = (2, 1, *same[2:]) if len(shape) > 1 else same
            repairs: list[Repair] = [self._removal()]
            if len(shape) <= 4:
                text = f"Set dims to {', '.join(map(str, swapped))}"
                repairs.insert(0, SetFields(text, (("dims", swapped),)))
            raise BlockProblem(
                f"{describe(shape)} with dims of {len(self.dims)} axes", f"dims of {len(shape)} axes", tuple(repairs)
            )
        return tuple(shape[axis - 1] for axis in self.dims)

    def window(self, inputs: Shapes) -> Window | None:
        """Behind swapped axes a position is counted as seeing everything: windows have no word for another order."""
        same = self.dims == tuple(sorted(self.dims))
        return None if same or len(inputs[0]) == 1 else Window.whole(inputs[0][:-1])

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{shape_text(inputs[0])} → {shape_text(self.output_shape(inputs))}",)


class Identity(Block):
    """Hands on what it gets."""

    family: ClassVar[Family] = Family.DENSE
    in_palette: ClassVar[bool] = False
