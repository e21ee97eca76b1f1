"""What the curves can show of a run: each quantity with its name and where a history keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models.training.history import GrowingArray, History

Kind = Literal["loss", "metric", "learning rate", "gradient norm", "held out"]


@dataclass(frozen=True)
class Quantity:
    """One curve of a run.

    Attributes:
        kind: where it is found.
        title: what it is called; of a further metric on the held-out samples, its name.
    """

    kind: Kind
    title: str

    @property
    def can_be_logarithmic(self) -> bool:
        """Whether its size and not its share of a whole is what matters."""
        return self.kind in ("loss", "learning rate", "gradient norm")

    def raw(self, history: History) -> GrowingArray | None:
        """One value for each step, as it was; None where there is none, or one line shows all."""
        if self.kind == "loss":
            return history.losses
        if self.kind == "metric":
            return history.metrics
        return history.gradient_norms if self.kind == "gradient norm" else None

    def line(self, history: History) -> GrowingArray | None:
        """One value for each step, smoothed where the values are noisy."""
        if self.kind == "loss":
            return history.smooth_losses
        if self.kind == "metric":
            return history.smooth_metrics
        if self.kind == "learning rate":
            return history.learning_rates
        return history.smooth_gradient_norms if self.kind == "gradient norm" else None

    def held_out(self, history: History) -> Sequence[float | None]:
        """One value for each epoch, measured on the held-out samples."""
        if self.kind == "loss":
            return [epoch.held_out_loss for epoch in history.epochs]
        if self.kind == "metric":
            return [epoch.held_out_metric for epoch in history.epochs]
        if self.kind == "held out":
            return [epoch.metrics.get(self.title) for epoch in history.epochs]
        return []


LOSS = Quantity("loss", "loss")
METRIC = Quantity("metric", "accuracy")
LEARNING_RATE = Quantity("learning rate", "learning rate")
GRADIENT_NORM = Quantity("gradient norm", "gradient norm")


def further_metrics(history: History) -> tuple[Quantity, ...]:
    """What else was measured on the held-out samples, in the order of the plan."""
    names = dict.fromkeys(name for epoch in history.epochs[-1:] for name in epoch.metrics)
    return tuple(Quantity("held out", name) for name in names)
