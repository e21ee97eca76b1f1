"""Adam (Kingma and Ba 2015) and its relatives."""

from __future__ import annotations

from pydantic import Field

from models.training.optimizers.base import Decay, Optimizer, Share, Small


class Moments(Optimizer, abstract=True):
    """What the relatives of Adam share: running means of the gradient and of its square."""

    beta_1: Share = Field(0.9, description="Share of the past in the running mean of the gradient.")
    beta_2: Share = Field(0.999, description="Share of the past in the running mean of its square.")
    epsilon: Small = Field(1e-7, description="Keeps the division by small gradients in bounds.")


class Adam(Moments):
    """Steps of similar size for every weight, from running means of gradients; a safe first choice."""

    amsgrad: bool = Field(False, description="Never let the mean of the squares shrink (Reddi et al. 2018).")


class AdamW(Moments):
    """Adam whose weight decay is kept apart from the gradient (Loshchilov and Hutter 2019)."""

    weight_decay: Decay = Field(
        0.004, description="Share by which weights shrink with each step, times the learning rate."
    )
    amsgrad: bool = Field(False, description="Never let the mean of the squares shrink (Reddi et al. 2018).")


class Adamax(Moments):
    """Adam with the largest gradient of late in place of the mean of the squares."""


class Nadam(Moments):
    """Adam that looks one step ahead, as Nesterov's momentum does (Dozat 2016)."""


class Lamb(Moments):
    """Adam scaled layer by layer, for very large batches (You et al. 2020)."""


class Lion(Optimizer):
    """Steps of the same size for every weight, by the running mean's sign; wants a small rate (Chen et al. 2023)."""

    beta_1: Share = Field(0.9, description="Share of the past in the direction of a step.")
    beta_2: Share = Field(0.99, description="Share of the past in the running mean of the gradient.")
