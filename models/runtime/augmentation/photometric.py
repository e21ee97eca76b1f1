"""Augmentation that changes values: by Keras's layers where they do it well.

Values arrive as 0 … 1 with black at 0, whatever they are in the data set.
"""

from __future__ import annotations

from abc import abstractmethod
from math import ceil
from typing import Any, ClassVar

import keras
import tensorflow as tf

from models.blocks import Shape
from models.data.steps import photometric as steps
from models.runtime.augmentation.base import Augmentation, per_sample
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws

LAYER: dict[str, Any] = {"seed": 0, "data_format": "channels_last", "dtype": "float32"}
"""For every layer of Keras; the seed is never used, but without one Keras would draw it from Python's generator."""

UNIT = (0.0, 1.0)


class Photometric(Augmentation):
    """Samples only; targets, masks and boxes stay."""

    photometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        return batch._replace(samples=self.changed(batch.samples, draws))

    @abstractmethod
    def changed(self, samples: Any, draws: Draws) -> Any:
        """(n, *shape) in 0 … 1 → the same, changed."""


class ByKeras(Photometric):
    """By a preprocessing layer of Keras, with its two halves called apart: so the draws can be ours."""

    def __init__(self, step: Any, shape: Shape) -> None:
        super().__init__(step, shape)
        self._layer = self.layer()

    @abstractmethod
    def layer(self) -> Any:
        """The layer with the step's settings."""

    def changed(self, samples: Any, draws: Draws) -> Any:
        transformation = self._layer.get_random_transformation(samples, training=True, seed=draws)
        return self._layer.transform_images(samples, transformation, training=True)


class RandomBrightness(ByKeras):
    step_class = steps.RandomBrightness

    def layer(self) -> Any:
        return keras.layers.RandomBrightness(self.step.factor, value_range=UNIT, **LAYER)


class RandomContrast(ByKeras):
    step_class = steps.RandomContrast

    def layer(self) -> Any:
        factor = (self.step.factor, self.step.factor)  # one number alone means to Keras: never less contrast
        return keras.layers.RandomContrast(factor, value_range=UNIT, **LAYER)


class RandomSaturation(ByKeras):
    step_class = steps.RandomSaturation

    def layer(self) -> Any:
        factor = (0.5 - self.step.factor / 2, 0.5 + self.step.factor / 2)  # to Keras 0 is grey and 0.5 no change
        return keras.layers.RandomSaturation(factor, value_range=UNIT, **LAYER)


class RandomHue(ByKeras):
    step_class = steps.RandomHue

    def layer(self) -> Any:
        return keras.layers.RandomHue(self.step.factor, value_range=UNIT, **LAYER)


class RandomErasing(ByKeras):
    step_class = steps.RandomErasing

    def layer(self) -> Any:
        factor = (self.step.factor, self.step.factor)  # one number alone would itself be drawn, from 0 up to it
        return keras.layers.RandomErasing(
            factor, scale=self.step.scale, fill_value=self.step.fill_value, value_range=UNIT, **LAYER
        )


class RandomColorBalance(Photometric):
    step_class = steps.RandomColorBalance

    def changed(self, samples: Any, draws: Draws) -> Any:
        count, channels = tf.shape(samples)[0], self.shape[-1]
        return samples * (1.0 + draws.spread((count, 1, 1, channels), self.step.factor))


class RandomGaussianBlur(Photometric):
    """Not by Keras's layer: to that all is black outside, so edges darken, and one width serves a whole batch."""

    step_class = steps.RandomGaussianBlur

    def changed(self, samples: Any, draws: Draws) -> Any:
        count = tf.shape(samples)[0]
        sigma = draws.uniform((count,), 0.1, max(self.step.sigma, 0.1))
        blurred = samples
        for axis in (1, 2):
            blurred = self._along(blurred, axis, sigma)
        chosen = draws.uniform((count,)) < self.step.factor
        return tf.where(per_sample(chosen, 4), blurred, samples)

    def _along(self, images: Any, axis: int, sigma: Any) -> Any:
        """One axis, each image with its own width; outside images go on mirrored."""
        size = self.shape[axis - 1]
        reach = min(ceil(3 * self.step.sigma), size)
        offsets = tf.range(-reach, reach + 1, dtype=tf.float32)
        weights = tf.exp(-0.5 * tf.square(offsets[:, None] / sigma))  # (taps, n)
        weights = weights / tf.reduce_sum(weights, axis=0)
        sides = [[0, 0]] * 4
        sides[axis] = [reach, reach]
        padded = tf.pad(images, sides, "SYMMETRIC")
        place = [slice(None)] * 4
        total = tf.zeros_like(images)
        for tap in range(2 * reach + 1):
            place[axis] = slice(tap, tap + size)
            total += padded[tuple(place)] * per_sample(weights[tap], 4)
        return total


class GaussianNoise(Photometric):
    """As Keras's layer, whose numbers depend on a state, and which does nothing outside of training steps."""

    step_class = steps.GaussianNoise

    def changed(self, samples: Any, draws: Draws) -> Any:
        return samples + self.step.stddev * draws.normal(tf.shape(samples))


class Vignette(Photometric):
    step_class = steps.Vignette

    def changed(self, samples: Any, draws: Draws) -> Any:
        strength = draws.uniform((tf.shape(samples)[0],), 0.0, self.step.factor)
        height, width, _channels = self.shape
        rows = tf.square(tf.linspace(-1.0, 1.0, height) if height > 1 else tf.zeros(1))
        columns = tf.square(tf.linspace(-1.0, 1.0, width) if width > 1 else tf.zeros(1))
        distance = (rows[:, None] + columns[None, :])[None, :, :, None] / 2.0  # squared: 0 in the middle, 1 in corners
        return samples * (1.0 - per_sample(strength, 4) * distance)
