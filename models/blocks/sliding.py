"""What the convolutions share: a kernel that slides over the input, its fields and the checks of their combination."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Family, Shapes, Weight, Window
from models.blocks.fields import (
    ActivationName,
    Axes,
    InitializerName,
    L2Factor,
    Pair,
    Single,
    Size,
    Triple,
    l2_argument,
)
from models.blocks.problems import BlockProblem, Repair, SetFields
from models.blocks.shapes import (
    Padding,
    Shape,
    axes_text,
    describe_extent,
    effective_kernel,
    per_axis,
    same_padding,
    shape_text,
    window_formula,
    window_output,
)
from models.blocks.spatial import SpatialBlock


class SlidingBlock(SpatialBlock, abstract=True):
    """Shared by the blocks whose kernel slides over their input: fields, window and the checks of their combination.

    `Sliding1D`, `Sliding2D` and `Sliding3D` say over how many axes.
    """

    family: ClassVar[Family] = Family.CONVOLUTION
    spelled_out: ClassVar[tuple[str, ...]] = ("kernel_size",)
    axis_fields: ClassVar[tuple[str, ...]] = ("kernel_size", "strides", "dilation_rate")
    has_filters: ClassVar[bool] = True
    equal_strides: ClassVar[bool] = False
    strides_with_dilation: ClassVar[bool] = False

    kernel_size: Axes = Field(description="Size of the window that slides over the input.")
    strides: Axes = Field(description="Steps the window moves.")
    padding: Padding = Field(
        "valid", description='"valid" adds nothing; "same" adds zeros so that stride 1 keeps the size.'
    )
    dilation_rate: Axes = Field(description="Distance between the kernel's taps.")
    activation: ActivationName = Field("linear", description="Function applied to every output value.")
    use_bias: bool = Field(True, description="Add one learned number to every output channel.")

    def settings_text(self) -> str:
        parts = [shape_text(self.kernel_size)]
        if max(self.strides) > 1:
            parts.append(f"stride {axes_text(self.strides)}")
        if max(self.dilation_rate) > 1:
            parts.append(f"dilation {axes_text(self.dilation_rate)}")
        if self.padding != "valid":
            parts.append(self.padding)
        if self.activation != "linear":
            parts.append(self.activation)
        return " · ".join(parts)

    @property
    def output_activation(self) -> str | None:
        return None if self.activation == "linear" else self.activation

    def spatial_output(self, shape: Shape) -> Shape:
        """The output without its channels; raises BlockProblem when stride, dilation or size do not go together."""
        self.check_strides()
        axes = zip(shape[:-1], self.kernel_size, self.strides, self.dilation_rate, strict=True)
        output = tuple(window_output(n, k, s, self.padding, d) for n, k, s, d in axes)
        if min(output) < 1:
            raise self._too_small(shape)
        return output

    def check_strides(self) -> None:
        """Raise BlockProblem where strides and dilation do not go together."""
        if not self.strides_with_dilation and max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise BlockProblem(
                f"strides {axes_text(self.strides)} with dilation_rate {axes_text(self.dilation_rate)}",
                "only one of the two above 1 (a rule of Keras)",
                (
                    SetFields("Set strides to 1", (("strides", 1),)),
                    SetFields("Set dilation_rate to 1", (("dilation_rate", 1),)),
                ),
            )
        if self.equal_strides and len(set(self.strides)) > 1:
            smallest = min(self.strides)
            raise BlockProblem(
                f"strides {shape_text(self.strides)}",
                "the same stride down and right (a rule of TensorFlow for depthwise convolutions)",
                (SetFields(f"Set strides to {smallest}×{smallest}", (("strides", smallest),)),),
            )

    def _too_small(self, shape: Shape) -> BlockProblem:
        spans = tuple(effective_kernel(k, d) for k, d in zip(self.kernel_size, self.dilation_rate, strict=True))
        fitting = tuple(min(k, n) for k, n in zip(self.kernel_size, shape[:-1], strict=True))
        repairs: list[Repair] = [
            SetFields('Use padding "same"', (("padding", "same"),)),
            SetFields(f"Shrink the kernel to {shape_text(fitting)}", (("kernel_size", fitting), ("dilation_rate", 1))),
            self._removal(),
        ]
        return BlockProblem(
            describe_extent(shape[:-1]),
            f"at least {shape_text(spans)}, the span of the kernel",
            tuple(repairs),
        )

    def window(self, inputs: Shapes) -> Window | None:
        padding: tuple[int, ...] = (0,) * len(self.kernel_size)
        if self.padding == "same":
            axes = zip(inputs[0][:-1], self.kernel_size, self.strides, self.dilation_rate, strict=True)
            padding = tuple(same_padding(*axis)[0] for axis in axes)
        return Window(self.kernel_size, self.strides, self.dilation_rate, padding)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        sizes = inputs[0][:-1]
        axes = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        lines = [window_formula(n, k, s, self.padding, d) for n, k, s, d in axes]
        channels = self.output_shape(inputs)[-1]
        return (*per_axis(lines, sizes), f"{self._channels_text(inputs[0][-1])}: {channels} channels")

    def _channels_text(self, channels: int) -> str:
        return "one channel for each filter"


class FilterBlock(SlidingBlock, abstract=True):
    """Shared by the convolutions that have a number of filters and one kernel."""

    leading_fields: ClassVar[tuple[str, ...]] = ("filters",)
    spelled_out: ClassVar[tuple[str, ...]] = ("filters", "kernel_size")

    filters: Size = Field(32, description="Number of kernels, and so of output channels.")
    kernel_initializer: InitializerName = Field("glorot_uniform", description="How the kernels start.")
    kernel_regularizer: L2Factor = Field(0.0, description="L2 factor: pulls the kernels towards zero; 0 is off.")

    def settings_text(self) -> str:
        return f"{self.filters} · {super().settings_text()}"

    def keras_arguments(self) -> dict[str, object]:
        return {**super().keras_arguments(), "kernel_regularizer": l2_argument(self.kernel_regularizer)}


class Sliding1D(SlidingBlock, abstract=True):
    """A kernel that slides over the steps of a sequence."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)

    kernel_size: Single = Field((3,), description="Length of the window that slides over the steps.")
    strides: Single = Field((1,), description="Steps the window moves; 2 halves the output.")
    dilation_rate: Single = Field((1,), description="Distance between the kernel's taps; 2 leaves gaps of one step.")


