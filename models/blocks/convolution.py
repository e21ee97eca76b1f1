"""Convolutions over sequences, images and volumes: plain, separable, depthwise and transposed.

Parameter and multiply-add counts follow Howard et al. 2017 (MobileNets) for the depthwise and separable kinds.
"""

from __future__ import annotations

from math import ceil, prod
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.blocks.base import Shapes, Weight, Window
from models.blocks.fields import InitializerName, L2Factor, NonNegativeSize, Size, for_axes, l2_argument
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape, describe_extent, effective_kernel, per_axis, shape_text
from models.blocks.sliding import FilterBlock, Sliding1D, Sliding2D, Sliding3D, SlidingBlock, kernel_formula


class Convolution(FilterBlock, abstract=True):
    """Shared by the plain convolutions."""

    groups: Size = Field(1, description="Splits the channels into groups that are convolved apart (AlexNet used 2).")

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        self._check_groups(shape[-1])
        return (*self.spatial_output(shape), self.filters)

    def _check_groups(self, channels: int) -> None:
        if channels % self.groups or self.filters % self.groups:
            raise BlockProblem(
                f"{channels} input channels and {self.filters} filters with groups {self.groups}",
                f"both divisible by {self.groups}",
                (SetFields("Set groups to 1", (("groups", 1),)),),
            )

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = Weight("kernel", (*self.kernel_size, inputs[0][-1] // self.groups, self.filters))
        return (kernel, Weight("bias", (self.filters,))) if self.use_bias else (kernel,)

    def multiply_adds(self, inputs: Shapes) -> int:
        *positions, _ = self.output_shape(inputs)
        return prod(positions) * self.weight_shapes(inputs)[0].size

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        channels = str(inputs[0][-1]) if self.groups == 1 else f"{inputs[0][-1]}/{self.groups}"
        return (kernel_formula(self.kernel_size, channels, self.filters, self.use_bias, self.weight_shapes(inputs)),)


class SeparableConvolution(SlidingBlock, abstract=True):
    """Shared by the convolutions that are made of a depthwise and a 1×1 one."""

    leading_fields: ClassVar[tuple[str, ...]] = ("filters",)
    spelled_out: ClassVar[tuple[str, ...]] = ("filters", "kernel_size")
    equal_strides: ClassVar[bool] = True
    strides_with_dilation: ClassVar[bool] = True

    filters: Size = Field(32, description="Number of output channels.")
    depth_multiplier: Size = Field(1, description="Channels made from each input channel before they are mixed.")
    depthwise_initializer: InitializerName = Field("glorot_uniform", description="How the depthwise kernels start.")
    pointwise_initializer: InitializerName = Field("glorot_uniform", description="How the 1×1 kernels start.")
    depthwise_regularizer: L2Factor = Field(0.0, description="L2 factor on the depthwise kernels; 0 is off.")
    pointwise_regularizer: L2Factor = Field(0.0, description="L2 factor on the 1×1 kernels; 0 is off.")

    def settings_text(self) -> str:
        return f"{self.filters} · {super().settings_text()}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (*self.spatial_output(inputs[0]), self.filters)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels = inputs[0][-1]
        depthwise = Weight("depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier))
        pointwise = Weight(
            "pointwise_kernel", (*(1 for _ in self.kernel_size), channels * self.depth_multiplier, self.filters)
        )
        return (depthwise, pointwise, Weight("bias", (self.filters,))) if self.use_bias else (depthwise, pointwise)

    def multiply_adds(self, inputs: Shapes) -> int:
        *positions, _ = self.output_shape(inputs)
        depthwise, pointwise, *_bias = self.weight_shapes(inputs)
        return prod(positions) * (depthwise.size + pointwise.size)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        middle = inputs[0][-1] * self.depth_multiplier
        total = sum(weight.size for weight in self.weight_shapes(inputs))
        kernel = "·".join(str(k) for k in self.kernel_size)
        bias = f" + {self.filters}" if self.use_bias else ""
        return (f"{kernel}·{middle} + {middle}·{self.filters}{bias} = {total:,}",)

    def keras_arguments(self) -> dict[str, object]:
        return {
            **super().keras_arguments(),
            "depthwise_regularizer": l2_argument(self.depthwise_regularizer),
            "pointwise_regularizer": l2_argument(self.pointwise_regularizer),
        }

    def as_filters(self, kernel: Any) -> Any:
        """The depthwise kernels, each of which sees one channel: (height, width, 1, filters)."""
        return super().as_filters(kernel.reshape(*kernel.shape[:-2], 1, -1))


class DepthwiseConvolution(SlidingBlock, abstract=True):
    """Shared by the convolutions that leave the channels apart."""

    equal_strides: ClassVar[bool] = True
    strides_with_dilation: ClassVar[bool] = True

    depth_multiplier: Size = Field(1, description="Output channels made from each input channel.")
    depthwise_initializer: InitializerName = Field("glorot_uniform", description="How the kernels start.")
    depthwise_regularizer: L2Factor = Field(0.0, description="L2 factor: pulls the kernels towards zero; 0 is off.")

    def settings_text(self) -> str:
        base = super().settings_text()
        return base if self.depth_multiplier == 1 else f"×{self.depth_multiplier} · {base}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return (*self.spatial_output(shape), shape[-1] * self.depth_multiplier)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels = inputs[0][-1]
        kernel = Weight("kernel", (*self.kernel_size, channels, self.depth_multiplier))
        return (kernel, Weight("bias", (channels * self.depth_multiplier,))) if self.use_bias else (kernel,)

    def multiply_adds(self, inputs: Shapes) -> int:
        *positions, _ = self.output_shape(inputs)
        return prod(positions) * self.weight_shapes(inputs)[0].size

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        outputs = inputs[0][-1] * self.depth_multiplier
        total = sum(weight.size for weight in self.weight_shapes(inputs))
        kernel = "·".join(str(k) for k in self.kernel_size)
        one = f"({kernel} + 1)" if self.use_bias else kernel
        return (f"{one} · {outputs} = {total:,}",)

    def keras_arguments(self) -> dict[str, object]:
        return {**super().keras_arguments(), "depthwise_regularizer": l2_argument(self.depthwise_regularizer)}

    def as_filters(self, kernel: Any) -> Any:
        """Each kernel sees one channel: (height, width, channels, multiplier) → (height, width, 1, filters)."""
        return super().as_filters(kernel.reshape(*kernel.shape[:-2], 1, -1))

    def _channels_text(self, channels: int) -> str:
        return f"{channels} channels × depth_multiplier {self.depth_multiplier}"


class TransposedConvolution(FilterBlock, abstract=True):
    """Shared by the convolutions that run backwards, from the positions of the output to those of the input."""

    axis_fields: ClassVar[tuple[str, ...]] = (*FilterBlock.axis_fields, "output_padding")

    output_padding: tuple[NonNegativeSize, ...] | None = Field(None, description="Added at the far side of the output.")

    def shape_rule(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        self.check_strides()
        if self.output_padding and any(p >= s for p, s in zip(self.output_padding, self.strides, strict=True)):
            raise BlockProblem(
                f"output_padding {shape_text(self.output_padding)} with strides {shape_text(self.strides)}",
                "an output_padding smaller than the strides",
                (SetFields("Let output_padding be automatic", (("output_padding", None),)),),
            )
        spatial = tuple(self._axis_output(axis, size) for axis, size in enumerate(shape[:-1]))
        if min(spatial) < 1:  # "same" with an even kernel and no output padding shrinks one position to none
            raise BlockProblem(
                describe_extent(shape[:-1]),
                "an output of at least one position",
                (SetFields("Let output_padding be automatic", (("output_padding", None),)),),
            )
        return (*spatial, self.filters)

    def _axis_output(self, axis: int, size: int) -> int:
        """Output size along one axis: the rule of Keras 3, `backend.common.compute_conv_transpose_output_shape`."""
        stride = self.strides[axis]
        span = effective_kernel(self.kernel_size[axis], self.dilation_rate[axis])
        extra = self.output_padding[axis] if self.output_padding else None
        if self.padding == "valid":
            return (size - 1) * stride + span + (max(stride - span, 0) if extra is None else extra)
        return size * stride if extra is None else (size - 1) * stride + span % 2 + extra

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = Weight("kernel", (*self.kernel_size, self.filters, inputs[0][-1]))
        return (kernel, Weight("bias", (self.filters,))) if self.use_bias else (kernel,)

    def multiply_adds(self, inputs: Shapes) -> int:
        *positions, _ = inputs[0]
        return prod(positions) * self.weight_shapes(inputs)[0].size

    def window(self, inputs: Shapes) -> Window | None:
        """An output position is painted by ⌈span / stride⌉ input positions; the output grid is finer by the stride."""
        spans = (effective_kernel(k, d) for k, d in zip(self.kernel_size, self.dilation_rate, strict=True))
        kernel = tuple(ceil(span / s) for span, s in zip(spans, self.strides, strict=True))
        ones = (1,) * len(kernel)
        return Window(kernel, ones, ones, tuple(k - 1 for k in kernel), self.strides)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        lines = []
        for axis, size in enumerate(sizes):
            result = self._axis_output(axis, size)
            stride, span = self.strides[axis], effective_kernel(self.kernel_size[axis], self.dilation_rate[axis])
            if self.padding == "same" and self.output_padding is None:
                lines.append(f"{size} · {stride} = {result}")
            else:
                base = span if self.padding == "valid" else span % 2
                lines.append(f"({size} − 1)·{stride} + {base} + {result - (size - 1) * stride - base} = {result}")
        return (*per_axis(lines, sizes), f"one channel for each filter: {self.filters} channels")

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        channels = str(inputs[0][-1])
        return (kernel_formula(self.kernel_size, channels, self.filters, self.use_bias, self.weight_shapes(inputs)),)

    def as_filters(self, kernel: Any) -> Any:
        """Keras keeps this kernel as (height, width, filters, input channels)."""
        return super().as_filters(kernel.swapaxes(-1, -2))


class Conv2D(Sliding2D, Convolution):
    """Slides learned filters over its input and adds a bias."""


class SeparableConv2D(Sliding2D, SeparableConvolution):
    """A depthwise convolution, then a 1×1 convolution that mixes the channels: far fewer parameters."""


class DepthwiseConv2D(Sliding2D, DepthwiseConvolution):
    """Convolves every channel with kernels of its own, without mixing channels."""


class Conv2DTranspose(Sliding2D, TransposedConvolution):
    """Runs a convolution backwards to make a larger image: each input pixel paints its kernel into the output."""

    output_padding: tuple[NonNegativeSize, NonNegativeSize] | None = Field(
        None, description="Rows and columns added at the far side of the output; automatic when empty."
    )


class Conv1D(Sliding1D, Convolution):
    """Slides learned filters over the steps of a sequence."""


class SeparableConv1D(Sliding1D, SeparableConvolution):
    """A depthwise convolution over the steps, then one of length 1 that mixes the channels."""


class DepthwiseConv1D(Sliding1D, DepthwiseConvolution):
    """Convolves every channel of a sequence with kernels of its own, without mixing channels."""


class Conv1DTranspose(Sliding1D, TransposedConvolution):
    """Runs a convolution over a sequence backwards to make a longer one."""

    output_padding: Annotated[tuple[NonNegativeSize], for_axes(1)] | None = Field(
        None, description="Steps added at the end of the output; automatic when empty."
    )


class Conv3D(Sliding3D, Convolution):
    """Slides learned filters over a volume: scans, or the frames of a film."""


class Conv3DTranspose(Sliding3D, TransposedConvolution):
    """Runs a convolution over a volume backwards to make a larger one."""

    output_padding: tuple[NonNegativeSize, NonNegativeSize, NonNegativeSize] | None = Field(
        None, description="Planes, rows and columns added at the far side of the output; automatic when empty."
    )


def match_channels(filters: int, strides: tuple[int, int] = (1, 1)) -> Conv2D:
    """The 1×1 convolution that gives an image tensor `filters` channels (He et al. 2016, projection shortcut)."""
    return Conv2D(filters=filters, kernel_size=(1, 1), strides=strides)
