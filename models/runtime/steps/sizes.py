"""Height and width."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from models.data.steps.preprocessing import CenterCrop, Resize
from models.runtime.steps.base import Operation
from models.runtime.steps.channels import with_channels

OVERSHOOTING = ("bicubic", "lanczos3")
"""Interpolations that give values above white and below black beside sharp edges."""


class ResizeOperation(Operation):
    """As `keras.layers.Resizing` does it, here and in exported models: the same numbers everywhere."""

    step_class = Resize

    def __call__(self, batch: Any) -> Any:
        # Bytes go in as they are: TensorFlow's kernels make floats of those that they read only. (Keras's function of
        # the same name gives bytes back.)
        return self._finished(tf.cast(self._resized(batch, self.step.interpolation, self.step.antialias), tf.float32))

    def layers(self, batch: Any) -> Any:
        height, width, _channels = self.output_shape
        layer = keras.layers.Resizing(
            height,
            width,
            interpolation=self.step.interpolation,
            crop_to_aspect_ratio=self.step.fit == "crop",
            pad_to_aspect_ratio=self.step.fit == "fit",
            antialias=self.step.antialias,
            data_format="channels_last",
            dtype="float32",
        )
        return self._finished(layer(batch))

    def mask(self, masks: Any) -> Any:
        return self._resized(masks, "nearest", False)

    def boxes(self, boxes: Any, height: Any, width: Any) -> tuple[Any, Any, Any]:
        new_height, new_width, _channels = self.output_shape
        top, used_height = self._used(height, width, new_height, new_width)
        left, used_width = self._used(width, height, new_width, new_height)
        offset = tf.stack([top, left, top, left])
        factor = tf.stack([new_height / used_height, new_width / used_width] * 2)
        return (boxes - tf.cast(offset, tf.float32)) * tf.cast(factor, tf.float32), new_height, new_width

    def _used(self, length: Any, other: Any, new_length: int, new_other: int) -> tuple[Any, Any]:
        """Where the part of one axis begins that fills the new length, and how long it is; with Keras's rounding."""
        ideal = tf.cast(tf.cast(other * new_length, tf.float32) / new_other, tf.int32)
        if self.step.fit == "crop":
            used = tf.maximum(tf.minimum(length, ideal), 1)
            return tf.cast(tf.cast(length - used, tf.float32) / 2, tf.int32), used
        if self.step.fit == "fit":
            border = tf.cast(tf.cast(tf.maximum(length, ideal) - length, tf.float32) / 2, tf.int32)
            return -border, length + 2 * border
        return tf.constant(0), length

    def _resized(self, images: Any, method: str, antialias: bool) -> Any:
        new_height, new_width, _channels = self.output_shape
        shape = tf.shape(images)
        top, used_height = self._used(shape[1], shape[2], new_height, new_width)
        left, used_width = self._used(shape[2], shape[1], new_width, new_height)
        if self.step.fit == "crop":
            images = images[:, top : top + used_height, left : left + used_width]
        elif self.step.fit == "fit":
            images = tf.pad(images, [[0, 0], [-top, -top], [-left, -left], [0, 0]])
        return tf.image.resize(images, (new_height, new_width), method=method, antialias=antialias)

    def _finished(self, images: Any) -> Any:
        if self.step.interpolation in OVERSHOOTING and self.place.value_range is not None:
            images = ops.clip(images, *self.place.value_range)
        return with_channels(images, self.output_shape[2])  # of the fewer pixels, where images shrink


class CenterCropOperation(Operation):
    step_class = CenterCrop

    def __call__(self, batch: Any) -> Any:
        for axis, size in ((1, self.output_shape[0]), (2, self.output_shape[1])):
            batch = _centred(batch, axis, size)
        return batch

    def layers(self, batch: Any) -> Any:
        height, width, _channels = self.output_shape
        # Keras's layer stretches smaller images of known size and fails on those of unknown size, so that a border of
        # half the wanted size comes first: it is cut off again wherever it is not needed, and the middle stays.
        border = ((height + 1) // 2, (width + 1) // 2)
        padded = keras.layers.ZeroPadding2D(border, data_format="channels_last", dtype="float32")(batch)
        return keras.layers.CenterCrop(height, width, data_format="channels_last", dtype="float32")(padded)

    def mask(self, masks: Any) -> Any:
        return self(masks)

    def boxes(self, boxes: Any, height: Any, width: Any) -> tuple[Any, Any, Any]:
        new_height, new_width, _channels = self.output_shape
        top, left = (height - new_height) // 2, (width - new_width) // 2
        return boxes - tf.cast(tf.stack([top, left, top, left]), tf.float32), new_height, new_width


def _centred(images: Any, axis: int, size: int) -> Any:
    """The middle `size` values along an axis, with zeros around where there are fewer."""
    length = images.shape[axis]
    length = tf.shape(images)[axis] if length is None else tf.constant(length)
    start = (length - size) // 2
    before = tf.maximum(-start, 0)
    after = tf.maximum(size - length - before, 0)
    sides = tf.one_hot(axis, 4, dtype=tf.int32)[:, None] * tf.stack([before, after])[None, :]
    begin = tf.one_hot(axis, 4, dtype=tf.int32) * tf.maximum(start, 0)
    lengths = tf.where(tf.range(4) == axis, size, -1)
    shape = images.shape.as_list()
    shape[axis] = size
    return tf.ensure_shape(tf.slice(tf.pad(images, sides), begin, lengths), shape)
