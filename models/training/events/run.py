"""What an engine tells of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.data.facts import DataFacts
from models.network.graph import Network
from models.training.events.arrays import NO_VALUES, Floats
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.remedies import Remedy

EndReason = Literal["finished", "stopped", "diverged"]


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
