"""Optimizers as values: a class for each one of Keras, with Keras's name and arguments.

`OPTIMIZERS` finds those in this package when it is first read, so a new one is known everywhere once its class exists.
"""

from models.training.optimizers.adam import Adam, AdamW
from models.training.optimizers.base import OPTIMIZERS, AnyOptimizer, Optimizer
from models.training.optimizers.momentum import SGD

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "AnyOptimizer", "Optimizer"]
