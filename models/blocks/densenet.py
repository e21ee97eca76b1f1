"""Blocks of DenseNet, after Huang, Liu, van der Maaten & Weinberger 2017, "Densely connected networks"."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock, Repeats
from models.blocks.fields import Size
from models.blocks.problems import SetFields


class DenseBlock(CompositeBlock):
    """Every layer sees what all layers before it gave, and adds a few channels (Huang et al. 2017, DenseNet-B)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    repeats: Repeats = Field(4, description="Number of layers; each is a 1×1 and a 3×3 convolution.")
    growth_rate: Annotated[Size, Field(le=10_000)] = Field(32, description="Channels that every layer adds.")

    def settings_text(self) -> str:
        return f"{self.repeats} × {self.growth_rate}"

    def build(self, x: Any, nn: Any) -> Any:
        for number in range(1, self.repeats + 1):
            new = nn.BatchNormalization(momentum=0.9, name=f"bn{number}_1")(x)
            new = nn.ReLU(name=f"relu{number}_1")(new)
            new = nn.Conv2D(4 * self.growth_rate, 1, use_bias=False, name=f"conv{number}_1")(new)
            new = nn.BatchNormalization(momentum=0.9, name=f"bn{number}_2")(new)
            new = nn.ReLU(name=f"relu{number}_2")(new)
            new = nn.Conv2D(self.growth_rate, 3, padding="same", use_bias=False, name=f"conv{number}_2")(new)
            x = nn.Concatenate(name=f"concat{number}")([x, new])
        return x


class TransitionLayer(CompositeBlock):
    """Fewer channels and half the size, between dense blocks (Huang et al. 2017, DenseNet-C)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    compression: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        0.5, description="Share of the channels that stays."
    )
    pool: bool = Field(True, description="Halve the image with 2×2 average pooling.")

    def settings_text(self) -> str:
        return f"{self.compression:g} of the channels{' · pool' if self.pool else ''}"

    def easier(self) -> tuple[SetFields, ...]:
        return (SetFields("Leave the pooling out", (("pool", False),)),)

    def build(self, x: Any, nn: Any) -> Any:
        channels = max(1, int(self.compression * x.shape[-1]))
        x = nn.BatchNormalization(momentum=0.9, name="bn")(x)
        x = nn.ReLU(name="relu")(x)
        x = nn.Conv2D(channels, 1, use_bias=False, name="conv")(x)
        return nn.AveragePooling2D(2, name="pool")(x) if self.pool else x
