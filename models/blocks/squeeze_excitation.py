"""Attention over channels, after Hu, Shen & Sun 2018, "Squeeze-and-excitation networks"."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock
from models.blocks.fields import Size


class SqueezeExcitation(CompositeBlock):
    """Weighs every channel by a number between 0 and 1 that all channels together decide (Hu et al. 2018)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    ratio: Size = Field(16, description="The bottleneck has the channels divided by this, and at least one unit.")

    def settings_text(self) -> str:
        return f"1/{self.ratio} of the channels"

    def build(self, x: Any, nn: Any) -> Any:
        channels = x.shape[-1]
        weights = nn.GlobalAveragePooling2D(name="squeeze")(x)
        weights = nn.Dense(max(1, channels // self.ratio), activation="relu", name="reduce")(weights)
        weights = nn.Dense(channels, activation="sigmoid", name="excite")(weights)
        weights = nn.Reshape((1, 1, channels), name="reshape")(weights)
        return nn.Multiply(name="scale")([x, weights])
