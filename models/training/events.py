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
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.remedies import Remedy

Floats = npt.NDArray[np.float32]
EndReason = Literal["finished", "stopped", "diverged"]
NO_VALUES: Floats = np.zeros(0, np.float32)


@dataclass(frozen=True)
class Device:
    """Something that can compute.

    Attributes:
        name: as TensorFlow calls it: `CPU:0`, `GPU:1`.
        text: for people: `NVIDIA T4 · 15 GB`.
        memory: bytes, 0 where that is not known.
    """

    name: str
    text: str
    memory: int = 0


@dataclass(frozen=True)
class Ready:
    """The engine has loaded TensorFlow.

    Attributes:
        device: what computes, in words: `CPU · 2 cores`, `GPU · NVIDIA T4 · 15 GB`.
        gpu: whether a GPU is used.
        reason: why not, when it is not; or why not what was chosen.
        versions: of TensorFlow and Keras.
        memory: bytes of its memory, 0 where that is not known.
        devices: all that could compute, for a choice among them.
        used: those of them, by their names, that compute.
    """

    device: str
    gpu: bool
    reason: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0
    devices: tuple[Device, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """The model of a network is there; `kept` names the nodes that kept trained weights."""

    network: Network
    parameters: int
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrainingStarted:
    """A run begins, or goes on.

    Attributes:
        epochs: still to be done, the one under way included.
        loss, metric: what the curves show, in Keras's words.
        first_epoch, first_step: where it goes on, 0 for a new one: epochs and steps that lie behind. Whatever a log
            holds behind that step is void.
        step_in_epoch: steps of the first epoch that lie behind.
        plan: as it is trained.
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
    first_step: int = 0
    step_in_epoch: int = 0
    plan: TrainingPlan = DEFAULT_PLAN


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
        learning_rates: of these steps; empty where nobody knows them.
        gradient_norms: of all gradients together, before they are clipped, of these steps; empty likewise.
    """

    run_id: str
    epoch: int
    step: int
    losses: Floats
    metrics: Floats
    images_per_second: float
    learning_rates: Floats = field(default_factory=lambda: NO_VALUES)
    gradient_norms: Floats = field(default_factory=lambda: NO_VALUES)


@dataclass(frozen=True)
class EpochDone:
    """An epoch ended; `epoch` is counted from 0.

    Attributes:
        held_out_loss, held_out_metric: None where nothing is held out, or it was not measured after this epoch.
        seconds: that it took, pauses not counted.
        metrics: what else the plan wanted measured, by name.
        data_seconds, probe_seconds: the parts of `seconds` spent waiting for data, and looking inside.
        is_best: whether what the plan monitors was never better.
        images_per_second: over the epoch.
    """

    run_id: str
    epoch: int
    loss: float
    metric: float
    held_out_loss: float | None
    held_out_metric: float | None
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    data_seconds: float = 0.0
    probe_seconds: float = 0.0
    is_best: bool = False
    images_per_second: float = 0.0


@dataclass(frozen=True)
class LearningRateChanged:
    """From this step on (counted over the whole run) the plan's learning rate is another."""

    run_id: str
    step: int
    learning_rate: float
    reason: Literal["user", "plateau"] = "user"


@dataclass(frozen=True)
class CheckpointWritten:
    """All that is needed to go on from this step is on the disk."""

    run_id: str
    step: int
    epoch: int
    path: str
    is_best: bool = False


@dataclass(frozen=True)
class RunSaved:
    """The run is written into this folder from now on."""

    run_dir: str
    run_id: str | None = None


@dataclass(frozen=True, eq=False)
class Histogram:
    """How values are spread: `counts` of bins of equal width between `low` and `high`."""

    low: float
    high: float
    counts: Floats


@dataclass(frozen=True, eq=False)
class BlockMeasured:
    """One layer at one step; None for what it does not have.

    Attributes:
        weight_norm: root of the sum of its squared weights.
        gradient_norm: the same of their gradients.
        update_ratio: norm of what the step changed, divided by the weights' norm.
        dead_share: of a layer with ReLU, channels that were zero for every sample looked at, 0 … 1.
        saturated_share: of a layer with tanh or sigmoid, values beyond 99 % of its range, 0 … 1.
        weights, activations: how they are spread.
    """

    weight_norm: float | None = None
    gradient_norm: float | None = None
    update_ratio: float | None = None
    dead_share: float | None = None
    saturated_share: float | None = None
    weights: Histogram | None = None
    activations: Histogram | None = None


@dataclass(frozen=True, eq=False)
class BlocksMeasured:
    """All layers at one step, by their ids in the expansion, in the network's order.

    `step` is counted over the whole run, as are the steps of the curves.
    """

    run_id: str
    step: int
    epoch: int
    blocks: Mapping[str, BlockMeasured]


@dataclass(frozen=True, eq=False)
class LearningRatesTried:
    """What FindLearningRate has found so far.

    Attributes:
        rates, losses: of every step, in rising order of the rates.
        suggestion: a learning rate to begin with; None while it goes on, or where the curve shows none.
        done: whether it has ended.
        text: what it found, in one sentence.
    """

    rates: Floats
    losses: Floats
    suggestion: float | None = None
    done: bool = False
    text: str = ""


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
        best_epoch: counted from 0, by what the plan monitors; None where none was completed.
        node: the layer in which numbers first ceased to be finite, by its id in the expansion.
        remedies: edits that should help where it did not end well.
    """

    run_id: str
    reason: EndReason
    message: str
    epochs: int
    held_out_loss: float | None = None
    held_out_metric: float | None = None
    run_dir: str | None = None
    best_epoch: int | None = None
    node: str | None = None
    remedies: tuple[Remedy, ...] = ()


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
        remedies: edits that should help, the best one first.
    """

    what: str
    message: str
    details: str = ""
    run_id: str | None = None
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class EngineEnded:
    """The engine is gone, and with it its model, weights and data. The next command that needs one starts a fresh one.

    A run that was under way ends with a Failed of its own, which follows.

    Attributes:
        message: what happened and what can be done, for the user; empty where it was asked to end.
        details: the last that its process wrote to its standard error, for the log only.
    """

    message: str = ""
    details: str = ""


Event = (
    Ready | EngineEnded | Built | TrainingStarted | BatchesDone | EpochDone | Paused | Resumed | TrainingDone
    | Probed | Evaluated | Predicted | BatchPreviewed | Exported | Failed
    | DataPlanned | DataSpeed | SamplesLost | StatisticsMeasured
    | LearningRateChanged | CheckpointWritten | RunSaved | BlocksMeasured | LearningRatesTried
)  # fmt: skip
