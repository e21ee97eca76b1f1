"""Optimizers that divide each weight's step by the size of its gradients so far."""

from __future__ import annotations

from pydantic import Field

from models.training.optimizers.base import Optimizer, Share, Small


class RMSprop(Optimizer):
    """Each weight's step is divided by the running root of its squared gradients (Hinton 2012)."""

    rho: Share = Field(0.9, description="Share of the past in the running mean of the squared gradient.")
    momentum: Share = Field(0.0, description="Share of the last step that is carried into the next.")
    epsilon: Small = Field(1e-7, description="Keeps the division by small gradients in bounds.")
    centered: bool = Field(False, description="Divide by the gradient's spread around its mean instead of its size.")


class Adagrad(Optimizer):
    """Weights that had large gradients take ever smaller steps (Duchi et al. 2011)."""

    initial_accumulator_value: float = Field(
        0.1, ge=0, le=1e6, allow_inf_nan=False, description="Where the sum of squared gradients starts."
    )
    epsilon: Small = Field(1e-7, description="Keeps the division by small gradients in bounds.")


class Adadelta(Optimizer):
    """Adagrad with a window, so that steps do not die out (Zeiler 2012); wants a large learning rate, such as 1."""

    rho: Share = Field(0.95, description="Share of the past in the running means.")
    epsilon: Small = Field(1e-7, description="Keeps the division by small gradients in bounds.")
