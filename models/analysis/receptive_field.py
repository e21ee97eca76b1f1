"""Receptive fields: how much of the input one output value depends on.

The recurrences are those of Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks",
extended by an upsampling factor; where branches meet, the union counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from models.blocks import Window

Length = int | Fraction
"""Input positions: whole until something upsamples, which is the rare case and the slow arithmetic."""


class Field(NamedTuple):
    """The input interval seen by output 0 along one axis.

    Attributes:
        size: input positions seen (1 for a pixel of the input itself).
        jump: input positions between neighbouring outputs.
        start: first position seen by output 0; negative where padding is seen.
        base, grid: size and jump before the last upsampling, whose outputs see whole steps of that grid and no less.
    """

    size: Length = 1
    jump: Length = 1
    start: Length = 0
    base: Length = 1
    grid: Length = 1

    @property
    def whole(self) -> Length:
        """The size where outputs lie least favourably: rounded up to whole steps of the grid."""
        return self.base - (self.base - self.size) // self.grid * self.grid

    @property
    def pixels(self) -> int:
        return ceil(self.whole)


def through(field: Field, window: Window, axis: int) -> Field:
    """The field behind a window, along one axis."""
    kernel, stride = window.kernel[axis], window.strides[axis]
    span = window.dilation[axis] * (kernel - 1)
    upsampling = window.upsampling[axis] if window.upsampling else 1
    size = field.size + span * field.jump
    jump = field.jump * stride
    start = field.start - window.padding[axis] * field.jump
    if upsampling == 1:
        return Field(size, jump, start, field.base, field.grid)
    whole = Field(size, jump, start, field.base, field.grid).whole
    return Field(whole, Fraction(jump) / upsampling, start, whole, max(field.jump, field.grid))


def union(fields: Sequence[Field]) -> Field:
    """The field of a value that depends on several: from the first start to the last end."""
    if len(fields) == 1:
        return fields[0]
    start = min([field.start for field in fields])
    end = max([field.start + field.whole for field in fields])
    grid = max([field.grid for field in fields])
    return Field(end - start, max([field.jump for field in fields]), start, end - start, grid)
