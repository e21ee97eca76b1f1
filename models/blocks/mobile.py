"""Blocks of networks for small devices: MobileNet V1 and V2, ShuffleNet V2, SqueezeNet."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock
from models.blocks.fields import Size
from models.blocks.problems import SetFields


class DepthwiseSeparableBlock(CompositeBlock):
    """A depthwise 3×3 and a 1×1 convolution, each with batch normalization and ReLU (Howard et al. 2017, fig. 3)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels that the 1×1 convolution gives.")
    strides: Size = Field(1, description="Stride of the depthwise convolution; 2 halves the image.")

    def settings_text(self) -> str:
        return f"{self.filters}" if self.strides == 1 else f"{self.filters} · stride {self.strides}"

    def build(self, x: Any, nn: Any) -> Any:
        x = nn.DepthwiseConv2D(3, strides=self.strides, padding="same", use_bias=False, name="depthwise")(x)
        x = nn.BatchNormalization(momentum=0.9, name="depthwise_bn")(x)
        x = nn.ReLU(name="depthwise_relu")(x)
        x = nn.Conv2D(self.filters, 1, use_bias=False, name="pointwise")(x)
        x = nn.BatchNormalization(momentum=0.9, name="pointwise_bn")(x)
        return nn.ReLU(name="pointwise_relu")(x)


class InvertedResidual(CompositeBlock):
    """Widens, convolves depthwise and narrows again, with a shortcut between the narrow ends (Sandler et al. 2018)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(32, description="Channels that the block gives; a linear bottleneck.")
    strides: Size = Field(1, description="Stride of the depthwise convolution; 2 halves the image.")
    expansion: Annotated[Size, Field(le=1000)] = Field(6, description="Inner channels for each input channel.")

    def settings_text(self) -> str:
        text = f"{self.filters} · expansion {self.expansion}"
        return text if self.strides == 1 else f"{text} · stride {self.strides}"

    def build(self, x: Any, nn: Any) -> Any:
        shortcut = x
        if self.expansion > 1:
            x = nn.Conv2D(self.expansion * shortcut.shape[-1], 1, use_bias=False, name="expand")(x)
            x = nn.BatchNormalization(momentum=0.9, name="expand_bn")(x)
            x = nn.ReLU(max_value=6.0, name="expand_relu")(x)
        x = nn.DepthwiseConv2D(3, strides=self.strides, padding="same", use_bias=False, name="depthwise")(x)
        x = nn.BatchNormalization(momentum=0.9, name="depthwise_bn")(x)
        x = nn.ReLU(max_value=6.0, name="depthwise_relu")(x)
        x = nn.Conv2D(self.filters, 1, use_bias=False, name="project")(x)
        x = nn.BatchNormalization(momentum=0.9, name="project_bn")(x)
        if self.strides == 1 and shortcut.shape[-1] == self.filters:
            x = nn.Add(name="add")([shortcut, x])
        return x


class ShuffleUnit(CompositeBlock):
    """Convolves half of the channels, passes the others by, and shuffles them (Ma et al. 2018, fig. 3c and d).

    Where the stride or the number of channels changes, nothing can pass by, and both halves are convolved.
    """

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels that the unit gives; an even number.")
    strides: Size = Field(1, description="Stride of the depthwise convolutions; 2 halves the image.")

    def settings_text(self) -> str:
        return f"{self.filters}" if self.strides == 1 else f"{self.filters} · stride {self.strides}"

    def easier(self) -> tuple[SetFields, ...]:
        even = self.filters + self.filters % 2
        return (SetFields(f"Set filters to {even}", (("filters", even),)),)

    def build(self, x: Any, nn: Any) -> Any:
        half = self.filters // 2
        if self.strides == 1 and x.shape[-1] == self.filters:
            passing, x = nn.ChannelSplit(name="split")(x)
        else:
            passing = nn.DepthwiseConv2D(3, strides=self.strides, padding="same", use_bias=False, name="left")(x)
            passing = nn.BatchNormalization(momentum=0.9, name="left_bn")(passing)
            passing = nn.Conv2D(self.filters - half, 1, use_bias=False, name="left_point")(passing)
            passing = nn.BatchNormalization(momentum=0.9, name="left_point_bn")(passing)
            passing = nn.ReLU(name="left_relu")(passing)
        x = nn.Conv2D(half, 1, use_bias=False, name="conv1")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn1")(x)
        x = nn.ReLU(name="relu1")(x)
        x = nn.DepthwiseConv2D(3, strides=self.strides, padding="same", use_bias=False, name="depthwise")(x)
        x = nn.BatchNormalization(momentum=0.9, name="depthwise_bn")(x)
        x = nn.Conv2D(half, 1, use_bias=False, name="conv2")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn2")(x)
        x = nn.ReLU(name="relu2")(x)
        x = nn.Concatenate(name="concat")([passing, x])
        return nn.ChannelShuffle(2, name="shuffle")(x)


class FireModule(CompositeBlock):
    """Squeezes the channels with 1×1 convolutions, then expands them with 1×1 and 3×3 ones (Iandola et al. 2016)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    squeeze: Size = Field(16, description="Channels of the squeezing 1×1 convolution.")
    expand_1x1: Size = Field(64, description="Channels of the expanding 1×1 convolution.")
    expand_3x3: Size = Field(64, description="Channels of the expanding 3×3 convolution.")

    def settings_text(self) -> str:
        return f"{self.squeeze} → {self.expand_1x1} + {self.expand_3x3}"

    def build(self, x: Any, nn: Any) -> Any:
        x = nn.Conv2D(self.squeeze, 1, activation="relu", name="squeeze")(x)
        point = nn.Conv2D(self.expand_1x1, 1, activation="relu", name="expand1x1")(x)
        small = nn.Conv2D(self.expand_3x3, 3, padding="same", activation="relu", name="expand3x3")(x)
        return nn.Concatenate(name="concat")([point, small])
