"""`Evidence`: all that is known of a run, as the rules look at it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.data.facts import DataFacts
from models.data.findings import Finding as DataFinding
from models.data.preparation import Preparation
from models.training.diagnosis.structure import Structure
from models.training.events import (
    NO_VALUES,
    BlocksMeasured,
    DataSpeed,
    EndReason,
    EpochDone,
    Evaluated,
    Floats,
)
from models.training.history import History
from models.training.plan import TrainingPlan

LATEST_MEASURED = 3
"""Measurements of the blocks that are looked at."""

LOOKED_AT = ("weight_norm", "gradient_norm", "update_ratio", "dead_share", "saturated_share")
"""What is looked at of each block."""

_looked_at = attrgetter(*LOOKED_AT)

LAST_SHARE, MOST_LAST = 0.25, 256
"""What counts as the end of an epoch: this share of its steps, and no more than so many."""

Doubles = npt.NDArray[np.float64]


class HeldOut(NamedTuple):
    """What was measured on the held-out samples after an epoch.

    Attributes:
        epoch: counted from 1.
        place: of the epoch among those of the evidence.
    """

    epoch: int
    loss: float
    metric: float
    place: int


class Trained(NamedTuple):
    """What training had come to by the end of an epoch.

    The values of an epoch itself are means over all of its steps, in the first of which the network knew less:
    compared with these, what is held out would look too good.
    """

    loss: float
    metric: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """A run, as far as it went. Arrays may be views that hold until the history grows.

    Attributes:
        structure: the network that is trained.
        facts: the data set.
        loss: what is minimized, in Keras's words.
        epochs, epoch_steps: what every epoch ended with, and the steps taken by then.
        measured: the blocks of late, the latest last.
        preparation: of the run's data.
        speed: of data and model, once measured.
        place: where prepared samples are kept: `stream` prepares them anew in every epoch.
        data_findings: what a scan of the data set found; leakage among it, where there is some.
        class_counts: samples of each class, where a scan has counted them.
        leaked: names of the held-out samples that are also trained on.
        evaluated: the last evaluation of this run.
        ended: how the run ended; empty while it goes on.
    """

    structure: Structure
    plan: TrainingPlan
    facts: DataFacts
    loss: str = "sparse_categorical_crossentropy"
    training_images: int = 0
    held_out_images: int = 0
    steps_per_epoch: int = 1
    losses: Floats = field(default_factory=lambda: NO_VALUES)
    metrics: Floats = field(default_factory=lambda: NO_VALUES)
    learning_rates: Floats = field(default_factory=lambda: NO_VALUES)
    gradient_norms: Floats = field(default_factory=lambda: NO_VALUES)
    epochs: tuple[EpochDone, ...] = ()
    epoch_steps: tuple[int, ...] = ()
    measured: tuple[BlocksMeasured, ...] = ()
    preparation: Preparation = Preparation()
    speed: DataSpeed | None = None
    place: str = ""
    data_findings: tuple[DataFinding, ...] = ()
    class_counts: tuple[int, ...] = ()
    leaked: tuple[str, ...] = ()
    evaluated: Evaluated | None = None
    ended: EndReason | None = None

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.losses)

    # --- what guessing would give -----------------------------------------------------------------------------------
    @cached_property
    def largest_share(self) -> float:
        """Share of the largest class, as far as it is known: what answering it always would get right."""
        counts = self.counts
        known = float(counts.max() / counts.sum()) if counts.sum() else 0.0
        return max(known, 1 / max(self.facts.classes, 1))

    @cached_property
    def counts(self) -> Doubles:
        """Samples of each class: of the data set, or of what was evaluated; empty where neither is known."""
        if self.class_counts:
            return np.array(self.class_counts, np.float64)
        return self.evaluated.confusion.sum(axis=1).astype(np.float64) if self.evaluated is not None else np.zeros(0)

    @property
    def guessing_loss(self) -> float | None:
        """The training loss of giving every class the same probability, over all outputs.

        None where the loss is no cross-entropy, or a penalty on the weights is part of it.
        """
        name = self.loss.replace("-", "").replace("_", "").replace(" ", "").casefold()
        if "crossentropy" not in name or "focal" in name or self.facts.classes < 2 or self.structure.has_penalty:
            return None
        if name.startswith("binary") and not self.structure.is_single:
            return float(np.log(2)) * self.structure.output_weight  # a yes or no for each class
        return float(np.log(self.facts.classes)) * self.structure.output_weight

    @property
    def scale(self) -> float:
        """What a large loss is: that of guessing, or where it is not known the first ones of this run."""
        guessing = self.guessing_loss
        if guessing is not None:
            return guessing
        first = finite(self.losses[:20])
        return float(np.median(first)) if len(first) else 1.0

    # --- epochs -----------------------------------------------------------------------------------------------------
    @cached_property
    def held_out(self) -> tuple[HeldOut, ...]:
        """The epochs after which the held-out samples were measured."""
        return tuple(
            HeldOut(epoch.epoch + 1, epoch.held_out_loss, epoch.held_out_metric or 0.0, index)
            for index, epoch in enumerate(self.epochs)
            if epoch.held_out_loss is not None and math.isfinite(epoch.held_out_loss)
        )

    @property
    def settled(self) -> tuple[HeldOut, ...]:
        """Those of them by which the moving averages of BatchNormalization had settled, where the network has some.

        Before, any network does worse when it is measured than while it is trained.
        """
        needed = self.structure.settling_steps
        return tuple(one for one in self.held_out if self.epoch_steps[one.place] >= needed)

    @property
    def has_looked_inside(self) -> bool:
        """Whether the blocks were measured often enough: twice, or at all in a run that has ended."""
        return len(self.measured) >= 2 or (self.ended is not None and len(self.measured) > 0)

    @cached_property
    def epoch_losses(self) -> Doubles:
        """The training loss of every epoch, the mean over its steps."""
        return np.array([epoch.loss for epoch in self.epochs], np.float64)

    @cached_property
    def trained(self) -> Trained:
        """What training had come to by the end of the last epoch."""
        return self.trained_at(len(self.epochs) - 1)

    def trained_at(self, index: int) -> Trained:
        """Loss and metric at the end of an epoch: means over the last quarter of its steps."""
        epoch, end = self.epochs[index], self.epoch_steps[index]
        begin = self.epoch_steps[index - 1] if index else 0
        count = max(min(round((end - begin) * LAST_SHARE), MOST_LAST), 1)
        losses, metrics = self.losses[end - count : end], self.metrics[end - count : end]
        return Trained(_mean(losses, epoch.loss), _mean(metrics, epoch.metric))

    # --- blocks -----------------------------------------------------------------------------------------------------
    def of_layers(self, field_name: str) -> dict[str, float]:
        """The median of the last measurements of a field of `BlockMeasured`, of every layer that has one."""
        names, table = self._table
        column = table[:, LOOKED_AT.index(field_name)].tolist()
        return {name: value for name, value in zip(names, column, strict=True) if value == value}

    @cached_property
    def _table(self) -> tuple[tuple[str, ...], Doubles]:
        """The layers, and (layers, fields) of what is looked at, NaN where there is nothing.

        All in one pass, since networks have hundreds of layers and this is done again and again while they train.
        """
        latest = self.measured[-LATEST_MEASURED:]
        names = tuple(latest[-1].blocks) if latest else ()
        alike = [one.blocks.values() for one in latest if tuple(one.blocks) == names]  # not of another network before
        if not names:
            return (), np.zeros((0, len(LOOKED_AT)))
        values = np.array([[_looked_at(block) for block in blocks] for blocks in alike], np.float64)
        return names, _medians(values)

    # --- what makes training harder than measuring ------------------------------------------------------------------
    @cached_property
    def handicaps(self) -> tuple[str, ...]:
        """What keeps the network from doing its best on training samples, by name: dropout, augmentation …"""
        names = [self.structure.layers.node(layer).block.type for layer in self.structure.noisy]
        names += [step.title for step in self.preparation.augmentation]
        if self.plan.label_smoothing:
            names.append("label smoothing")
        if self.preparation.balance != "none":
            names.append("balanced classes")
        return tuple(dict.fromkeys(names))


def evidence_of(history: History, structure: Structure, **known: object) -> Evidence:
    """The evidence in a history of which at least one run began; `known` are further fields. Raises ValueError."""
    started = history.started
    if started is None:
        raise ValueError("received a history without a run; expected one in which training began")
    values: dict[str, object] = {
        "structure": structure,
        "plan": _plan_now(history, started.plan),
        "facts": started.facts,
        "loss": started.loss,
        "training_images": started.training_images,
        "held_out_images": started.held_out_images,
        "steps_per_epoch": started.steps_per_epoch,
        "losses": history.losses.values,
        "metrics": history.metrics.values,
        "learning_rates": history.learning_rates.values,
        "gradient_norms": history.gradient_norms.values,
        "epochs": tuple(history.epochs),
        "epoch_steps": tuple(history.epoch_steps),
        "measured": tuple(history.measured[-LATEST_MEASURED:]),
        **known,
    }
    return Evidence(**values)  # type: ignore[arg-type]


def _plan_now(history: History, plan: TrainingPlan) -> TrainingPlan:
    """The plan with the learning rate that the user set last; what a schedule made of it is no part of the plan."""
    rates = [change.learning_rate for change in history.rate_changes if change.reason == "user"]
    return plan.replace(learning_rate=rates[-1]) if rates else plan


# --- looking at curves ------------------------------------------------------------------------------------------------
def finite(values: Floats) -> Doubles:
    """Those values that are numbers."""
    numbers: Doubles = np.asarray(values, np.float64)
    return numbers[np.isfinite(numbers)]


def levels(values: Floats, parts: int, most: int = 64) -> Doubles:
    """The medians of so many equal parts of a curve, from at most `most` values of each, evenly picked.

    However long the curve is, that takes the same time. Fewer values than parts give one level each.
    """
    parts = min(parts, len(values))
    if not parts:
        return np.zeros(0)
    edges = np.linspace(0, len(values), parts + 1).round().astype(np.int64)
    found = []
    for low, high in pairwise(edges.tolist()):
        part = finite(values[low : high : max((high - low) // most, 1)])
        found.append(_middle(part) if len(part) else np.nan)
    return np.array(found)


def _medians(values: Doubles) -> Doubles:
    """The medians along the first axis of those values that are numbers; NaN where none is."""
    values = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)  # NaN comes last
    count = np.isfinite(values).sum(axis=0)[None]
    low = np.take_along_axis(values, np.maximum(count - 1, 0) // 2, 0)[0]
    high = np.take_along_axis(values, np.minimum(count // 2, len(values) - 1), 0)[0]
    medians: Doubles = np.where(count[0] > 0, (low + high) / 2, np.nan)
    return medians


def _middle(values: list[float] | Doubles) -> float:
    """The median; `np.median` takes its time for a handful."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return float(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def _mean(values: Floats, otherwise: float) -> float:
    known = finite(values)
    return float(known.mean()) if len(known) else float(otherwise)


def standard_error(share: float, count: int) -> float:
    """Of a share measured on so many samples, never quite 0 (a share of 1 of 10 samples is not certain).

    Agresti and Coull 1998: two successes and two failures are added.
    """
    if count <= 0:
        return 0.5
    adjusted = (share * count + 2) / (count + 4)
    return float(np.sqrt(adjusted * (1 - adjusted) / (count + 4)))
