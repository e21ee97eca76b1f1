"""What the blocks share that work along the spatial axes: steps, or height and width, or depth, height and width."""

from __future__ import annotations

from typing import ClassVar

from models.blocks.base import Block


class SpatialBlock(Block, abstract=True):
    """Shared by the blocks that treat every spatial axis alike, however many there are.

    Class attributes:
        axis_fields: fields with one entry for each spatial axis.
    """

    input_ranks: ClassVar[tuple[int, ...]] = (3,)
    axis_fields: ClassVar[tuple[str, ...]] = ()

    def keras_arguments(self) -> dict[str, object]:
        """Keras's arguments; where there is one axis its entry itself, as in `Conv1D(8, 3)`."""
        arguments = super().keras_arguments()
        for name in self.axis_fields:
            value = arguments[name]
            if isinstance(value, tuple) and len(value) == 1:
                arguments[name] = value[0]
        return arguments
