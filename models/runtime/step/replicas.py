"""Several GPUs: the model is mirrored on each of them, and every batch is divided among them.

What a step computes stays what one device would compute, but for rounding: shares of a batch count by their size, the
gradients are summed, and the optimizer sees them as those of the whole batch. Only BatchNormalization differs: each
device normalizes by the statistics of its own share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import tensorflow as tf

Share = Callable[[Any], tuple[tf.Tensor, tf.Tensor, Sequence[tf.Tensor]]]
"""From a slice of the batch to its mean loss, the outputs, and the gradients."""

NO_XLA = "XLA compiles for one device only, and this run computes on several: it is trained without."

_strategy: tf.distribute.Strategy | None = None  # as TensorFlow's devices are, of the whole process


def divide_among(devices: Sequence[str]) -> None:
    """Divide batches among these logical devices, `/GPU:0`, from now on; one or none ends that."""
    global _strategy
    _strategy = None
    if len(devices) > 1:
        # Gradients meet on the first device, where the step decides about them; so nothing depends on NCCL.
        _strategy = tf.distribute.MirroredStrategy(devices, tf.distribute.ReductionToOneDevice())


def are_several() -> bool:
    """Whether batches are divided."""
    return _strategy is not None


def mirrored() -> AbstractContextManager[Any]:
    """Variables that are made inside are mirrored on all devices, where there are several."""
    return _strategy.scope() if _strategy is not None else nullcontext()


def divided(size: tf.Tensor, share: Share) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
    """Mean loss, outputs and gradients of a batch of this size, each device computing a share of it.

    A batch with fewer samples than there are devices leaves some with nothing to do; these compute a sample that does
    not count.
    """
    assert _strategy is not None
    count = _strategy.num_replicas_in_sync

    def compute() -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        number = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, size.dtype)
        first, end = number * size // count, (number + 1) * size // count
        part = tf.cast(end - first, tf.float32) / tf.cast(size, tf.float32)
        begin = tf.minimum(first, size - 1)
        loss, outputs, gradients = share(slice(begin, tf.maximum(end, begin + 1)))
        return part * loss, outputs[: end - first], [tf.cast(part, one.dtype) * one for one in gradients]

    losses, outputs, gradients = _strategy.run(compute)
    total = tf.distribute.ReduceOp.SUM
    return (
        _strategy.reduce(total, losses, axis=None),
        tf.concat(_strategy.experimental_local_results(outputs), 0),
        [_strategy.reduce(total, one, axis=None) for one in gradients],
    )


def whole(loss: tf.Tensor) -> tf.Tensor:
    """A Keras loss as it is on one device: Keras divides it by the number of replicas."""
    count = tf.distribute.get_strategy().num_replicas_in_sync
    return loss * tf.cast(count, loss.dtype) if count > 1 else loss
