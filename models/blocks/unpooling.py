"""Max pooling that remembers where the largest values stood, and its inverse (Badrinarayanan et al. 2017, SegNet)."""

from __future__ import annotations

from math import ceil
from typing import ClassVar

from pydantic import Field

from models.blocks.base import Family, Shapes, Window
from models.blocks.fields import Axes, OptionalPair, Pair
from models.blocks.pooling import Pooling2D
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Padding, Shape, describe, per_axis, shape_text, window_output
from models.blocks.spatial import SpatialBlock


class MaxPoolingWithIndices2D(Pooling2D):
    """Keeps the largest value of each window and, as a second output, where it stood; MaxUnpooling2D undoes it."""

    custom: ClassVar[bool] = True
    spelled_out: ClassVar[tuple[str, ...]] = ()

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", "indices")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return (self.output_shape(inputs),) * 2


class MaxUnpooling2D(SpatialBlock):
    """Puts values back where max pooling found the largest ones, zeros elsewhere: needs the values and the indices."""

    family: ClassVar[Family] = Family.POOLING
    custom: ClassVar[bool] = True
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int] = 2

    pool_size: Pair = Field((2, 2), description="Height and width of the pooling's window.")
    strides: OptionalPair = Field(None, description="Steps of the pooling's window; as large as it when empty.")
    padding: Padding = Field("valid", description="The pooling's padding.")
    output_size: OptionalPair = Field(
        None, description="Height and width to restore, where an odd row or column was dropped; automatic when empty."
    )

    @property
    def steps(self) -> Axes:
        """The strides in force."""
        return self.strides or self.pool_size

    def settings_text(self) -> str:
        text = shape_text(self.pool_size)
        return text if self.output_size is None else f"{text} to {shape_text(self.output_size)}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        values, indices = inputs
        if values != indices:
            raise BlockProblem(
                f"{describe(values)} and, as indices, {describe(indices)}",
                "values and indices of the same shape",
                (self._removal(),),
            )
        output = self.output_size or self._smallest(values)
        axes = zip(output, self.pool_size, self.steps, strict=True)
        pooled = tuple(window_output(n, k, s, self.padding) for n, k, s in axes)
        if pooled != values[:2]:
            raise BlockProblem(
                f"output_size {shape_text(output)}, which pooling brings to {shape_text(pooled)}",
                f"one that it brings to {shape_text(values[:2])}, the size of the values",
                (SetFields("Let output_size be automatic", (("output_size", None),)), self._removal()),
            )
        return (*output, values[-1])

    def _smallest(self, shape: Shape) -> Shape:
        """The output's height and width where none are given: the smallest, but whole strides for "same"."""
        axes = zip(shape[:2], self.pool_size, self.steps, strict=True)
        return tuple(n * s if self.padding == "same" else (n - 1) * s + k for n, k, s in axes)

    def window(self, inputs: Shapes) -> Window | None:
        kernel = tuple(ceil(size / step) for size, step in zip(self.pool_size, self.steps, strict=True))
        return Window(kernel, (1, 1), (1, 1), tuple(k - 1 for k in kernel), self.steps)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:2]
        lines = []
        for n, k, s, result in zip(sizes, self.pool_size, self.steps, self.output_shape(inputs), strict=False):
            rest = result - (n * s if self.padding == "same" else (n - 1) * s + k)
            product = f"{n} · {s}" if self.padding == "same" else f"({n} − 1)·{s} + {k}"
            sign = "" if rest == 0 else f" {'−' if rest < 0 else '+'} {abs(rest)}"
            lines.append(f"{product}{sign} = {result}")
        return per_axis(lines, sizes)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("no parameters: unpooling learns nothing",)
