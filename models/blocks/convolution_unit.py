"""The convolution with what usually follows it, and the dilated ones that look further at the same cost."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from models.blocks.composite import CompositeBlock, Repeats
from models.blocks.fields import Pair, Size, Triple
from models.blocks.problems import SetFields
from models.blocks.shapes import Padding, axes_text, shape_text


class ConvolutionUnit(CompositeBlock):
    """A convolution, batch normalization and an activation (Ioffe & Szegedy 2015)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Number of kernels, and so of output channels.")
    kernel_size: Pair = Field((3, 3), description="Height and width of the window that slides over the image.")
    strides: Pair = Field((1, 1), description="Steps the window moves down and right; 2 halves the output.")
    padding: Padding = Field("same", description='"same" keeps the size at stride 1, "valid" adds no zeros.')
    batch_normalization: bool = Field(True, description="Normalize behind the convolution, which then has no bias.")
    activation: Literal["relu", "relu6", "leaky_relu", "linear"] = Field(
        "relu", description="What follows; leaky_relu has slope 0.1 for negative values, as in YOLO."
    )

    def settings_text(self) -> str:
        stride = f" · stride {axes_text(self.strides)}" if max(self.strides) > 1 else ""
        return f"{self.filters} · {shape_text(self.kernel_size)}{stride}"

    def easier(self) -> tuple[SetFields, ...]:
        return (SetFields('Use padding "same"', (("padding", "same"),)),)

    def build(self, x: Any, nn: Any) -> Any:
        x = nn.Conv2D(
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            use_bias=not self.batch_normalization,
            name="conv",
        )(x)
        if self.batch_normalization:
            x = nn.BatchNormalization(momentum=0.9, name="bn")(x)
        if self.activation == "leaky_relu":
            return nn.LeakyReLU(negative_slope=0.1, name="activation")(x)
        if self.activation == "linear":
            return x
        return nn.Activation(self.activation, name="activation")(x)


class DilatedBlock(CompositeBlock):
    """Convolutions whose dilation doubles from one to the next: a wide view at full size (Yu & Koltun 2016)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    convolutions: Annotated[Repeats, Field(le=12)] = Field(
        4, description="Number of 3×3 convolutions; their taps stand 1, 2, 4, … pixels apart."
    )
    filters: Size = Field(32, description="Channels of every convolution.")

    def settings_text(self) -> str:
        return f"{self.convolutions} × {self.filters} · dilation 1 to {2 ** (self.convolutions - 1)}"

    def build(self, x: Any, nn: Any) -> Any:
        for number in range(self.convolutions):
            x = nn.Conv2D(
                self.filters, 3, padding="same", dilation_rate=2**number, use_bias=False, name=f"conv{number + 1}"
            )(x)
            x = nn.BatchNormalization(momentum=0.9, name=f"bn{number + 1}")(x)
            x = nn.ReLU(name=f"relu{number + 1}")(x)
        return x


class AtrousSpatialPyramidPooling(CompositeBlock):
    """Looks at several scales at once: a 1×1 and three dilated convolutions and the whole image (Chen et al. 2017)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels of every branch and of the output; DeepLab has 256.")
    rates: Triple = Field((6, 12, 18), description="Distance between the taps of the three 3×3 convolutions.")

    @property
    def label(self) -> str:
        return "ASPP"

    def settings_text(self) -> str:
        return f"{self.filters} · rates {', '.join(str(rate) for rate in self.rates)}"

    def build(self, x: Any, nn: Any) -> Any:
        height, width = x.shape[1], x.shape[2]
        point = nn.Conv2D(self.filters, 1, use_bias=False, name="point")(x)
        point = nn.BatchNormalization(momentum=0.9, name="point_bn")(point)
        branches = [nn.ReLU(name="point_relu")(point)]
        for number, rate in enumerate(self.rates):
            branch = nn.Conv2D(
                self.filters, 3, padding="same", dilation_rate=rate, use_bias=False, name=f"dilated{number + 1}"
            )(x)
            branch = nn.BatchNormalization(momentum=0.9, name=f"dilated{number + 1}_bn")(branch)
            branches.append(nn.ReLU(name=f"dilated{number + 1}_relu")(branch))
        image = nn.GlobalAveragePooling2D(keepdims=True, name="image_pool")(x)
        image = nn.Conv2D(self.filters, 1, use_bias=False, name="image")(image)
        image = nn.BatchNormalization(momentum=0.9, name="image_bn")(image)
        image = nn.ReLU(name="image_relu")(image)
        branches.append(nn.UpSampling2D((height, width), name="image_up")(image))
        x = nn.Concatenate(name="concat")(branches)
        x = nn.Conv2D(self.filters, 1, use_bias=False, name="project")(x)
        x = nn.BatchNormalization(momentum=0.9, name="project_bn")(x)
        return nn.ReLU(name="project_relu")(x)
