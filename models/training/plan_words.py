"""A training plan in words: what differs from another one, and which settings say nothing beside the others."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from models.training.optimizers import Optimizer
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.schedules import Schedule


def value_text(value: object) -> str:
    """A setting's value as people write it: `0.1`, `on`, `none`, `AdamW, weight decay 0.004`, `auc, recall`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Optimizer | Schedule):
        title = value.title if isinstance(value, Schedule) else value.type
        return ", ".join((title, *(_pair(name, setting) for name, setting in _settings(value))))
    if isinstance(value, tuple):
        return ", ".join(name_text(str(part)) for part in value) or "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def name_text(field: str) -> str:
    """A field's name as it stands in a sentence: `label smoothing`."""
    return field.replace("_", " ")


def differences(
    plan: TrainingPlan, fields: Iterable[str] | None = None, other: TrainingPlan = DEFAULT_PLAN
) -> tuple[str, ...]:
    """What a plan has that another one has not, in words: `("label smoothing 0.1", "use ema on")`.

    Args:
        fields: those to look at; all where they are not given.
    """
    names = TrainingPlan.model_fields if fields is None else fields
    return tuple(_difference(plan, name) for name in names if getattr(plan, name) != getattr(other, name))


def _difference(plan: TrainingPlan, name: str) -> str:
    if name == "blocks":
        return blocks_text(plan)
    return _pair(name, getattr(plan, name))


def blocks_text(plan: TrainingPlan) -> str:
    """`2 blocks frozen, 1 with its own rate`; empty where every block is trained alike."""
    frozen = sum(not rule.trainable for rule in plan.blocks)
    factors = sum(rule.trainable and rule.learning_rate_factor != 1 for rule in plan.blocks)
    parts = [f"{frozen} block{'s' if frozen > 1 else ''} frozen"] if frozen else []
    return ", ".join([*parts, f"{factors} with {'their' if factors > 1 else 'its'} own rate"] if factors else parts)


def meaningless(plan: TrainingPlan) -> dict[str, str]:
    """Settings that change nothing beside the others, each with a sentence that says why.

    Such a setting keeps its value, since it counts again as soon as the other one changes.
    """
    reasons: dict[str, str] = {}
    if plan.clipping == "none":
        reasons["clip"] = "Says nothing while clipping is none."
    if "focal" not in plan.loss:
        reasons["focal_gamma"] = "For the focal losses only."
    if plan.loss not in _SMOOTHED:
        reasons["label_smoothing"] = "For cross-entropies only."
    if not plan.use_ema:
        reasons["ema_momentum"] = "Says nothing while use_ema is off."
    if plan.optimizer.weight_decay == 0:
        reasons["decay_all"] = "Says nothing while weight_decay is 0."
    if not plan.early_stopping:
        reasons |= dict.fromkeys(("patience", "min_delta"), "Say nothing while early_stopping is off.")
    return reasons


_SMOOTHED = frozenset({
    "auto", "sparse_categorical_crossentropy", "binary_crossentropy", "categorical_focal_crossentropy",
    "binary_focal_crossentropy",
})  # fmt: skip


def _settings(value: BaseModel) -> list[tuple[str, object]]:
    """The fields of an optimizer or a schedule that are not as its class begins."""
    fields = type(value).model_fields
    return [(name, getattr(value, name)) for name, info in fields.items() if getattr(value, name) != info.default]


def _pair(name: str, value: object) -> str:
    words = name_text(name)
    if isinstance(value, Optimizer):
        return value_text(value)
    if isinstance(value, Schedule):
        return f"{words}: {value_text(value)}"
    if isinstance(value, bool):
        return words if value else f"no {words}"
    return f"{words} {value_text(value)}"
