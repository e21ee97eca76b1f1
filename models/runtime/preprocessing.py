"""The preprocessing chain on tensors: in data pipelines, on single samples, and as layers inside exported models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from models.blocks import Shape
from models.data.steps import Step
from models.data.steps.preprocessing import Standardize, needs_measuring
from models.runtime.boxes import kept_boxes
from models.runtime.steps import OPERATIONS, Operation, Place, Range

__all__ = ["Preprocessor", "measured", "needs_measuring"]


class Preprocessor:
    """A chain of steps for samples of one kind. Steps that do not apply to them are left out.

    The chain has two parts. `size` ends with the last step that changes shapes and is done once for each sample, before
    caching; `scale` is done on batches, behind the augmentation.

    Args:
        steps: in order.
        white: the largest value that stored samples can have; 0 where there is none.
        sample_shape: of stored samples, the most common one.
        target: of the network's Input.

    Attributes:
        sized_shape: of samples behind `size`.
        output_shape: of samples at the end.
        keeps_bytes: whether sized samples still lie in 0 … 255, so that they may be kept rounded to bytes.
        value_range: the lowest and the highest value behind `size`; None where that is not known.
        output_range: the same at the end.
    """

    def __init__(self, steps: tuple[Step, ...], white: float, sample_shape: Shape, target: Shape) -> None:
        self.sample_shape = sample_shape
        self._operations = tuple(_operations(steps, Place(sample_shape, target, white, _first_range(white))))
        sizing = [index for index, operation in enumerate(self._operations) if operation.step.changes_shape]
        split = sizing[-1] + 1 if sizing else 0
        self._sizing, self._scaling = self._operations[:split], self._operations[split:]
        self.sized_shape: Shape = self._sizing[-1].output_shape if self._sizing else sample_shape
        self.output_shape: Shape = self._operations[-1].output_shape if self._operations else sample_shape
        self.keeps_bytes: bool = white == 255 and all(operation.step.changes_shape for operation in self._sizing)
        self.value_range: Range = self._sizing[-1].output_range if self._sizing else _first_range(white)
        self.output_range: Range = self._scaling[-1].output_range if self._scaling else self.value_range

    def size(self, sample: Any) -> Any:
        """One sample, or a stacked batch, uint8 or float32 of any size → float32 of `sized_shape`.

        In a graph height, width and channels (1 or 3) may be unknown.
        """
        return _on_batches(self._sized, sample, len(self.sample_shape))

    def size_mask(self, mask: Any) -> Any:
        """A mask (height, width), or a stacked batch of them → int32, as the image went; what is new is class 0."""
        masks = tf.convert_to_tensor(mask)[..., tf.newaxis]
        return tf.cast(_on_batches(self._sized_masks, masks, 3)[..., 0], tf.int32)

    def size_boxes(self, boxes: Any, height: Any, width: Any) -> Any:
        """Boxes (objects, 5) of an image of that size → where they are in the sized image, cut at its edges.

        Those of which less than a tenth is left become padding: class −1.
        """
        boxes = tf.cast(boxes, tf.float32)
        corners = boxes[:, :4]
        height, width = tf.cast(height, tf.int32), tf.cast(width, tf.int32)
        for operation in self._sizing:
            corners, height, width = operation.boxes(corners, height, width)
        return kept_boxes(corners, boxes[:, 4], height, width)

    def scale(self, batch: Any) -> Any:
        """Sized samples (n, *sized_shape), uint8 or float32 → float32 (n, *output_shape), as the network gets them."""
        batch = tf.cast(batch, tf.float32)
        for operation in self._scaling:
            batch = operation(batch)
        return batch

    def whole(self, batch: Any) -> Any:
        """A batch of samples of equal size as they are stored → as the network gets them, never rounded."""
        return self.scale(self.size(batch))

    def layers(self, raw: Any) -> Any:
        """The chain on a symbolic input of stored samples, made of Keras's layers and operations alone.

        A model with it loads in plain Keras, in safe mode and without custom objects, and takes samples as stored;
        their height and width may be None in `raw`.
        """
        outputs = raw if raw.dtype == "float32" else ops.cast(raw, "float32")
        for operation in self._operations:
            outputs = operation.layers(outputs)
        return outputs

    def before(self, step: Step, sized: Any) -> Any:
        """Sized samples as they arrive at one of the steps behind `size`; as they are for a step of `size` itself."""
        batch = tf.cast(sized, tf.float32)
        if all(operation.step is not step for operation in self._scaling):
            return batch
        for operation in self._scaling:
            if operation.step is step:
                break
            batch = operation(batch)
        return batch

    def _sized(self, batch: Any) -> Any:
        for operation in self._sizing:
            batch = operation(batch)
        return tf.cast(batch, tf.float32)

    def _sized_masks(self, masks: Any) -> Any:
        for operation in self._sizing:
            masks = operation.mask(masks)
        return masks


def measured(
    steps: tuple[Step, ...],
    batches: Iterable[np.ndarray[Any, Any]],
    white: float,
    sample_shape: Shape,
    target: Shape,
    fingerprint: str = "",
) -> tuple[Step, ...]:
    """The steps with the statistics of Standardize, measured for each channel at its place in the chain.

    Args:
        batches: sized training samples, gone through once for each Standardize: a list, or something that starts anew
            whenever it is iterated. Without any sample, Standardize stays as it is.
        white, sample_shape, target: as for Preprocessor.
        fingerprint: what stands for these samples and steps, kept in `measured_on`.
    """
    for index, step in enumerate(steps):
        if not isinstance(step, Standardize):
            continue
        chain = Preprocessor(steps, white, sample_shape, target)
        statistics = _statistics(chain.before(step, batch).numpy() for batch in batches)
        if statistics is not None:
            mean, variance = statistics
            filled = step.replace(mean=tuple(mean), variance=tuple(variance), measured_on=fingerprint)
            steps = (*steps[:index], filled, *steps[index + 1 :])
    return steps


def _statistics(batches: Iterable[np.ndarray[Any, Any]]) -> tuple[list[float], list[float]] | None:
    """Mean and variance of each channel over all batches (samples, …, channels), merged in float64.

    The formula is that of Chan, Golub & LeVeque 1979, which loses no digits however far the mean is from 0.
    """
    count, mean, squares = 0, np.zeros(1), np.zeros(1)
    for batch in batches:
        values = batch.reshape(-1, batch.shape[-1]).astype(np.float64)
        if not len(values):
            continue
        total, own_mean = count + len(values), values.mean(axis=0)
        difference = own_mean - mean
        squares = squares + ((values - own_mean) ** 2).sum(axis=0) + difference**2 * (count * len(values) / total)
        mean = mean + difference * (len(values) / total)
        count = total
    return (mean.tolist(), (squares / count).tolist()) if count else None


def _operations(steps: tuple[Step, ...], place: Place) -> Iterable[Operation]:
    for step in steps:
        if not step.applies_to(place.shape):
            continue
        operation = OPERATIONS[type(step)](step, place)
        place = Place(operation.output_shape, place.target, place.white, operation.output_range)
        yield operation


def _first_range(white: float) -> Range:
    return (0.0, white) if white > 0 else None


def _on_batches(function: Any, samples: Any, rank: int) -> Any:
    samples = tf.convert_to_tensor(samples)
    if samples.shape.rank == rank:
        return function(samples[tf.newaxis])[0]
    return function(samples)
