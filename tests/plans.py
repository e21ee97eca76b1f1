"""Random optimizers, schedules and training plans."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import BaseModel

from models.training.optimizers import OPTIMIZERS, Optimizer
from models.training.plan import BlockRule, Clipping, DtypePolicy, LossName, Metric, Monitor, TrainingPlan
from models.training.schedules import SCHEDULES, Schedule

METRICS = get_args(Metric)
SHARES = st.floats(0.01, 0.9)
"""Fits every number of an optimizer and of a schedule."""


def _values(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Random values of a class all of whose fields are shares, counts or switches."""
    kinds = {bool: st.booleans(), int: st.integers(1, 50), float: SHARES}
    return st.builds(kind, **{name: kinds[type(info.default)] for name, info in kind.model_fields.items()})


def optimizers() -> st.SearchStrategy[Optimizer]:
    return st.one_of([_values(kind) for kind in OPTIMIZERS.values()])


def schedules() -> st.SearchStrategy[Schedule]:
    return st.one_of([_values(kind) for kind in SCHEDULES.values()])


def rules() -> st.SearchStrategy[BlockRule]:
    return st.builds(
        BlockRule,
        node=st.sampled_from(["conv2d", "conv2d_2", "dense"]),
        trainable=st.booleans(),
        learning_rate_factor=st.sampled_from([0.01, 0.5, 1.0, 10.0]),
    )


def plans() -> st.SearchStrategy[TrainingPlan]:
    return st.builds(
        TrainingPlan,
        optimizer=optimizers(),
        learning_rate=st.floats(1e-9, 10),
        schedule=schedules(),
        batch_size=st.integers(1, 512),
        epochs=st.integers(1, 200),
        max_steps=st.one_of(st.none(), st.integers(1, 10**6)),
        loss=st.sampled_from(get_args(LossName)),
        label_smoothing=st.floats(0, 0.9),
        focal_gamma=st.floats(0, 10),
        metrics=st.sets(st.sampled_from(METRICS)).map(lambda chosen: tuple(name for name in METRICS if name in chosen)),
        validation_freq=st.integers(1, 100),
        clipping=st.sampled_from(get_args(Clipping)),
        clip=st.floats(1e-6, 1e3),
        gradient_accumulation_steps=st.integers(1, 100),
        use_ema=st.booleans(),
        ema_momentum=st.floats(0, 0.999),
        decay_all=st.booleans(),
        monitor=st.sampled_from(get_args(Monitor)),
        early_stopping=st.booleans(),
        patience=st.integers(1, 100),
        min_delta=st.floats(0, 1),
        restore_best_weights=st.booleans(),
        dtype_policy=st.sampled_from(get_args(DtypePolicy)),
        jit_compile=st.booleans(),
        seed=st.integers(0, 2**31 - 1),
        deterministic=st.booleans(),
        checkpoint_epochs=st.one_of(st.none(), st.integers(1, 100)),
        checkpoint_minutes=st.floats(0.01, 1),
        blocks=st.lists(rules(), max_size=3).map(tuple),
    )
