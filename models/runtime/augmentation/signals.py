"""Augmentation of signals, for which Keras has no layers."""

from __future__ import annotations

import tensorflow as tf

from models.data.steps import signals as steps
from models.runtime.augmentation.base import Augmentation, per_sample
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws


class RandomShift(Augmentation):
    step_class = steps.RandomShift

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        length = self.shape[0]
        moves = tf.round(draws.spread((tf.shape(batch.samples)[0],), self.step.factor * length))
        places = tf.range(length)[None, :] - tf.cast(moves, tf.int32)[:, None]
        inside = tf.clip_by_value(places, 0, length - 1)
        wanted = places % length if self.step.fill_mode == "wrap" else inside
        moved = tf.gather(batch.samples, wanted, batch_dims=1)
        if self.step.fill_mode == "constant":
            moved = tf.where((places == inside)[..., None], moved, 0.0)
        return batch._replace(samples=moved)


class RandomScaling(Augmentation):
    step_class = steps.RandomScaling

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        factor = 1.0 + draws.spread((tf.shape(batch.samples)[0],), self.step.factor)
        return batch._replace(samples=batch.samples * per_sample(factor, 3))
