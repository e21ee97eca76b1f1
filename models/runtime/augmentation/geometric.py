"""Augmentation that moves pixels."""

from __future__ import annotations

from abc import abstractmethod
from math import log, tau
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from models.blocks import Shape
from models.data.steps import geometric as steps
from models.runtime.augmentation.base import Augmentation
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws
from models.runtime.augmentation.warps import Affine, Flip, Lens, Warp
from models.runtime.boxes import kept_boxes

SHARES = np.linspace(0.0, 1.0, 5, dtype=np.float32)

OUTLINE = np.array(
    [place for share in SHARES for place in ((share, 0.0), (share, 1.0), (0.0, share), (1.0, share))], dtype=np.float32
)
"""Places on the sides of a box whose way is followed: where lines bend, corners alone would not hold the object."""


class Moving(Augmentation):
    """Images, masks and boxes go through one warp.

    Attributes:
        interpolation: how values between pixels are found; those of masks never are.
        brings_in: whether something from outside of the image may come in. Where there are boxes it is one value, since
            a mirrored object would have no box.
    """

    interpolation: ClassVar[str] = "bilinear"
    brings_in: ClassVar[bool] = True

    def __init__(self, step: Any, shape: Shape) -> None:
        super().__init__(step, shape)
        self.height, self.width = shape[:2]
        self.fill_mode: str = getattr(step, "fill_mode", "nearest")

    @abstractmethod
    def warp(self, count: Any, draws: Draws) -> Warp:
        """Where the pixels of `count` images go."""

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        warp = self.warp(tf.shape(batch.samples)[0], draws)
        fill_value = getattr(self.step, "fill_value", 0.0)
        fill_mode = "constant" if batch.boxes is not None and self.brings_in else self.fill_mode
        return batch._replace(
            samples=warp.images(batch.samples, self.interpolation, fill_mode, fill_value),
            masks=None if batch.masks is None else moved_masks(warp, batch.masks, fill_mode),
            boxes=None if batch.boxes is None else moved_boxes(warp, batch.boxes, self.height, self.width),
        )


def moved_masks(warp: Warp, masks: Any, fill_mode: str) -> Any:
    """Masks (n, height, width); what comes in is what came into the image, class 0 where that is one value."""
    return warp.images(masks[..., tf.newaxis], "nearest", fill_mode, 0.0)[..., 0]


def moved_boxes(warp: Warp, boxes: Any, height: int, width: int) -> Any:
    """Boxes (n, k, 5): the smallest ones around what the old ones held, cut at the image's edges."""
    start, end = boxes[..., tf.newaxis, :2], boxes[..., tf.newaxis, 2:4]
    outline = start + (end - start) * OUTLINE  # (n, k, points, 2)
    moved = tf.reshape(warp.points(tf.reshape(outline, (tf.shape(boxes)[0], -1, 2))), tf.shape(outline))
    corners = tf.concat([tf.reduce_min(moved, axis=2), tf.reduce_max(moved, axis=2)], axis=-1)
    return kept_boxes(corners, boxes[..., 4], height, width)


class RandomFlip(Moving):
    step_class = steps.RandomFlip
    brings_in: ClassVar[bool] = False

    def warp(self, count: Any, draws: Draws) -> Warp:
        axes = [axis for axis, name in enumerate(("vertical", "horizontal")) if name in self.step.mode]
        return Flip(self.height, self.width, {axis: draws.uniform((count,)) < 0.5 for axis in axes})


class MovingAffine(Moving):
    """Those that are one matrix for each image."""

    def warp(self, count: Any, draws: Draws) -> Warp:
        return Affine(self.height, self.width, *self.placement(count, draws))

    @abstractmethod
    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        """Linear maps (count, 2, 2) and moves (count, 2), as Affine takes them."""

    def shares(self, *draws: Any) -> Any:
        """Moves down and to the right, drawn as shares of height and width, in pixels."""
        return tf.stack([draw * size for draw, size in zip(draws, self.shape, strict=False)], axis=1)


def linear(*entries: Any) -> Any:
    """(n, 2, 2) of four (n,) entries, row by row."""
    return tf.reshape(tf.stack(entries, axis=1), (-1, 2, 2))


