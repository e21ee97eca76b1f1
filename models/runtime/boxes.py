"""Boxes around objects, when the image around them changes: float32 (…, 5), each top, left, bottom, right and class."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

PADDING = -1.0
"""The class of rows that only fill a tensor up; their corners are 0."""

LEAST_VISIBLE = 0.1
"""A box of which a smaller share is left in the image stands for nothing to be seen any more."""


def kept_boxes(corners: Any, classes: Any, height: Any, width: Any) -> Any:
    """Boxes cut at the edges of an image; those that are nearly gone, and those that were padding, are padding.

    Args:
        corners: (…, 4) top, left, bottom, right in pixels, which may lie outside.
        classes: (…) of each.
    """
    size = tf.cast(tf.stack([height, width, height, width]), tf.float32)
    inside = tf.clip_by_value(corners, 0.0, size)
    whole = area(corners)
    kept = (classes >= 0) & (whole > 0) & (area(inside) >= LEAST_VISIBLE * whole)
    return padded(tf.concat([inside, classes[..., tf.newaxis]], axis=-1), kept)


def padded(boxes: Any, kept: Any) -> Any:
    """Boxes of which those that are not `kept` (…) become padding."""
    return tf.where(kept[..., tf.newaxis], boxes, tf.constant([0.0, 0.0, 0.0, 0.0, PADDING]))


def area(corners: Any) -> Any:
    """(…, 4 or more) → (…) square pixels."""
    return tf.maximum(corners[..., 2] - corners[..., 0], 0.0) * tf.maximum(corners[..., 3] - corners[..., 1], 0.0)
