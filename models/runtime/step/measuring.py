"""`LayerMeasurer`: norms, histograms and idle units of every layer, reduced where the model computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd, prod
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.blocks import Block
from models.runtime.live_model import LiveModel
from models.training.events import BlockMeasured, Histogram

Floats = npt.NDArray[np.float32]

BINS = 32
MOST_SAMPLES = 64
"""Samples of a batch whose activations are looked at."""

MOST_VALUES = 2**16
"""Values, spread over all of a layer's activations or weights, of which a histogram is made."""

SATURATED = {"tanh": (-0.99, 0.99), "sigmoid": (0.005, 0.995)}
"""What is beyond these lies in the outermost hundredth of an activation's range."""


class LayerMeasurer:
    """Looks at every layer of a live model's expansion after a step.

    Norms are those of the weights that can be trained, biases among them. Activations are those of the samples of the
    step, up to 64, computed with the weights after it and without Dropout. Only the results leave the device.

    Compiled is what one layer takes, once for all of them, and the network's forward pass: a graph that reduces all
    layers of a deep network takes longer to compile than the training step itself.
    """

    def __init__(self, live: LiveModel) -> None:
        self._live = live
        self._layers = [live.model.get_layer(node.id) for node in live.expansion.network.nodes]
        self._blocks: list[Block] = [node.block for node in live.expansion.network.nodes]
        known = live.layer_analysis.nodes
        self._weights = [
            [weight for weight, fact in zip(layer.weights, known[layer.name].weights, strict=True) if fact.trainable]
            for layer in self._layers
        ]
        self._weighty = [index for index, weights in enumerate(self._weights) if weights]
        places = {id(variable): place for place, variable in enumerate(live.model.trainable_variables)}
        self._places = [[places[id(weight)] for weight in weights if id(weight) in places] for weights in self._weights]
        inside = keras.Model(live.model.input, [_first(layer.output) for layer in self._layers])
        self._forward = tf.function(lambda samples: inside(samples, training=False), reduce_retracing=True)

    def copied(self) -> Sequence[tf.Tensor]:
        """The weights as they are, to be compared with after a step."""
        return [tf.identity(weight.value) for weights in self._weights for weight in weights]

    def measured(
        self, before: Sequence[tf.Tensor], squares: Floats, samples: tf.Tensor, changed: bool
    ) -> dict[str, BlockMeasured]:
        """What a step did, by layer, in the network's order.

        Args:
            before: the weights before it, as `copied` gave them.
            squares: the sum of the squares of every trained variable's gradient.
            samples: what it was taken on, as the network took them.
            changed: whether it changed the weights, and did not only gather gradients.
        """
        norms, changes, weights = self._of_weights(before)
        activations, idle = self._of_activations(samples[:MOST_SAMPLES])
        rows = {index: row for row, index in enumerate(self._weighty)}
        found: dict[str, BlockMeasured] = {}
        for index, (layer, block) in enumerate(zip(self._layers, self._blocks, strict=True)):
            row, places = rows.get(index), self._places[index]
            trained = row is not None and bool(places)
            found[layer.name] = BlockMeasured(
                weight_norm=float(norms[row]) if row is not None else None,
                gradient_norm=float(np.sqrt(squares[places].sum())) if trained else None,
                update_ratio=float(changes[row] / max(float(norms[row]), 1e-12)) if trained and changed else None,
                dead_share=float(idle[index]) if can_die(block) else None,
                saturated_share=float(idle[index]) if block.output_activation in SATURATED else None,
                weights=_histogram(weights[row]) if row is not None else None,
                activations=_histogram(activations[index]),
            )
        return found

    # --- where the model computes -----------------------------------------------------------------------------------
    def _of_weights(self, before: Sequence[tf.Tensor]) -> tuple[Floats, Floats, Floats]:
        """For every layer with weights: their norm before, the norm of the change, and how they are spread now."""
        given, found = iter(before), []
        for weights in filter(None, self._weights):
            old = tf.concat([tf.reshape(next(given), [-1]) for _ in weights], 0)
            new = tf.concat([tf.reshape(weight.value, [-1]) for weight in weights], 0)
            found.append(_compared(old, new, tf.constant(_stride(new.shape[0], 1))))
        told: Floats = tf.stack(found).numpy() if found else np.zeros((0, 2 + 2 + BINS), np.float32)
        return told[:, 0], told[:, 1], told[:, 2:]

    def _of_activations(self, samples: tf.Tensor) -> tuple[Floats, Floats]:
        """For every layer: how its outputs are spread, and the share that is dead or saturated."""
        outputs = self._forward(samples)
        spread, idle = [], []
        for block, output in zip(
            self._blocks, outputs if isinstance(outputs, list | tuple) else [outputs], strict=True
        ):
            channels = output.shape[-1]
            values = tf.reshape(tf.cast(output, tf.float32), [-1, channels])
            stride = _stride(prod(output.shape[1:]) * MOST_SAMPLES, channels)
            spread.append(_spread(tf.reshape(values, [-1]), tf.constant(stride)))
            idle.append(_idle(block, values))
        return tf.stack(spread).numpy(), tf.stack(idle).numpy()


