"""The block of VGG, after Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale recognition"."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from models.blocks.composite import CompositeBlock, Repeats
from models.blocks.fields import Size
from models.blocks.problems import SetFields


class VGGBlock(CompositeBlock):
    """Several 3×3 convolutions with ReLU, then 2×2 max pooling (Simonyan & Zisserman 2015)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    convolutions: Repeats = Field(2, description="Number of 3×3 convolutions.")
    filters: Size = Field(64, description="Channels of every convolution.")
    pool: bool = Field(True, description="Halve the image with 2×2 max pooling at the end.")
    batch_normalization: bool = Field(False, description="Normalize between each convolution and its ReLU.")

    def settings_text(self) -> str:
        return f"{self.convolutions} × {self.filters}{' · pool' if self.pool else ''}"

    def easier(self) -> tuple[SetFields, ...]:
        return (SetFields("Leave the pooling out", (("pool", False),)),)

    def build(self, x: Any, nn: Any) -> Any:
        for number in range(1, self.convolutions + 1):
            if self.batch_normalization:
                x = nn.Conv2D(self.filters, 3, padding="same", use_bias=False, name=f"conv{number}")(x)
                x = nn.BatchNormalization(momentum=0.9, name=f"bn{number}")(x)
                x = nn.ReLU(name=f"relu{number}")(x)
            else:
                x = nn.Conv2D(self.filters, 3, padding="same", activation="relu", name=f"conv{number}")(x)
        return nn.MaxPooling2D(2, name="pool")(x) if self.pool else x
