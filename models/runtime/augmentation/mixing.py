"""Augmentation that mixes samples of a batch: Keras's layers draw and mix the values.

What belongs to the samples is done here. Keras mixes the class numbers of masks, which means nothing, and CutMix knows
no boxes and takes its shares from rectangles that are not yet whole pixels.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import tensorflow as tf

from models.blocks import Shape
from models.data.steps import mixing as steps
from models.runtime.augmentation.base import Augmentation, per_sample
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws
from models.runtime.boxes import LEAST_VISIBLE, area, padded


class MixUp(Augmentation):
    """After Zhang et al. 2018, "mixup: Beyond empirical risk minimization"."""

    step_class = steps.MixUp
    mixes: ClassVar[bool] = True

    def __init__(self, step: Any, shape: Shape) -> None:
        super().__init__(step, shape)
        self._layer = keras.layers.MixUp(step.alpha, seed=0, data_format="channels_last", dtype="float32")

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        images = tf.reshape(batch.samples, (tf.shape(batch.samples)[0], 1, 1, -1))  # whatever they are, as Keras has it
        drawn = self._layer.get_random_transformation(images, seed=draws)
        # Both numbers behind a share may be too small for float32, and 0 / 0 is none.
        drawn["mix_weight"] = tf.where(tf.math.is_finite(drawn["mix_weight"]), drawn["mix_weight"], 1.0)
        own = drawn["mix_weight"] >= 0.5
        partner = drawn["permutation_order"]
        return Batch(
            tf.reshape(self._layer.transform_images(images, drawn), tf.shape(batch.samples)),
            self._layer.transform_labels(batch.targets, drawn),
            _chosen(own, batch.masks, partner, 3),
            _chosen(own, batch.boxes, partner, 3),
        )


def _chosen(own: Any, values: Any, partner: Any, rank: int) -> Any:
    """Each sample's own values, or its partner's."""
    if values is None:
        return None
    return tf.where(per_sample(own, rank), values, tf.gather(values, partner))


class CutMix(Augmentation):
    """After Yun et al. 2019, "CutMix: Regularization strategy to train strong classifiers"."""

    step_class = steps.CutMix
    mixes: ClassVar[bool] = True

    def __init__(self, step: Any, shape: Shape) -> None:
        super().__init__(step, shape)
        factor = (step.factor, step.factor)  # one number alone would itself be drawn, from 0 up to it
        self._layer = keras.layers.CutMix(factor, seed=0, data_format="channels_last", dtype="float32")

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        drawn = self._layer.get_random_transformation(batch.samples, training=True, seed=draws)
        pasted = drawn["batch_masks"][..., 0]  # (n, height, width)
        partner = drawn["permutation_order"]
        drawn["mix_weight"] = 1.0 - tf.reduce_mean(tf.cast(pasted, tf.float32), axis=(1, 2))
        return Batch(
            self._layer.transform_images(batch.samples, drawn),
            self._layer.transform_labels(batch.targets, drawn),
            None if batch.masks is None else tf.where(pasted, tf.gather(batch.masks, partner), batch.masks),
            None if batch.boxes is None else _with_pasted(batch.boxes, tf.gather(batch.boxes, partner), pasted),
        )


def _with_pasted(own: Any, others: Any, pasted: Any) -> Any:
    """Boxes (n, 2k, 5): those not covered by the pasted rectangle, and those of the other image inside of it."""
    rectangle = _rectangle(pasted)
    visible = area(own) - area(_common(own, rectangle))
    kept = padded(own, visible >= LEAST_VISIBLE * area(own))
    inside = _common(others, rectangle)
    inside = tf.concat([inside, others[..., 4:]], axis=-1)
    seen = (area(inside) > 0) & (area(inside) >= LEAST_VISIBLE * area(others)) & (others[..., 4] >= 0)
    return tf.concat([kept, padded(inside, seen)], axis=1)


def _rectangle(pasted: Any) -> Any:
    """(n, height, width) of a filled rectangle each → its corners (n, 1, 4)."""
    sides = [tf.reduce_any(pasted, axis=axis) for axis in (2, 1)]
    starts = [tf.cast(tf.argmax(tf.cast(side, tf.int32), axis=1), tf.float32) for side in sides]
    lengths = [tf.reduce_sum(tf.cast(side, tf.float32), axis=1) for side in sides]
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    return tf.stack([*starts, *ends], axis=1)[:, tf.newaxis]


def _common(boxes: Any, rectangle: Any) -> Any:
    """Corners of what boxes have in common with a rectangle; turned over where that is nothing."""
    return tf.concat(
        [tf.maximum(boxes[..., :2], rectangle[..., :2]), tf.minimum(boxes[..., 2:4], rectangle[..., 2:])], axis=-1
    )
