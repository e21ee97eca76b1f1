"""Pooling with Gaussian weights, after Zhang 2019, "Making convolutional networks shift-invariant again"."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class BlurPooling2D(keras.layers.Layer):
    """Averages each window with Gaussian weights, the largest in its middle: a low-pass filter before subsampling.

    The weights of each output sum to 1. With "same" padding only positions inside the image count, as in Keras's
    average pooling.

    Args:
        pool_size: height and width of the window.
        strides: steps the window moves.
        padding: "valid" or "same".
        sigma: the Gaussian's standard deviation, in pixels.
    """

    def __init__(
        self,
        pool_size: Sequence[int] = (3, 3),
        strides: Sequence[int] = (2, 2),
        padding: str = "same",
        sigma: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)
        self.strides = tuple(strides)
        self.padding = padding
        self.sigma = sigma

    def call(self, inputs: Any) -> Any:
        for axis in (1, 2):  # a two-dimensional Gaussian is the product of two one-dimensional ones
            inputs = self._averaged(inputs, axis)
        return inputs

    def _averaged(self, values: Any, axis: int) -> Any:
        size, window, stride = values.shape[axis], self.pool_size[axis - 1], self.strides[axis - 1]
        outputs = self._outputs(size, axis)
        missing = max((outputs - 1) * stride + window - size, 0)
        before = missing // 2
        sides = [(0, 0)] * 4
        sides[axis] = (before, missing - before)
        values = ops.pad(values, sides)
        # Exponents count from the smallest, so that no sigma makes every weight of an output vanish.
        squares = [[(tap - (window - 1) / 2) ** 2 for tap in range(window) if 0 <= place + tap - before < size]
                   for place in range(0, outputs * stride, stride)]  # fmt: skip
        nearest = [min(row) for row in squares]
        total = 0
        for tap in range(window):
            distance = (tap - (window - 1) / 2) ** 2
            weights = []
            for index, row in enumerate(squares):
                norm = sum(math.exp((nearest[index] - square) / (2 * self.sigma**2)) for square in row)
                inside = 0 <= index * stride + tap - before < size
                weights.append(math.exp((nearest[index] - distance) / (2 * self.sigma**2)) / norm if inside else 0.0)
            place = [slice(None)] * 4
            place[axis] = slice(tap, tap + (outputs - 1) * stride + 1, stride)
            shape = [1] * 4
            shape[axis] = outputs
            total = total + values[tuple(place)] * ops.reshape(ops.convert_to_tensor(weights, values.dtype), shape)
        return total

    def _outputs(self, size: int, axis: int) -> int:
        window, stride = self.pool_size[axis - 1], self.strides[axis - 1]
        return -(-size // stride) if self.padding == "same" else (size - window) // stride + 1

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, channels = input_shape
        return (batch, self._outputs(height, 1), self._outputs(width, 2), channels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "sigma": self.sigma,
        }
