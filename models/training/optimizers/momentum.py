"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.training.optimizers.base import Optimizer, Share


class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient, with momentum if it is given."""

    momentum: Share = Field(0.9, description="Share of the last step that is carried into the next.")
    nesterov: bool = Field(False, description="Take the gradient where the momentum leads, not where the weights are.")

    _default_learning_rate: ClassVar[float] = 0.01
