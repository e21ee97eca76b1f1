"""One batch exactly as training would get it, with what each sample was before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.data.decoding import BrokenImage, quiet_pillow
from models.data.facts import DataError
from models.data.samples import Indices, Samples, Values
from models.data.split import divide
from models.runtime.augmentation import Augmenter, Batch
from models.runtime.data_desk import DataDesk, left_in, preprocessor_for
from models.runtime.pipeline.prepared import Prepared
from models.runtime.preprocessing import Preprocessor
from models.runtime.step.run_data import epoch_order
from models.training.commands import PreviewBatch, Storage
from models.training.events import BatchPreviewed

PREVIEW_BYTES = 2**28

Floats = npt.NDArray[np.float32]


def previewed(desk: DataDesk, command: PreviewBatch, again: bool = True) -> BatchPreviewed:
    """Prepare one batch; `again` as in `DataDesk.samples`. Raises DataError where there is nothing to show."""
    samples = desk.samples(command.data, again)
    facts = samples.facts.named(command.preparation.class_names)
    usable = left_in(samples, command.preparation)
    parts = divide(command.preparation.split, samples, usable)
    shape = command.input_shape if command.input_shape is not None else facts.sample_shape
    preparation = desk.measured(samples, command.preparation, parts.training, shape)
    side = parts.validation if command.validation else parts.training
    chosen = _chosen(command, samples, side)
    if not len(chosen):
        raise DataError("There are no samples on this side of the split. Change the split to see some.")
    prepared = Prepared(
        samples, preprocessor_for(facts, preparation, shape), np.unique(chosen), Storage(memory=PREVIEW_BYTES)
    )
    indices, sized, lost = _sized(prepared, chosen)
    if not len(indices):
        raise DataError(f"None of these samples can be read: {lost[0]}" if lost else "These samples cannot be read.")
    batch = _batch(samples, prepared.preprocessor, indices, sized, facts.classes)
    if not command.validation and preparation.augmentation:
        value_range, sized_shape = prepared.preprocessor.value_range, prepared.preprocessor.sized_shape
        augment = Augmenter(preparation.augmentation, value_range, sized_shape, command.seed)
        batch = augment(batch, tf.constant(command.shuffle), tf.constant(0))
    return _told(samples, indices, batch, prepared.preprocessor, facts.class_names, lost)


def read_raw(samples: Samples, indices: Iterable[int]) -> list[Values]:
    """Samples as they are stored; those that cannot be read are left out."""
    found = []
    with quiet_pillow():
        for index in indices:
            try:
                found.append(samples.read(int(index)))
            except BrokenImage:
                continue
    return found


def _chosen(command: PreviewBatch, samples: Samples, side: Indices) -> Indices:
    """The samples that were asked for, or the first ones of an epoch as training orders it."""
    if command.chosen:
        there = [index for index in command.chosen if 0 <= index < len(samples)]
        return np.array(there[: command.count], np.int64)
    balance = "none" if command.validation else command.preparation.balance
    return epoch_order(side, samples.labels[side], balance, command.seed, command.shuffle)[: command.count]


def _sized(prepared: Prepared, chosen: Indices) -> tuple[Indices, tf.Tensor, tuple[str, ...]]:
    """The chosen samples that can be read, sized, and those that cannot, as `name: reason`.

    What TensorFlow cannot decode and Pillow can comes in the second pass, as it does in training.
    """
    lost: tuple[str, ...] = ()
    for _pass in range(2):
        batches = list(prepared.stream(prepared.left(chosen), len(chosen)))
        indices, sized = (batches[0][0].numpy(), batches[0][1]) if batches else (chosen[:0], tf.zeros([0]))
        missing = np.setdiff1d(prepared.left(chosen), indices)
        if not len(missing):
            break
        lost += prepared.missed(missing)
    return indices, sized, lost


def _batch(samples: Samples, preprocessor: Preprocessor, indices: Indices, sized: tf.Tensor, classes: int) -> Batch:
    """The sized samples with their targets, masks and boxes."""
    targets = tf.one_hot(np.maximum(samples.labels[indices], 0), max(classes, 1))
    facts, masks, boxes = samples.facts, None, None
    if facts.has_masks:
        masks = tf.stack([preprocessor.size_mask(_mask(samples, int(index))) for index in indices])
    if facts.has_boxes:
        boxes = _padded([_sized_boxes(samples, preprocessor, int(index)) for index in indices])
    return Batch(tf.cast(sized, tf.float32), targets, masks, boxes)


def _mask(samples: Samples, index: int) -> Values:
    """A sample's mask; of one that cannot be read, which the scan names, all pixels are of class 0."""
    try:
        mask = samples.mask(index)
    except BrokenImage:
        mask = None
    return mask if mask is not None else np.zeros(samples.read(index).shape[:2], np.uint8)


def _sized_boxes(samples: Samples, preprocessor: Preprocessor, index: int) -> Floats:
    boxes = samples.boxes(index)
    assert boxes is not None
    height, width = samples.read(index).shape[:2]
    return np.asarray(preprocessor.size_boxes(boxes, height, width), np.float32)


def _padded(boxes: list[Floats]) -> tf.Tensor:
    """Boxes of several images as one tensor (images, most objects, 5): what fills it up is of class −1."""
    most = max((len(one) for one in boxes), default=0)
    padded = np.zeros((len(boxes), most, 5), np.float32)
    padded[:, :, 4] = -1
    for place, one in zip(padded, boxes, strict=True):
        place[: len(one)] = one
    return tf.constant(padded)


def _told(
    samples: Samples,
    indices: Indices,
    batch: Batch,
    preprocessor: Preprocessor,
    class_names: tuple[str, ...],
    lost: tuple[str, ...],
) -> BatchPreviewed:
    inputs = np.asarray(preprocessor.scale(batch.samples), np.float32)
    low, high = preprocessor.output_range or (float(inputs.min()), float(inputs.max()))
    facts = samples.facts
    numbers = [int(index) for index in indices]
    with quiet_pillow():
        originals = tuple(samples.read(index) for index in numbers)
        masks = tuple(_mask(samples, index) for index in numbers) if facts.has_masks else ()
    boxes = tuple(samples.boxes(index) for index in numbers) if facts.has_boxes else ()
    return BatchPreviewed(
        indices=indices,
        names=tuple(samples.name(index) for index in numbers),
        originals=originals,
        inputs=inputs,
        targets=np.asarray(batch.targets, np.float32),
        class_names=class_names,
        low=low,
        high=high,
        original_masks=masks,
        masks=tuple(np.asarray(batch.masks)) if batch.masks is not None else (),
        original_boxes=tuple(one for one in boxes if one is not None),
        boxes=tuple(one[one[:, 4] >= 0] for one in np.asarray(batch.boxes)) if batch.boxes is not None else (),
        lost=lost,
    )