def can_die(block: Block) -> bool:
    """Whether a block's activation is ReLU, which gives zero and no gradient below its threshold."""
    return block.output_activation == "relu" and not getattr(block, "negative_slope", 0.0)


def _idle(block: Block, values: tf.Tensor) -> tf.Tensor:
    """Of values (…, channels) the share of channels without a positive one, or that of saturated ones; 0 for others."""
    if can_die(block):
        return _dead(values)
    if block.output_activation in SATURATED:
        return _saturated(values, *map(tf.constant, SATURATED[block.output_activation]))
    return tf.constant(0.0)


def _stride(size: int, channels: int) -> int:
    """Every how many of so many values are looked at, so that all channels are met."""
    stride = -(-size // MOST_VALUES)
    while stride > 1 and gcd(stride, channels) > 1:
        stride += 1
    return stride


@tf.function(input_signature=[tf.TensorSpec([None, None])])  # type: ignore[untyped-decorator]
def _dead(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(tf.reduce_max(values, 0) <= 0.0, tf.float32))


@tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([]), tf.TensorSpec([])])  # type: ignore[untyped-decorator]
def _saturated(values: tf.Tensor, low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast((values < low) | (values > high), tf.float32))


@tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)])  # type: ignore[untyped-decorator]
def _spread(values: tf.Tensor, stride: tf.Tensor) -> tf.Tensor:
    """Smallest and largest of every so many values, then the counts of bins between them: (2 + BINS,)."""
    values = values[::stride]
    values = tf.where(tf.math.is_finite(values), values, tf.zeros_like(values))
    low, high = tf.reduce_min(values), tf.reduce_max(values)
    high = tf.maximum(high, low + 1e-6 * tf.maximum(tf.abs(low), 1.0))
    counts = tf.histogram_fixed_width(values, [low, high], BINS)
    return tf.concat([[low, high], tf.cast(counts, tf.float32)], 0)


@tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)])  # type: ignore[untyped-decorator]
def _compared(old: tf.Tensor, new: tf.Tensor, stride: tf.Tensor) -> tf.Tensor:
    """The norm before, that of the change, and how the values are spread now: (2 + 2 + BINS,)."""
    return tf.concat([[tf.norm(old), tf.norm(new - old)], _spread(new, stride)], 0)


def _histogram(values: Floats) -> Histogram:
    return Histogram(float(values[0]), float(values[1]), values[2:].astype(np.float32))


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, list | tuple) else output


def first_not_finite(live: LiveModel, samples: tf.Tensor, loss_of: Callable[[Any], tf.Tensor]) -> str | None:
    """The first layer, in the network's order, whose output is not finite for these samples.

    Where all are, the first one from the end whose gradient is not: that of its output, or of its weights. None where
    those are finite, too. `loss_of` gives the loss of what the model makes.
    """
    names = [node.id for node in live.expansion.network.nodes]
    layers = [live.model.get_layer(name) for name in names]
    inside = keras.Model(live.model.input, [[_first(layer.output) for layer in layers], live.model.outputs])
    with tf.GradientTape() as tape:
        outputs, made = inside(samples, training=True)
        loss = loss_of(made)
    floating = [(name, output) for name, output in zip(names, outputs, strict=True) if output.dtype.is_floating]
    for name, output in floating:
        if not _is_finite(output):
            return name
    weights = [(layer.name, weight.value) for layer in layers for weight in layer.trainable_weights]
    gradients = tape.gradient(loss, [[output for _, output in floating], [weight for _, weight in weights]])
    ill = {
        name
        for (name, _), gradient in zip([*floating, *weights], [*gradients[0], *gradients[1]], strict=True)
        if gradient is not None and not _is_finite(tf.reduce_sum(tf.square(gradient)))  # as the step's norm sees it
    }
    last = next((name for name in reversed(names) if name in ill), None)
    if last is None and not _is_finite(loss):
        return live.expansion.network.outputs[0].id
    return last


def _is_finite(value: Any) -> bool:
    return bool(tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(value))))
