"""Inception modules, after Szegedy et al. 2015, "Going deeper with convolutions"."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock
from models.blocks.fields import Size


class NaiveInceptionModule(CompositeBlock):
    """1×1, 3×3 and 5×5 convolutions and max pooling side by side (Szegedy et al. 2015, fig. 2a)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters_1x1: Size = Field(64, description="Channels of the 1×1 convolution.")
    filters_3x3: Size = Field(128, description="Channels of the 3×3 convolution.")
    filters_5x5: Size = Field(32, description="Channels of the 5×5 convolution.")

    def settings_text(self) -> str:
        return f"{self.filters_1x1}, {self.filters_3x3}, {self.filters_5x5}"

    def build(self, x: Any, nn: Any) -> Any:
        point = nn.Conv2D(self.filters_1x1, 1, activation="relu", name="conv1x1")(x)
        small = nn.Conv2D(self.filters_3x3, 3, padding="same", activation="relu", name="conv3x3")(x)
        large = nn.Conv2D(self.filters_5x5, 5, padding="same", activation="relu", name="conv5x5")(x)
        pooled = nn.MaxPooling2D(3, strides=1, padding="same", name="pool")(x)
        return nn.Concatenate(name="concat")([point, small, large, pooled])


class InceptionModule(CompositeBlock):
    """Four branches side by side, with 1×1 bottlenecks that keep them cheap (Szegedy et al. 2015, fig. 2b)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters_1x1: Size = Field(64, description="Channels of the 1×1 convolution.")
    reduce_3x3: Size = Field(96, description="Channels of the 1×1 bottleneck before the 3×3 convolution.")
    filters_3x3: Size = Field(128, description="Channels of the 3×3 convolution.")
    reduce_5x5: Size = Field(16, description="Channels of the 1×1 bottleneck before the 5×5 convolution.")
    filters_5x5: Size = Field(32, description="Channels of the 5×5 convolution.")
    pool_projection: Size = Field(32, description="Channels of the 1×1 convolution behind the pooling.")

    def settings_text(self) -> str:
        return f"{self.filters_1x1}, {self.filters_3x3}, {self.filters_5x5}, {self.pool_projection}"

    def build(self, x: Any, nn: Any) -> Any:
        point = nn.Conv2D(self.filters_1x1, 1, activation="relu", name="conv1x1")(x)
        small = nn.Conv2D(self.reduce_3x3, 1, activation="relu", name="reduce3x3")(x)
        small = nn.Conv2D(self.filters_3x3, 3, padding="same", activation="relu", name="conv3x3")(small)
        large = nn.Conv2D(self.reduce_5x5, 1, activation="relu", name="reduce5x5")(x)
        large = nn.Conv2D(self.filters_5x5, 5, padding="same", activation="relu", name="conv5x5")(large)
        pooled = nn.MaxPooling2D(3, strides=1, padding="same", name="pool")(x)
        pooled = nn.Conv2D(self.pool_projection, 1, activation="relu", name="project")(pooled)
        return nn.Concatenate(name="concat")([point, small, large, pooled])
