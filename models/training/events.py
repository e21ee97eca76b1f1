"""What an engine tells. Frozen values; arrays in them are copies that nobody changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.data.facts import DataFacts
from models.data.preparation import Preparation
from models.network.graph import Network

Floats = npt.NDArray[np.float32]
EndReason = Literal["finished", "stopped", "diverged"]


@dataclass(frozen=True)
class Ready:
    """The engine has loaded TensorFlow.

    Attributes:
        device: what computes, in words: `CPU · 2 cores`, `GPU · NVIDIA T4 · 15 GB`.
        gpu: whether a GPU is used.
        reason: why not, when it is not.
        versions: of TensorFlow and Keras.
        memory: bytes of its memory, 0 where that is not known.
    """

    device: str
    gpu: bool
    reason: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0


@dataclass(frozen=True)
class Built:
    """The model of a network is there; `kept` names the nodes that kept trained weights."""

    network: Network
    parameters: int
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrainingStarted:
    """A run begins.

    Attributes:
        loss, metric: what the curves show, in Keras's words.
    """

    run_id: str
    network: Network
    facts: DataFacts
    epochs: int
    steps_per_epoch: int
    training_images: int
    held_out_images: int
    loss: str
    metric: str
    run_dir: str | None = None
    first_epoch: int = 0


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


@dataclass(frozen=True, eq=False)
class BatchesDone:
    """A few steps were taken.

    Attributes:
        epoch: counted from 0.
        step: steps taken in this epoch so far.
        losses, metrics: one value for each of these steps, oldest first.
        images_per_second: over the last seconds.
    """

    run_id: str
    epoch: int
    step: int
    losses: Floats
    metrics: Floats
    images_per_second: float


@dataclass(frozen=True)
class EpochDone:
    """An epoch ended; `held_out_*` are None where nothing is held out. `epoch` is counted from 0."""

    run_id: str
    epoch: int
    loss: float
    metric: float
    held_out_loss: float | None
    held_out_metric: float | None
    seconds: float


@dataclass(frozen=True)
class Paused:
    run_id: str


@dataclass(frozen=True)
class Resumed:
    run_id: str


@dataclass(frozen=True)
class TrainingDone:
    """A run ended; its weights stay in the engine.

    Attributes:
        reason: ended by itself, by the user, or because the loss was no longer finite.
        message: one sentence for the user.
        epochs: how many were completed.
        held_out_loss, held_out_metric: measured on the weights as they are now.
    """

    run_id: str
    reason: EndReason
    message: str
    epochs: int
    held_out_loss: float | None = None
    held_out_metric: float | None = None
    run_dir: str | None = None


@dataclass(frozen=True, eq=False)
class Probed:
    """Feature maps and filters at one moment.

    Attributes:
        strips: per node, its first channels: (height, width, channels); a vector is (1, values, 1).
        maps: the selected node's channels (height, width, channels), of more than 1,024 the first ones; None when none
            is selected.
        filters: the selected node's kernel (height, width, input channels, filters), None when it has none.
        prediction: the output for the probe.
    """

    network: Network
    selected: str | None
    strips: Mapping[str, Floats]
    maps: Floats | None
    filters: Floats | None
    prediction: Floats
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The model measured on held-out samples; `confusion[i, j]` counts samples of class i taken for class j."""

    loss: float
    metric: float
    images: int
    confusion: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    part: Literal["validation", "test"] = "validation"


@dataclass(frozen=True, eq=False)
class Predicted:
    """Probabilities of one image, one for each class."""

    probabilities: Floats
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Exported:
    """A model was written, loaded again and compared.

    Attributes:
        largest_difference: between the live model's outputs and the loaded one's, over `images` real inputs.
        preprocessing: whether the preprocessing is inside, so that it takes samples as they are stored.
    """

    format: str
    path: str
    largest_difference: float
    images: int
    preprocessing: bool = False


@dataclass(frozen=True)
class Failed:
    """Something asked for did not work.

    Attributes:
        what: the command, in words: `Training`, `Export`.
        message: what was received, what was expected, how to fix it.
        details: the traceback, for the log only.
        run_id: the run that ends with it, if one does.
    """

    what: str
    message: str
    details: str = ""
    run_id: str | None = None


Event = (
    Ready | Built | TrainingStarted | BatchesDone | EpochDone | Paused | Resumed | TrainingDone
    | Probed | Evaluated | Predicted | BatchPreviewed | Exported | Failed
    | DataPlanned | DataSpeed | SamplesLost | StatisticsMeasured
)  # fmt: skip
