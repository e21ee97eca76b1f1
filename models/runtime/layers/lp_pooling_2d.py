"""Pooling by a norm, after Sermanet, Chintala & LeCun 2012, "Convolutional networks applied to house numbers"."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class LpPooling2D(keras.layers.Layer):
    """Summarizes each window by its norm, `(Σ |x|^p)^(1/p)`: p = 1 adds, p = 2 is the Euclidean length.

    The larger p, the closer to max pooling. Values that "same" adds at the edges are zeros.

    Args:
        pool_size: height and width of the window.
        strides: steps the window moves; as large as the window if None.
        padding: "valid" or "same".
        p: the norm's order, 1 or more.
    """

    def __init__(
        self,
        pool_size: Sequence[int] = (2, 2),
        strides: Sequence[int] | None = None,
        padding: str = "valid",
        p: float = 2.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)
        self.strides = tuple(pool_size if strides is None else strides)
        self.padding = padding
        self.p = p

    def call(self, inputs: Any) -> Any:
        powers = ops.power(ops.abs(inputs), self.p)
        for axis in (1, 2):
            powers = self._summed(powers, axis)
        positive = powers > 0  # the root of zero has no finite gradient
        return ops.where(positive, ops.power(ops.where(positive, powers, 1.0), 1.0 / self.p), 0.0)

    def _summed(self, values: Any, axis: int) -> Any:
        """Sums of the windows along one axis."""
        size, window, stride = values.shape[axis], self.pool_size[axis - 1], self.strides[axis - 1]
        outputs = self._outputs(size, axis)
        missing = max((outputs - 1) * stride + window - size, 0)
        sides = [(0, 0)] * 4
        sides[axis] = (missing // 2, missing - missing // 2)
        values = ops.pad(values, sides)
        total = 0
        for tap in range(window):
            place = [slice(None)] * 4
            place[axis] = slice(tap, tap + (outputs - 1) * stride + 1, stride)
            total = total + values[tuple(place)]
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
            "p": self.p,
        }
