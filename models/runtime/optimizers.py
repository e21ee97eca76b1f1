"""From a plan to the Keras optimizer."""

from __future__ import annotations

import keras

from models.training.plan import TrainingPlan


def make_optimizer(plan: TrainingPlan) -> keras.optimizers.Optimizer:
    """The plan's optimizer, not yet built for any weights."""
    kind = getattr(keras.optimizers, plan.optimizer.type)
    return kind(learning_rate=plan.learning_rate, **plan.optimizer.model_dump())
