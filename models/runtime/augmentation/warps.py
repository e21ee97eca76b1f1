"""Where pixels go: one warp for each image, applied alike to images, masks and the corners of boxes.

Keras's own layers for this are not used. They draw for both axes of a flip at once, move boxes by other amounts than
pixels when they shear (six pixels in an image of 40×60), and have no stretch, no affine map and no lens. With one warp
for each image all three follow by the same numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from keras import ops

NEWTON_STEPS = 10
"""Enough for the radius behind a lens to be right within a hundredth of a pixel."""


class Warp(ABC):
    """Moves the pixels of a batch of images of one size."""

    @abstractmethod
    def images(self, images: Any, interpolation: str, fill_mode: str, fill_value: float) -> Any:
        """(n, height, width, channels) of any type → the same, moved."""

    @abstractmethod
    def points(self, points: Any) -> Any:
        """(n, m, 2) places y, x in pixels from the upper left corner → where they are afterwards."""


class Flip(Warp):
    """Mirrors; exact, since no pixel is mixed with another.

    Args:
        height, width: of the images.
        mirrored: for the vertical axis (0), the horizontal one (1) or both, whether each image is mirrored, (n,).
    """

    def __init__(self, height: int, width: int, mirrored: Mapping[int, Any]) -> None:
        self._size = (float(height), float(width))
        self._mirrored = mirrored

    def images(self, images: Any, interpolation: str, fill_mode: str, fill_value: float) -> Any:
        for axis, mirrored in self._mirrored.items():
            images = tf.where(mirrored[:, None, None, None], tf.reverse(images, [axis + 1]), images)
        return images

    def points(self, points: Any) -> Any:
        places = tf.unstack(points, axis=-1)
        for axis, mirrored in self._mirrored.items():
            places[axis] = tf.where(mirrored[:, None], self._size[axis] - places[axis], places[axis])
        return tf.stack(places, axis=-1)


class Affine(Warp):
    """A linear map about the centre, and a move.

    Args:
        height, width: of the images.
        linear: (n, 2, 2), for columns of y and x, from where a pixel was to where it is.
        move: (n, 2) pixels down and to the right.
    """

    def __init__(self, height: int, width: int, linear: Any, move: Any) -> None:
        self._centre = tf.constant([height / 2, width / 2], tf.float32)
        self._linear = linear
        self._move = move

    def images(self, images: Any, interpolation: str, fill_mode: str, fill_value: float) -> Any:
        inverse = tf.linalg.inv(self._linear)
        centre = self._centre - 0.5  # the transformation counts from the middle of the first pixel
        start = centre - tf.linalg.matvec(inverse, centre + self._move)
        nothing = tf.zeros_like(start)
        columns = [inverse[:, 1, 1], inverse[:, 1, 0], start[:, 1], inverse[:, 0, 1], inverse[:, 0, 0], start[:, 0]]
        transform = tf.concat([tf.stack(columns, axis=1), nothing], axis=1)
        return ops.image.affine_transform(images, transform, interpolation, fill_mode, fill_value, "channels_last")

    def points(self, points: Any) -> Any:
        around = points - self._centre
        return tf.einsum("nij,nmj->nmi", self._linear, around) + self._centre + self._move[:, None, :]


class Lens(Warp):
    """The radial distortion of lenses, after Brown 1966: a pixel at radius r shows what was at r (1 + k r²).

    Radii count in halves of the diagonal. With k > 0 (barrel) the corners are held in place, so in neither case
    anything from outside of the image is needed.

    Args:
        height, width: of the images.
        bend: (n,) k of each image, above −1/3.
    """

    def __init__(self, height: int, width: int, bend: Any) -> None:
        self._height, self._width = height, width
        self._centre = tf.constant([height / 2, width / 2], tf.float32)
        self._radius = (height**2 + width**2) ** 0.5 / 2
        self._bend = bend
        self._corner = 1.0 + tf.maximum(bend, 0.0)

    def images(self, images: Any, interpolation: str, fill_mode: str, fill_value: float) -> Any:
        rows, columns = tf.meshgrid(tf.range(self._height), tf.range(self._width), indexing="ij")
        pixels = tf.cast(tf.stack([rows, columns], axis=-1), tf.float32) + 0.5 - self._centre
        squared = tf.reduce_sum(tf.square(pixels / self._radius), axis=-1)
        factor = (1.0 + self._bend[:, None, None] * squared) / self._corner[:, None, None]
        places = pixels * factor[..., None] + self._centre - 0.5
        return self._nearest(images, places) if interpolation == "nearest" else self._bilinear(images, places)

    def points(self, points: Any) -> Any:
        around = (points - self._centre) / self._radius
        bend = self._bend[:, None]
        was = tf.norm(around, axis=-1)
        wanted = was * self._corner[:, None]
        # For k < 0 what lies farther out than the turning point is not seen at all: it is left just outside.
        turning = tf.sqrt(1.0 / (3.0 * tf.maximum(-bend, 1e-6)))
        wanted = tf.where(bend < 0, tf.minimum(wanted, 0.999 * turning * 2.0 / 3.0), wanted)
        radius = wanted
        for _ in range(NEWTON_STEPS):  # from this start it comes nearer and nearer without ever passing the solution
            radius -= (radius + bend * radius**3 - wanted) / (1.0 + 3.0 * bend * radius**2)
        return around * tf.math.divide_no_nan(radius, was)[..., None] * self._radius + self._centre

    def _nearest(self, images: Any, places: Any) -> Any:
        return self._taken(images, tf.cast(tf.round(places), tf.int32))

    def _bilinear(self, images: Any, places: Any) -> Any:
        first = tf.floor(places)
        share = places - first
        first = tf.cast(first, tf.int32)
        rows = []
        for down in (0, 1):
            left, right = (self._taken(images, first + tf.constant([down, across])) for across in (0, 1))
            rows.append(left + (right - left) * share[..., 1:])
        return rows[0] + (rows[1] - rows[0]) * share[..., :1]

    def _taken(self, images: Any, places: Any) -> Any:
        """The pixels at whole places (n, height, width, 2), of the edge where a place lies outside."""
        row = tf.clip_by_value(places[..., 0], 0, self._height - 1)
        column = tf.clip_by_value(places[..., 1], 0, self._width - 1)
        flat = tf.reshape(images, (-1, self._height * self._width, images.shape[-1]))
        return tf.gather(flat, row * self._width + column, batch_dims=1)
