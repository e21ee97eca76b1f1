"""What an engine tells of the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.data.preparation import Preparation
from models.training.events.arrays import Floats


@dataclass(frozen=True)
class DataPlanned:
    """Where a run's prepared samples are kept.

    Attributes:
        place: "memory", "disk", or "stream" where they are prepared anew in every epoch.
        size: bytes they take there.
        text: in words: `cached in memory, 312 MB`.
    """

    run_id: str
    place: Literal["memory", "disk", "stream"]
    size: int
    text: str


@dataclass(frozen=True)
class DataSpeed:
    """Samples per second that the data can give, and that the model takes when it need not wait."""

    run_id: str
    data: float
    model: float

    @property
    def is_bottleneck(self) -> bool:
        return self.data < self.model

    @property
    def text(self) -> str:
        """`data 9,100/s, model 4,300/s: data is not the bottleneck`."""
        verdict = "data is the bottleneck" if self.is_bottleneck else "data is not the bottleneck"
        return f"data {self.data:,.0f}/s, model {self.model:,.0f}/s: {verdict}"


@dataclass(frozen=True)
class SamplesLost:
    """Samples that could not be read while training, with the reasons, as `name: reason`. Training goes on without."""

    run_id: str
    lost: tuple[str, ...]


@dataclass(frozen=True)
class StatisticsMeasured:
    """The preparation with the statistics that its steps need, measured on the training samples."""

    before: Preparation
    after: Preparation


@dataclass(frozen=True, eq=False)
class BatchPreviewed:
    """One batch exactly as the network would get it.

    Attributes:
        indices: which samples.
        names: what they are called.
        originals: each as stored, uint8 or float32, of its own size.
        inputs: what the network gets: float32 (samples, …).
        targets: the share of each class (samples, classes); more than one class after mixup and cutmix.
        original_masks, masks: (height, width) of classes, before and after; empty where there are none.
        original_boxes, boxes: (objects, 5) top, left, bottom, right, class, before and after; empty likewise.
        class_names: of the classes.
        low, high: values that stand for black and white in `inputs`.
        lost: samples of the batch that could not be read, as `name: reason`.
    """

    indices: npt.NDArray[np.int64]
    names: tuple[str, ...]
    originals: tuple[npt.NDArray[np.generic], ...]
    inputs: Floats
    targets: Floats
    class_names: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0
    original_masks: tuple[npt.NDArray[np.generic], ...] = ()
    masks: tuple[npt.NDArray[np.generic], ...] = ()
    original_boxes: tuple[Floats, ...] = ()
    boxes: tuple[Floats, ...] = ()
    lost: tuple[str, ...] = ()
