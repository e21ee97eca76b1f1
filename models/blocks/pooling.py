"""Pooling: summaries of windows, or of the whole image."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Window
from models.blocks.fields import OptionalPair, Pair
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import (
    Padding,
    Shape,
    per_axis,
    same_padding,
    shape_text,
    window_formula,
    window_output,
)


class PoolingBlock(Block, abstract=True):
    """Shared by the blocks that summarize a sliding window, channel by channel."""

    family: ClassVar[Family] = Family.POOLING
    input_ranks: ClassVar[tuple[int, ...]] = (3,)
    spelled_out: ClassVar[tuple[str, ...]] = ("pool_size",)

    pool_size: Pair = Field((2, 2), description="Height and width of the window that is summarized into one value.")
    strides: OptionalPair = Field(None, description="Steps the window moves; as large as the window when empty.")
    padding: Padding = Field(
        "valid", description='"valid" drops what does not fill a window; "same" pads so that nothing is dropped.'
    )

    @property
    def steps(self) -> tuple[int, int]:
        """The strides in force: Keras takes pool_size where none are given."""
        return self.strides or self.pool_size

    def settings_text(self) -> str:
        steps = str(self.steps[0]) if self.steps[0] == self.steps[1] else shape_text(self.steps)
        text = f"{shape_text(self.pool_size)} / {steps}"
        return text if self.padding == "valid" else f"{text} · {self.padding}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        axes = zip(shape[:2], self.pool_size, self.steps, strict=True)
        output = tuple(window_output(n, k, s, self.padding) for n, k, s in axes)
        if min(output) < 1:
            raise BlockProblem(
                f"an image of {shape_text(shape[:2])}",
                f"at least {shape_text(self.pool_size)}, the pooling window; the output would reach zero",
                (self._removal(), SetFields('Use padding "same"', (("padding", "same"),))),
            )
        return (*output, shape[-1])

    def window(self, inputs: Shapes) -> Window | None:
        padding: tuple[int, ...] = (0, 0)
        if self.padding == "same":
            axes = zip(inputs[0][:2], self.pool_size, self.steps, strict=True)
            padding = tuple(same_padding(*axis)[0] for axis in axes)
        return Window(self.pool_size, self.steps, (1, 1), padding)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:2]
        axes = zip(sizes, self.pool_size, self.steps, strict=True)
        lines = [window_formula(n, k, s, self.padding) for n, k, s in axes]
        return (*per_axis(lines, sizes), f"channels stay: {inputs[0][-1]}")

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: pooling learns nothing",)


class MaxPooling2D(PoolingBlock):
    """Keeps the largest value of each window."""


class AveragePooling2D(PoolingBlock):
    """Keeps the mean of each window."""


class GlobalPoolingBlock(Block, abstract=True):
    """Shared by the blocks that summarize each channel's whole image into one value."""

    family: ClassVar[Family] = Family.POOLING
    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    keepdims: bool = Field(False, description="Keep height and width as axes of size 1 instead of dropping them.")

    def settings_text(self) -> str:
        return "keepdims" if self.keepdims else ""

    def shape_rule(self, inputs: Shapes) -> Shape:
        channels = inputs[0][-1]
        return (1, 1, channels) if self.keepdims else (channels,)

    def window(self, inputs: Shapes) -> Window | None:
        return Window.whole(inputs[0][:2])

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"one value for each of {inputs[0][-1]} channels, from {shape_text(inputs[0][:2])} positions",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: pooling learns nothing",)


class GlobalAveragePooling2D(GlobalPoolingBlock):
    """Averages each channel over the whole image."""


class GlobalMaxPooling2D(GlobalPoolingBlock):
    """Keeps each channel's largest value over the whole image."""
