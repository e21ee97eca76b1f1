"""`Operation`: what a preprocessing step does to tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from models.blocks import Shape
from models.data.steps import Step

Range = tuple[float, float] | None
"""The lowest and the highest value that samples can have; None where that is not known."""

OPERATIONS: dict[type[Step], type[Operation]] = {}
"""The operation of every preprocessing step."""


@dataclass(frozen=True)
class Place:
    """Where a step stands in the chain.

    Attributes:
        shape: of the samples that arrive, as far as the data set's most common shape tells.
        target: of the network's Input.
        white: the largest value that stored samples can have, 0 where there is none.
        value_range: of the samples that arrive.
    """

    shape: Shape
    target: Shape
    white: float
    value_range: Range


class Operation(ABC):
    """A preprocessing step at its place.

    It works on batches (samples, …), of which height, width and channels may be unknown while a graph is traced. A
    subclass gives `step_class` and `__call__`; one that moves pixels also `mask` and `boxes`.
    """

    step_class: ClassVar[type[Step]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        OPERATIONS[cls.step_class] = cls

    def __init__(self, step: Any, place: Place) -> None:
        self.step = step
        self.place = place

    @property
    def output_shape(self) -> Shape:
        shape: Shape = self.step.output_shape(self.place.shape, self.place.target)
        return shape

    @property
    def output_range(self) -> Range:
        """The range of values behind this step."""
        return self.place.value_range

    @abstractmethod
    def __call__(self, batch: Any) -> Any:
        """The samples behind this step: numbers in, numbers out, in eager code and in graphs."""

    def layers(self, batch: Any) -> Any:
        """The same on a symbolic tensor, of Keras's own layers and operations, so that the model needs Keras alone."""
        return self(batch)

    def mask(self, masks: Any) -> Any:
        """Masks (samples, height, width, 1) behind this step; classes are never mixed."""
        return masks

    def boxes(self, boxes: Any, height: Any, width: Any) -> tuple[Any, Any, Any]:
        """Corners (objects, 4) behind this step, not yet cut at the edges, with the image's new height and width."""
        return boxes, height, width
