"""Max pooling that remembers, after Badrinarayanan, Kendall & Cipolla 2017, "SegNet"."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class MaxPoolingWithIndices2D(keras.layers.Layer):
    """Keeps the largest value of each window, and where in the window it stood.

    Two outputs of the same shape: the values, and their indices inside the window, row by row from 0, as int32 (the
    two bits for a 2×2 window that SegNet keeps). The first of equal values counts.

    Args:
        pool_size: height and width of the window.
        strides: steps the window moves; as large as the window if None.
        padding: "valid" or "same".
    """

    def __init__(
        self,
        pool_size: Sequence[int] = (2, 2),
        strides: Sequence[int] | None = None,
        padding: str = "valid",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)
        self.strides = tuple(pool_size if strides is None else strides)
        self.padding = padding

    def call(self, inputs: Any) -> Any:
        rows, columns = self.compute_output_shape(inputs.shape)[0][1:3]
        if self.padding == "same":
            lowest = ops.cast(-float("inf"), inputs.dtype)
            inputs = ops.pad(inputs, [(0, 0), *self._padding(inputs.shape), (0, 0)], constant_values=lowest)
        (down, right), (height, width) = self.strides, self.pool_size
        largest, index = None, None
        for tap in range(height * width):
            top, left = divmod(tap, width)
            bottom, end = top + (rows - 1) * down + 1, left + (columns - 1) * right + 1
            values = inputs[:, top:bottom:down, left:end:right, :]
            if largest is None:
                largest, index = values, ops.zeros_like(values, dtype="int32")
            else:
                higher = values > largest
                largest, index = ops.where(higher, values, largest), ops.where(higher, tap, index)
        return largest, index

    def _padding(self, shape: Any) -> list[tuple[int, int]]:
        sides = []
        outputs = self.compute_output_shape(shape)[0][1:3]
        for size, output, window, stride in zip(shape[1:3], outputs, self.pool_size, self.strides, strict=True):
            missing = max((output - 1) * stride + window - size, 0)
            sides.append((missing // 2, missing - missing // 2))
        return sides

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = []
        for size, window, stride in zip(input_shape[1:3], self.pool_size, self.strides, strict=True):
            sizes.append(-(-size // stride) if self.padding == "same" else (size - window) // stride + 1)
        shape = (input_shape[0], *sizes, input_shape[3])
        return shape, shape

    def compute_output_spec(self, inputs: Any) -> Any:
        values, indices = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(values, self.compute_dtype), keras.KerasTensor(indices, "int32")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
        }
