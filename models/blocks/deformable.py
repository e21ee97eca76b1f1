"""Deformable convolution, after Dai et al. 2017, "Deformable convolutional networks" (version 1)."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from models.blocks.base import Shapes, Weight
from models.blocks.shapes import Shape
from models.blocks.sliding import FilterBlock, Sliding2D


class DeformableConv2D(Sliding2D, FilterBlock):
    """A convolution whose taps move: a second convolution learns, at every position, where each of them looks.

    Multiply-adds are those of both convolutions, without the interpolation; the receptive field is that of taps which
    stay where they are.
    """

    custom: ClassVar[bool] = True

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (*self.spatial_output(inputs[0]), self.filters)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels, offsets = inputs[0][-1], 2 * prod(self.kernel_size)
        kernel = Weight("kernel", (*self.kernel_size, channels, self.filters))
        bias = (Weight("bias", (self.filters,)),) if self.use_bias else ()
        offset_kernel = Weight("offset_kernel", (*self.kernel_size, channels, offsets))
        return (kernel, *bias, offset_kernel, Weight("offset_bias", (offsets,)))

    def multiply_adds(self, inputs: Shapes) -> int:
        *positions, _ = self.output_shape(inputs)
        kernels = (weight for weight in self.weight_shapes(inputs) if len(weight.shape) > 1)
        return prod(positions) * sum(kernel.size for kernel in kernels)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        taps = "·".join(map(str, self.kernel_size))
        product = f"{taps}·{inputs[0][-1]}"
        one = f"({product} + 1)" if self.use_bias else product
        total = sum(weight.size for weight in self.weight_shapes(inputs))
        return (
            f"{one} · {self.filters} + ({product} + 1) · 2·{taps} = {total:,}",
            "(the filters, and the convolution that gives each tap its offset down and right)",
        )
