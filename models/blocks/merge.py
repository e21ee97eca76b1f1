"""Blocks that join branches."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes
from models.blocks.convolution import match_channels
from models.blocks.fields import MAX_SIZE
from models.blocks.problems import BlockProblem, InsertBefore, Repair, SetFields
from models.blocks.resizing import center_crop
from models.blocks.shapes import Shape, describe, shape_text
from models.blocks.shaping import Flatten

MAX_BRANCHES = 64
JOIN_CHANNELS = SetFields("Join the channels (axis −1)", (("axis", -1),))


class MergeBlock(Block, abstract=True):
    """Shared by the blocks that take two or more inputs."""

    family: ClassVar[Family] = Family.MERGE
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int] = MAX_BRANCHES

    def mismatch(self, inputs: Shapes, index: int, expected: str) -> BlockProblem:
        """The problem of one input that does not go with the first one, with what would make it fit."""
        repairs = (*self.fitting(inputs, index), self._removal())
        which = f" as input {index + 1}" if len(inputs) > 2 else ""
        received = f"{describe(inputs[0])} and {describe(inputs[index])}{which}"
        return BlockProblem(received, expected, repairs)

    def fitting(self, inputs: Shapes, index: int) -> tuple[Repair, ...]:
        """Repairs that flatten an image beside a vector, or bring two images to the same height and width."""
        first, other = inputs[0], inputs[index]
        if len(first) != len(other):
            wrong = index if len(other) > len(first) else 0
            return (InsertBefore("Insert Flatten on the image branch", (Flatten(),), wrong),)
        if len(first) != 3 or first[:2] == other[:2]:
            return ()
        small = tuple(min(a, b) for a, b in zip(first[:2], other[:2], strict=True))
        branches = ((0, first), (index, other))
        larger = [(i, shape) for i, shape in branches if shape[:2] != small and max(shape[:2]) <= MAX_SIZE]
        return tuple(
            InsertBefore(f"Crop input {i + 1} to {shape_text(small)}", (center_crop(shape, small),), i)
            for i, shape in larger
        )


class ElementwiseBlock(MergeBlock, abstract=True):
    """Shared by the blocks that join their inputs value by value.

    As in Keras an axis of size 1 is repeated, so that one factor for each channel fits an image.
    """

    sign: ClassVar[str] = ","

    def shape_rule(self, inputs: Shapes) -> Shape:
        result = inputs[0]
        for index, shape in enumerate(inputs[1:], start=1):
            pairs = list(zip(result, shape, strict=False))
            if len(shape) != len(result) or any(a != b and 1 not in (a, b) for a, b in pairs):
                raise self.mismatch(inputs, index, "inputs of the same shape, or of size 1 along an axis")
            result = tuple(b if a == 1 else a for a, b in pairs)
        return result

    def fitting(self, inputs: Shapes, index: int) -> tuple[Repair, ...]:
        first, other = inputs[0], inputs[index]
        if len(first) != 3 or len(other) != 3:
            return super().fitting(inputs, index)
        for wrong, shape, target in ((index, other, first), (0, first, other)):
            strides = _strides(shape, target)
            if strides is not None and target[-1] <= MAX_SIZE:
                what = "Match the channels" if strides == (1, 1) else "Match the shape"
                text = f"{what} of input {wrong + 1} with a 1×1 convolution"
                return (InsertBefore(text, (match_channels(target[-1], strides),), wrong),)
        return super().fitting(inputs, index)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        shapes = f" {self.sign} ".replace(" ,", ",").join(shape_text(shape) for shape in inputs)
        alike = len(set(inputs)) == 1
        return (f"{shapes}: all alike" if alike else f"{shapes} → {shape_text(self.output_shape(inputs))}",)


class Add(ElementwiseBlock):
    """Adds its inputs value by value: the shortcut of a residual network (He et al. 2016)."""

    sign: ClassVar[str] = "+"


class Concatenate(MergeBlock):
    """Puts its inputs behind one another along the channels (Szegedy et al. 2015)."""

    axis: int = Field(-1, ge=-1, le=4, description="Axis to join, batch counted as 0; −1 is the last: the channels.")

    def settings_text(self) -> str:
        return "" if self.axis == -1 else f"axis {self.axis}"

    def _joined_axis(self, rank: int) -> int:
        """Position in the shape of the axis that is joined."""
        position = rank - 1 if self.axis == -1 else self.axis - 1
        if not 0 <= position < rank:
            raise BlockProblem(
                f"axis {self.axis} with inputs of {rank} axes",
                f"an axis from 1 to {rank}, or −1 for the last",
                (JOIN_CHANNELS,),
            )
        return position

    def shape_rule(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        axis = self._joined_axis(len(first))
        for index, shape in enumerate(inputs[1:], start=1):
            if len(shape) != len(first) or any(
                a != b for i, (a, b) in enumerate(zip(first, shape, strict=True)) if i != axis
            ):
                raise self.mismatch(inputs, index, "inputs that are alike but for the joined axis")
        return tuple(sum(shape[i] for shape in inputs) if i == axis else size for i, size in enumerate(first))

    def fitting(self, inputs: Shapes, index: int) -> tuple[Repair, ...]:
        first, other = inputs[0], inputs[index]
        if len(first) == len(other) and self._joined_axis(len(first)) != len(first) - 1:
            return (JOIN_CHANNELS,) if first[:-1] == other[:-1] else ()
        return super().fitting(inputs, index)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        axis = self._joined_axis(len(inputs[0]))
        total = self.output_shape(inputs)[axis]
        return (f"{' + '.join(str(shape[axis]) for shape in inputs)} = {total} along the joined axis",)


class Multiply(ElementwiseBlock):
    """Multiplies its inputs value by value: gates and attention (Hu et al. 2018)."""

    sign: ClassVar[str] = "·"


class Average(ElementwiseBlock):
    """Averages its inputs value by value."""


class Maximum(ElementwiseBlock):
    """Keeps the largest of its inputs, value by value (Goodfellow et al. 2013, maxout)."""


class Minimum(ElementwiseBlock):
    """Keeps the smallest of its inputs, value by value."""


class Subtract(ElementwiseBlock):
    """Takes the second input from the first one, value by value."""

    max_inputs: ClassVar[int] = 2
    sign: ClassVar[str] = "−"


def _strides(shape: Shape, target: Shape) -> tuple[int, int] | None:
    """Strides of the 1×1 convolution that takes one height and width to the other; None when there are none."""
    strides = []
    for size, wanted in zip(shape[:2], target[:2], strict=True):
        stride = -(-size // wanted)
        if size < wanted or (size - 1) // stride + 1 != wanted:
            return None
        strides.append(stride)
    return (strides[0], strides[1])
