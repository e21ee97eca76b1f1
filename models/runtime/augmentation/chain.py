"""The augmentation chain on batches, repeatable to the last bit."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import tensorflow as tf

from models.blocks import Shape
from models.data.steps import Step
from models.runtime.augmentation.base import AUGMENTATIONS, Augmentation
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.draws import Draws
from models.runtime.boxes import PADDING
from models.runtime.steps import Range

TINY = 1e-12
"""Keeps the range of constant samples from being zero."""


class Augmenter:
    """A chain of augmentation steps for samples of one shape. Steps that do not apply to them are left out.

    Args:
        steps: in order.
        value_range: the lowest and the highest value of samples, to which colours are cut; None where it is not known:
            each sample's own then stands for black and white.
        shape: of samples.
        seed: another number draws other changes.

    Attributes:
        mixes: whether targets become shares of several classes.
    """

    def __init__(self, steps: tuple[Step, ...], value_range: Range, shape: Shape, seed: int) -> None:
        self._shape = shape
        self._range = value_range
        self._seed = seed
        self._chain: tuple[tuple[int, Augmentation], ...] = tuple(
            (index, AUGMENTATIONS[type(step)](step, shape))
            for index, step in enumerate(steps)
            if step.applies_to(shape)
        )
        self.mixes: bool = any(augmentation.mixes for _index, augmentation in self._chain)

    def __call__(self, batch: Batch, epoch: Any, step: Any) -> Batch:
        """The batch as it is trained on in a step of an epoch: the same for the same numbers, seed and samples.

        Works in graphs; the number of samples may be unknown, and 1.
        """
        seed = self._seed_of(epoch, step)
        batch = _as_tensors(batch)
        for photometric, members in groupby(self._chain, lambda member: member[1].photometric):
            change = self._in_unit_range if photometric else self._in_order
            batch = change(batch, [(augmentation, _draws(seed, index)) for index, augmentation in members])
        return batch._replace(samples=tf.ensure_shape(batch.samples, (None, *self._shape)))

    def _seed_of(self, epoch: Any, step: Any) -> Any:
        seed = tf.constant([self._seed & 0x7FFFFFFF, 0x4C6F6F6D], tf.int32)
        for number in (epoch, step):
            seed = tf.random.experimental.stateless_fold_in(seed, tf.cast(number, tf.int32))
        return seed

    def _in_order(self, batch: Batch, members: list[tuple[Augmentation, Draws]]) -> Batch:
        for augmentation, draws in members:
            batch = augmentation(batch, draws)
        return batch

    def _in_unit_range(self, batch: Batch, members: list[tuple[Augmentation, Draws]]) -> Batch:
        """Neighbours that change values only, with black at 0 and white at 1: so all of them may count in shares."""
        if self._range is not None:
            low, high = self._range
        else:
            axes = list(range(1, len(self._shape) + 1))
            low = tf.reduce_min(batch.samples, axes, keepdims=True)
            high = tf.reduce_max(batch.samples, axes, keepdims=True)
        width = tf.maximum(tf.cast(high - low, tf.float32), TINY)
        batch = batch._replace(samples=(batch.samples - low) / width)
        for augmentation, draws in members:
            batch = augmentation(batch, draws)
            if self._range is not None:
                batch = batch._replace(samples=tf.clip_by_value(batch.samples, 0.0, 1.0))
        return batch._replace(samples=batch.samples * width + low)


def _draws(seed: Any, index: int) -> Draws:
    return Draws(tf.random.experimental.stateless_fold_in(seed, index))


def _as_tensors(batch: Batch) -> Batch:
    """Tensors of the types that steps expect; ragged boxes are filled up to (n, k, 5)."""
    boxes = batch.boxes
    if isinstance(boxes, tf.RaggedTensor):
        boxes = boxes.to_tensor(default_value=PADDING, shape=(None, None, 5))
    return Batch(
        tf.cast(batch.samples, tf.float32),
        tf.cast(batch.targets, tf.float32),
        None if batch.masks is None else tf.cast(batch.masks, tf.int32),
        None if boxes is None else tf.cast(boxes, tf.float32),
    )
