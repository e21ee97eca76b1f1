"""Grey and colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from models.data.steps.preprocessing import GreyWorld, ToGray, ToRGB
from models.runtime.steps.base import Operation

LUMA = np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
"""Red, green and blue in the brightness that is seen (ITU-R BT.601), as Pillow has it: white stays white."""

MOST_GAIN = 16.0
"""A channel is raised at most so many times: one that is nearly black would be all noise."""


def with_channels(images: Any, channels: int) -> Any:
    """(…, 1 or 3) images with `channels`; their number may be unknown while a graph is traced. Others stay as they are.

    Raises ValueError where the channels cannot become those.
    """
    found = images.shape[-1]
    if found == channels:
        return images
    if found is None:
        return _with_unknown_channels(images, channels)
    if found == 1:
        return ops.repeat(images, channels, axis=-1)
    if found == 3 and channels == 1:
        return _grey(images)
    raise ValueError(
        f"Samples have {found} channels and the network's Input takes {channels}. Images of 1 or 3 channels can be "
        f"converted; give the Input {found} channels for these."
    )


def _grey(images: Any) -> Any:
    return ops.matmul(ops.cast(images, "float32"), LUMA)


def _with_unknown_channels(images: Any, channels: int) -> Any:
    if channels == 1:
        images = tf.cast(images, tf.float32)
        grey = tf.cond(tf.equal(tf.shape(images)[-1], 1), lambda: images, lambda: _grey(tf.ensure_shape(
            images, (*images.shape[:-1], 3))))  # fmt: skip
        return tf.ensure_shape(grey, (*images.shape[:-1], 1))
    shape = tf.concat([tf.shape(images)[:-1], [channels]], axis=0)  # one channel is repeated, `channels` stay
    return tf.ensure_shape(tf.broadcast_to(images, shape), (*images.shape[:-1], channels))


class ToGrayOperation(Operation):
    step_class = ToGray

    def __call__(self, batch: Any) -> Any:
        return with_channels(batch, 1)


class ToRGBOperation(Operation):
    step_class = ToRGB

    def __call__(self, batch: Any) -> Any:
        return with_channels(batch, 3)


class GreyWorldOperation(Operation):
    """After Buchsbaum 1980, "A spatial processor model for object colour perception"."""

    step_class = GreyWorld

    def __call__(self, batch: Any) -> Any:
        low, high = self.place.value_range or (0.0, None)
        light = ops.cast(batch, "float32") - low
        mean = ops.mean(light, axis=(1, 2), keepdims=True)
        grey = ops.mean(mean, axis=-1, keepdims=True)
        gain = ops.where(mean > 0, grey / ops.where(mean > 0, mean, 1.0), 1.0)
        balanced = light * ops.clip(gain, 0.0, MOST_GAIN) + low
        return balanced if high is None else ops.clip(balanced, low, high)