def turned(angle: Any) -> Any:
    """Turns by angles (n,) in radians."""
    return linear(tf.cos(angle), -tf.sin(angle), tf.sin(angle), tf.cos(angle))


def scaled(vertical: Any, horizontal: Any) -> Any:
    """Enlarges by factors (n,)."""
    return linear(vertical, tf.zeros_like(vertical), tf.zeros_like(vertical), horizontal)


def slanted(down: Any, across: Any) -> Any:
    """Slants: pixels down for each pixel to the right, and to the right for each pixel down, (n,) each."""
    return linear(tf.ones_like(down), down, across, tf.ones_like(down))


def still(count: Any) -> Any:
    """No move."""
    return tf.zeros((count, 2))


class RandomRotation(MovingAffine):
    step_class = steps.RandomRotation

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        return turned(draws.spread((count,), tau * self.step.factor)), still(count)


class RandomTranslation(MovingAffine):
    step_class = steps.RandomTranslation

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        moves = (draws.spread((count,), factor) for factor in (self.step.height_factor, self.step.width_factor))
        return tf.eye(2, batch_shape=(count,)), self.shares(*moves)


class RandomZoom(MovingAffine):
    step_class = steps.RandomZoom

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        vertical = 1.0 + draws.spread((count,), self.step.height_factor)
        own = self.step.width_factor
        return scaled(vertical, vertical if own is None else 1.0 + draws.spread((count,), own)), still(count)


class RandomShear(MovingAffine):
    step_class = steps.RandomShear

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        down, across = (draws.spread((count,), factor) for factor in (self.step.y_factor, self.step.x_factor))
        # One slant after the other: both at once would press the image flat where both are large.
        return slanted(down, tf.zeros_like(down)) @ slanted(tf.zeros_like(across), across), still(count)


class RandomStretch(MovingAffine):
    step_class = steps.RandomStretch

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        side = tf.exp(draws.spread((count,), log(1.0 + self.step.factor) / 2))
        return scaled(1.0 / side, side), still(count)


class RandomAffine(MovingAffine):
    step_class = steps.RandomAffine

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        angle = draws.spread((count,), tau * self.step.factor)
        zoom = 1.0 + draws.spread((count,), self.step.zoom_factor)
        slant = draws.spread((count,), self.step.shear_factor)
        moves = (draws.spread((count,), factor) for factor in (self.step.height_factor, self.step.width_factor))
        return turned(angle) @ slanted(tf.zeros_like(slant), slant) @ scaled(zoom, zoom), self.shares(*moves)


class RandomCrop(MovingAffine):
    """A place in the image with its border is a move by whole pixels, so no pixel is mixed with another."""

    step_class = steps.RandomCrop
    interpolation: ClassVar[str] = "nearest"

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        span = 2 * self.step.padding + 1
        moves = tf.floor(draws.uniform((count, 2), 0.0, float(span))) - self.step.padding
        return tf.eye(2, batch_shape=(count,)), moves


class RandomResizedCrop(MovingAffine):
    step_class = steps.RandomResizedCrop
    brings_in: ClassVar[bool] = False

    def placement(self, count: Any, draws: Draws) -> tuple[Any, Any]:
        area = draws.uniform((count,), *self.step.scale)
        shape = tf.exp(draws.uniform((count,), *(log(ratio) for ratio in self.step.ratio)))
        shares = tf.minimum(tf.stack([tf.sqrt(area / shape), tf.sqrt(area * shape)], axis=1), 1.0)
        size = tf.constant([self.height, self.width], tf.float32)
        # Of the part's centre from the image's centre, so far that the part stays inside.
        off = draws.spread((count, 2), 0.5) * (1.0 - shares) * size
        return scaled(1.0 / shares[:, 0], 1.0 / shares[:, 1]), -off / shares


class LensDistortion(Moving):
    step_class = steps.LensDistortion
    brings_in: ClassVar[bool] = False

    def warp(self, count: Any, draws: Draws) -> Warp:
        low = 0.0 if self.step.mode == "barrel" else -self.step.factor
        high = 0.0 if self.step.mode == "pincushion" else self.step.factor
        return Lens(self.height, self.width, draws.uniform((count,), low, high))
