"""Where the data enters."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from models.blocks.base import Block, Family, Shapes
from models.blocks.shapes import Shape, shape_text, size_of

MAX_VALUES = 64_000_000
"""No input larger than this many values: 8,000×8,000 grey pixels."""


class Input(Block):
    """Feeds the data set's images into the network, resized to this shape."""

    family: ClassVar[Family] = Family.INPUT
    min_inputs: ClassVar[int] = 0
    max_inputs: ClassVar[int] = 0

    shape: Annotated[tuple[Annotated[PositiveInt, Field(le=65_536)], ...], Field(min_length=1, max_length=4)] = Field(
        (32, 32, 1), description="Height × width × channels of one image; 1 channel is grey, 3 are red, green and blue."
    )

    def settings_text(self) -> str:
        return shape_text(self.shape)

    def shape_rule(self, inputs: Shapes) -> Shape:
        return self.shape

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{shape_text(self.shape)} = {size_of(self.shape):,} values for each sample",)
