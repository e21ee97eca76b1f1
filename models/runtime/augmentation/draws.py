"""Random numbers that depend on nothing but a seed."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class Draws(keras.random.SeedGenerator):  # type: ignore[misc]
    """A source of seeds for one step on one batch: the same ones whenever it is made of the same seed.

    Keras's layers take it in place of their own generator, whose state is a variable and goes on with every call: with
    that neither could an epoch be repeated nor a batch be shown as training will see it. So nothing of the base class
    but its type is used.

    Args:
        seed: (2,) integers.
    """

    def __init__(self, seed: Any) -> None:
        self._seed = seed
        self._drawn = 0

    def next(self, ordered: bool = True) -> Any:
        """Another seed, (2,) integers."""
        self._drawn += 1
        return tf.random.experimental.stateless_fold_in(self._seed, self._drawn)

    def uniform(self, shape: Any, low: Any = 0.0, high: Any = 1.0) -> Any:
        """float32 of a shape from `low` up to `high`."""
        return low + (high - low) * tf.random.stateless_uniform(shape, self.next())

    def normal(self, shape: Any) -> Any:
        """float32 of a shape with mean 0 and deviation 1."""
        return tf.random.stateless_normal(shape, self.next())

    def spread(self, shape: Any, factor: float) -> Any:
        """float32 of a shape from −factor to factor."""
        return self.uniform(shape, -factor, factor)
