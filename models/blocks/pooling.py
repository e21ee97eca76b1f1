"""Pooling: summaries of windows, or of everything, in sequences, images and volumes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Window
from models.blocks.fields import Axes, OptionalPair, OptionalSingle, OptionalTriple, Pair, Single, Triple
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import (
    Padding,
    Shape,
    axes_text,
    describe_extent,
    per_axis,
    same_padding,
    shape_text,
    window_formula,
    window_output,
)
from models.blocks.spatial import SpatialBlock


class PoolingBlock(SpatialBlock, abstract=True):
    """Shared by the blocks that summarize a sliding window, channel by channel.

    `Pooling1D`, `Pooling2D` and `Pooling3D` say over how many axes.
    """

    family: ClassVar[Family] = Family.POOLING
    spelled_out: ClassVar[tuple[str, ...]] = ("pool_size",)
    axis_fields: ClassVar[tuple[str, ...]] = ("pool_size", "strides")

    pool_size: Axes = Field(description="Size of the window that is summarized into one value.")
    strides: Axes | None = Field(None, description="Steps the window moves; as large as the window when empty.")
    padding: Padding = Field(
        "valid", description='"valid" drops what does not fill a window; "same" pads so that nothing is dropped.'
    )

    @property
    def steps(self) -> Axes:
        """The strides in force: Keras takes pool_size where none are given."""
        return self.strides or self.pool_size

    def settings_text(self) -> str:
        text = f"{shape_text(self.pool_size)} / {axes_text(self.steps)}"
        return text if self.padding == "valid" else f"{text} · {self.padding}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        axes = zip(shape[:-1], self.pool_size, self.steps, strict=True)
        output = tuple(window_output(n, k, s, self.padding) for n, k, s in axes)
        if min(output) < 1:
            raise BlockProblem(
                describe_extent(shape[:-1]),
                f"at least {shape_text(self.pool_size)}, the pooling window; the output would reach zero",
                (self._removal(), SetFields('Use padding "same"', (("padding", "same"),))),
            )
        return (*output, shape[-1])

    def window(self, inputs: Shapes) -> Window | None:
        padding: tuple[int, ...] = (0,) * len(self.pool_size)
        if self.padding == "same":
            axes = zip(inputs[0][:-1], self.pool_size, self.steps, strict=True)
            padding = tuple(same_padding(*axis)[0] for axis in axes)
        return Window(self.pool_size, self.steps, (1,) * len(self.pool_size), padding)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        axes = zip(sizes, self.pool_size, self.steps, strict=True)
        lines = [window_formula(n, k, s, self.padding) for n, k, s in axes]
        return (*per_axis(lines, sizes), f"channels stay: {inputs[0][-1]}")

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: pooling learns nothing",)


class Pooling1D(PoolingBlock, abstract=True):
    """A window over the steps of a sequence."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)

    pool_size: Single = Field((2,), description="Length of the window that is summarized into one value.")
    strides: OptionalSingle = Field(None, description="Steps the window moves; as long as the window when empty.")


class Pooling2D(PoolingBlock, abstract=True):
    """A window over an image."""

    pool_size: Pair = Field((2, 2), description="Height and width of the window that is summarized into one value.")
    strides: OptionalPair = Field(None, description="Steps the window moves; as large as the window when empty.")


class Pooling3D(PoolingBlock, abstract=True):
    """A window over a volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)

    pool_size: Triple = Field((2, 2, 2), description="Depth, height and width of the window that is summarized.")
    strides: OptionalTriple = Field(None, description="Steps the window moves; as large as the window when empty.")


class MaxPooling2D(Pooling2D):
    """Keeps the largest value of each window."""


class AveragePooling2D(Pooling2D):
    """Keeps the mean of each window."""


class MaxPooling1D(Pooling1D):
    """Keeps the largest value of each window over the steps."""


class AveragePooling1D(Pooling1D):
    """Keeps the mean of each window over the steps."""


class MaxPooling3D(Pooling3D):
    """Keeps the largest value of each window over a volume."""


class AveragePooling3D(Pooling3D):
    """Keeps the mean of each window over a volume."""


class GlobalPoolingBlock(Block, abstract=True):
    """Shared by the blocks that summarize each channel's whole extent into one value."""

    family: ClassVar[Family] = Family.POOLING
    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    keepdims: bool = Field(False, description="Keep the spatial axes with size 1 instead of dropping them.")

    def settings_text(self) -> str:
        return "keepdims" if self.keepdims else ""

    def shape_rule(self, inputs: Shapes) -> Shape:
        *spatial, channels = inputs[0]
        return (*(1 for _ in spatial), channels) if self.keepdims else (channels,)

    def window(self, inputs: Shapes) -> Window | None:
        return Window.whole(inputs[0][:-1])

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"one value for each of {inputs[0][-1]} channels, from {shape_text(inputs[0][:-1])} positions",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: pooling learns nothing",)


class GlobalAveragePooling2D(GlobalPoolingBlock):
    """Averages each channel over the whole image."""


class GlobalMaxPooling2D(GlobalPoolingBlock):
    """Keeps each channel's largest value over the whole image."""


class GlobalAveragePooling1D(GlobalPoolingBlock):
    """Averages each channel over all steps."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)


class GlobalMaxPooling1D(GlobalPoolingBlock):
    """Keeps each channel's largest value over all steps."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)


class GlobalAveragePooling3D(GlobalPoolingBlock):
    """Averages each channel over the whole volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)


class GlobalMaxPooling3D(GlobalPoolingBlock):
    """Keeps each channel's largest value over the whole volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)
