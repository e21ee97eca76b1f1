"""From a plan to the Keras optimizer: one generic step, since the plan's values carry Keras's names and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any

import keras

from models.training.plan import TrainingPlan

NOT_DECAYED = frozenset({"bias", "gamma", "beta"})
"""Weights that weight decay leaves alone unless the plan says otherwise: they hold nothing that could overfit."""


def make_optimizer(
    plan: TrainingPlan, variables: Iterable[Any], factors: Mapping[int, float] | None = None
) -> keras.optimizers.Optimizer:
    """The plan's optimizer, built for these variables.

    `factors` gives, by the `id` of a variable, what its updates are multiplied by. With mixed_float16 the optimizer is
    wrapped in one that scales the loss, as Keras does.
    """
    variables = list(variables)
    kind = getattr(keras.optimizers, plan.optimizer.type)
    optimizer = kind(learning_rate=plan.learning_rate, **_own_arguments(plan, kind), **_shared_arguments(plan))
    if not plan.decay_all:
        optimizer.exclude_from_weight_decay([variable for variable in variables if variable.name in NOT_DECAYED])
    if factors:
        known = [variable for variable in variables if id(variable) in factors]
        _scale_updates(optimizer, {optimizer._var_key(variable): factors[id(variable)] for variable in known})
    if plan.dtype_policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(variables)
    for variable, mean in averages(optimizer):
        mean.assign(variable)  # so that it says something before the first step, too
    return optimizer


def inner(optimizer: keras.optimizers.Optimizer) -> Any:
    """The optimizer that changes the weights: itself, or the one inside that which scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def averages(optimizer: keras.optimizers.Optimizer) -> list[tuple[Any, Any]]:
    """Every trained variable with its running mean; none where the plan keeps none."""
    own = inner(optimizer)
    if not own.use_ema:
        return []
    return list(zip(own._trainable_variables, own._model_variables_moving_average, strict=True))


def _own_arguments(plan: TrainingPlan, kind: type) -> dict[str, Any]:
    """The fields of the plan's optimizer, less a weight decay of 0 where Keras means the same by None, at no cost."""
    arguments = plan.optimizer.model_dump()
    if not arguments["weight_decay"] and signature(kind).parameters["weight_decay"].default is None:
        del arguments["weight_decay"]
    return arguments


def _shared_arguments(plan: TrainingPlan) -> dict[str, Any]:
    """What every optimizer of Keras takes."""
    arguments: dict[str, Any] = {"use_ema": plan.use_ema, "ema_momentum": plan.ema_momentum}
    if plan.clipping != "none":
        arguments[plan.clipping] = plan.clip
    if plan.gradient_accumulation_steps > 1:
        arguments["gradient_accumulation_steps"] = plan.gradient_accumulation_steps
    return arguments


def _scale_updates(optimizer: Any, factors: Mapping[Any, float]) -> None:
    """Multiply the learning rate of some variables, in their steps and in their weight decay.

    The methods of this one optimizer are replaced, not its class: saved models then name Keras's own.
    """
    step, decay = optimizer.update_step, optimizer._apply_weight_decay

    def factor(variable: Any) -> float:
        return factors.get(optimizer._var_key(variable), 1.0)

    def scaled_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        step(gradient, variable, learning_rate * factor(variable))

    def scaled_decay(variables: Iterable[Any]) -> None:
        variables, share = list(variables), optimizer.weight_decay
        if share is None:
            return
        for scale in dict.fromkeys(map(factor, variables)):
            optimizer.weight_decay = share * scale
            decay([variable for variable in variables if factor(variable) == scale])
        optimizer.weight_decay = share

    optimizer.update_step, optimizer._apply_weight_decay = scaled_step, scaled_decay
