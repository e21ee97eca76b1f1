"""`Augmentation`: what an augmentation step does to batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import tensorflow as tf

from models.blocks import Shape
from models.data.steps import Step
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws

AUGMENTATIONS: dict[type[Step], type[Augmentation]] = {}
"""What does every augmentation step."""


class Augmentation(ABC):
    """An augmentation step for samples of one shape, which it keeps.

    A subclass gives `step_class` and works on whole batches: Python runs only while the graph is traced.

    Attributes:
        photometric: whether it changes values only, and takes them as 0 … 1.
        mixes: whether targets become shares of several classes.
    """

    step_class: ClassVar[type[Step] | None] = None
    photometric: ClassVar[bool] = False
    mixes: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls.step_class is not None:
            AUGMENTATIONS[cls.step_class] = cls

    def __init__(self, step: Any, shape: Shape) -> None:
        self.step = step
        self.shape = shape

    @abstractmethod
    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        """The batch, changed at random."""


def per_sample(values: Any, rank: int) -> Any:
    """(n,) numbers so that they meet each sample of a batch of that rank."""
    return tf.reshape(values, (-1, *(1,) * (rank - 1)))
