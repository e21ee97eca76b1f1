"""Residual blocks, after He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition"."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock
from models.blocks.fields import Size


class ResidualBlock(CompositeBlock):
    """Two 3×3 convolutions and a shortcut around them (He et al. 2016, fig. 2)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels that the block gives.")
    strides: Size = Field(1, description="Stride of the first convolution and of the shortcut; 2 halves the image.")

    def settings_text(self) -> str:
        return f"{self.filters}" if self.strides == 1 else f"{self.filters} · stride {self.strides}"

    def build(self, x: Any, nn: Any) -> Any:
        shortcut = x
        if self.strides > 1 or x.shape[-1] != self.filters:
            shortcut = nn.Conv2D(self.filters, 1, strides=self.strides, use_bias=False, name="shortcut")(x)
            shortcut = nn.BatchNormalization(momentum=0.9, name="shortcut_bn")(shortcut)
        x = nn.Conv2D(self.filters, 3, strides=self.strides, padding="same", use_bias=False, name="conv1")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn1")(x)
        x = nn.ReLU(name="relu1")(x)
        x = nn.Conv2D(self.filters, 3, padding="same", use_bias=False, name="conv2")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn2")(x)
        x = nn.Add(name="add")([shortcut, x])
        return nn.ReLU(name="relu2")(x)


class BottleneckBlock(CompositeBlock):
    """1×1, 3×3 and 1×1 convolutions with few channels in the middle, and a shortcut (He et al. 2016, fig. 5)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels of the first two convolutions.")
    strides: Size = Field(1, description="Stride of the block and of its shortcut; 2 halves the image.")
    expansion: Annotated[Size, Field(le=1000)] = Field(4, description="Output channels for each of the filters.")
    strides_in_3x3: bool = Field(
        False,
        description="Let the 3×3 convolution take the stride (ResNet v1.5) instead of the first, as in the paper.",
    )

    def settings_text(self) -> str:
        text = f"{self.filters} → {self.filters * self.expansion}"
        return text if self.strides == 1 else f"{text} · stride {self.strides}"

    def build(self, x: Any, nn: Any) -> Any:
        shortcut = x
        channels = self.expansion * self.filters
        if self.strides > 1 or x.shape[-1] != channels:
            shortcut = nn.Conv2D(channels, 1, strides=self.strides, use_bias=False, name="shortcut")(x)
            shortcut = nn.BatchNormalization(momentum=0.9, name="shortcut_bn")(shortcut)
        first, second = (1, self.strides) if self.strides_in_3x3 else (self.strides, 1)
        x = nn.Conv2D(self.filters, 1, strides=first, use_bias=False, name="conv1")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn1")(x)
        x = nn.ReLU(name="relu1")(x)
        x = nn.Conv2D(self.filters, 3, strides=second, padding="same", use_bias=False, name="conv2")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn2")(x)
        x = nn.ReLU(name="relu2")(x)
        x = nn.Conv2D(channels, 1, use_bias=False, name="conv3")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn3")(x)
        x = nn.Add(name="add")([shortcut, x])
        return nn.ReLU(name="relu3")(x)


class PlainBlock(CompositeBlock):
    """A residual block without its shortcut: what residual networks are compared with (He et al. 2016)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels that the block gives.")
    strides: Size = Field(1, description="Stride of the first convolution; 2 halves the image.")

    def settings_text(self) -> str:
        return f"{self.filters}" if self.strides == 1 else f"{self.filters} · stride {self.strides}"

    def build(self, x: Any, nn: Any) -> Any:
        x = nn.Conv2D(self.filters, 3, strides=self.strides, padding="same", use_bias=False, name="conv1")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn1")(x)
        x = nn.ReLU(name="relu1")(x)
        x = nn.Conv2D(self.filters, 3, padding="same", use_bias=False, name="conv2")(x)
        x = nn.BatchNormalization(momentum=0.9, name="bn2")(x)
        return nn.ReLU(name="relu2")(x)
