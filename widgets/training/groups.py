"""Which settings of a plan stand together, and which of them are worth a look at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlanGroup:
    """A group of a plan's fields. `variant` is one of them that is a class to choose, with fields of its own."""

    title: str
    fields: tuple[str, ...]
    is_open: bool = False
    variant: str = ""

    @property
    def all_fields(self) -> tuple[str, ...]:
        return (*self.fields, self.variant) if self.variant else self.fields


OPTIMIZER, RATE, LENGTH, LOSS = "Optimizer", "Learning rate and schedule", "Length and batches", "Loss and metrics"
REGULARIZATION, STOPPING = "Regularization and averaging", "Validation and stopping"
NUMBERS, SAVING, BLOCKS = "Numbers and repeatability", "Saving", "Blocks"

GROUPS = (
    PlanGroup(OPTIMIZER, (), True, "optimizer"),
    PlanGroup(RATE, ("learning_rate",), True, "schedule"),
    PlanGroup(LENGTH, ("batch_size", "epochs", "max_steps", "gradient_accumulation_steps"), True),
    PlanGroup(LOSS, ("loss", "label_smoothing", "focal_gamma", "metrics")),
    PlanGroup(REGULARIZATION, ("clipping", "clip", "use_ema", "ema_momentum", "decay_all")),
    PlanGroup(
        STOPPING,
        ("validation_freq", "monitor", "early_stopping", "patience", "min_delta", "restore_best_weights"),
    ),
    PlanGroup(NUMBERS, ("dtype_policy", "jit_compile", "seed", "deterministic")),
    PlanGroup(SAVING, ("checkpoint_epochs", "checkpoint_minutes")),
)
"""Every field of a plan is in one of them, but `blocks`, which has a group of its own."""