class Sliding2D(SlidingBlock, abstract=True):
    """A kernel that slides over an image."""

    kernel_size: Pair = Field((3, 3), description="Height and width of the window that slides over the image.")
    strides: Pair = Field((1, 1), description="Steps the window moves down and right; 2 halves the output.")
    dilation_rate: Pair = Field((1, 1), description="Distance between the kernel's taps; 2 leaves gaps of one pixel.")


class Sliding3D(SlidingBlock, abstract=True):
    """A kernel that slides over a volume."""

    input_ranks: ClassVar[tuple[int, ...]] = (4,)

    kernel_size: Triple = Field((3, 3, 3), description="Depth, height and width of the window that slides.")
    strides: Triple = Field((1, 1, 1), description="Steps the window moves back, down and right; 2 halves the output.")
    dilation_rate: Triple = Field((1, 1, 1), description="Distance between the kernel's taps; 2 leaves gaps of one.")


def kernel_formula(kernel: Axes, channels: str, filters: int, use_bias: bool, weights: tuple[Weight, ...]) -> str:
    """`(5·5·1 + 1) · 6 = 156`. A transposed convolution has its bias per filter as well, so the same words serve."""
    product = "·".join((*map(str, kernel), channels))
    one = f"({product} + 1)" if use_bias else product
    return f"{one} · {filters} = {sum(weight.size for weight in weights):,}"
