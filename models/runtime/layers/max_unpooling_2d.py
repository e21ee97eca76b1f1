"""Max unpooling, after Badrinarayanan, Kendall & Cipolla 2017, "SegNet"."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class MaxUnpooling2D(keras.layers.Layer):
    """Puts values back where max pooling found the largest ones, with zeros everywhere else.

    Takes `[values, indices]`, two tensors of the same shape; the indices count inside the window, as
    `MaxPoolingWithIndices2D` gives them. Where windows overlap and several values come back to one place, they add up.

    Args:
        pool_size, strides, padding: as they were in the pooling.
        output_size: height and width to restore; if None, the smallest that "valid" pooling brings to the input's
            size, or for "same" the input's size times the strides.
    """

    def __init__(
        self,
        pool_size: Sequence[int] = (2, 2),
        strides: Sequence[int] | None = None,
        padding: str = "valid",
        output_size: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)
        self.strides = tuple(pool_size if strides is None else strides)
        self.padding = padding
        self.output_size = None if output_size is None else tuple(output_size)

    def call(self, inputs: Any) -> Any:
        values, indices = inputs
        indices = ops.cast(indices, "int32")
        row, column = indices // self.pool_size[1], indices % self.pool_size[1]
        # A window is made of tiles as large as the stride: the tiles of one place in all windows cover the plane.
        tiles = [-(-window // stride) for window, stride in zip(self.pool_size, self.strides, strict=True)]
        restored = None
        for down in range(tiles[0]):
            for right in range(tiles[1]):
                inside = (row - down * self.strides[0], column - right * self.strides[1])
                plane = self._shifted(self._tiled(values, *inside), down, right)
                restored = plane if restored is None else restored + plane
        return restored

    def _tiled(self, values: Any, row: Any, column: Any) -> Any:
        """Every value in a tile of zeros, at its row and column; zeros alone where these lie outside."""
        (height, width), (_, rows, columns, channels) = self.strides, values.shape
        place = ops.where((column >= 0) & (column < width), row * width + column, -1)
        tiles = ops.where(
            ops.expand_dims(place, -1) == ops.arange(height * width, dtype="int32"), ops.expand_dims(values, -1), 0
        )
        tiles = ops.reshape(tiles, (-1, rows, columns, channels, height, width))
        return ops.reshape(ops.transpose(tiles, (0, 1, 4, 2, 5, 3)), (-1, rows * height, columns * width, channels))

    def _shifted(self, plane: Any, *tile: int) -> Any:
        """The plane moved by whole tiles, and cut or filled up to the output's size."""
        output = self._output_size(plane.shape[1] // self.strides[0], plane.shape[2] // self.strides[1])
        for axis in range(2):
            stride, size = self.strides[axis], plane.shape[axis + 1]
            start = tile[axis] * stride - self._padding_before(output[axis], size // stride, axis)
            before, after = max(start, 0), max(output[axis] - start - size, 0)
            plane = ops.pad(plane, [(before, after) if i == axis + 1 else (0, 0) for i in range(4)])
            first = max(-start, 0)
            cut = [slice(None)] * 4
            cut[axis + 1] = slice(first, first + output[axis])
            plane = plane[tuple(cut)]
        return plane

    def _padding_before(self, output: int, size: int, axis: int) -> int:
        """Rows or columns that "same" had put before the image."""
        if self.padding == "valid":
            return 0
        return max((size - 1) * self.strides[axis] + self.pool_size[axis] - output, 0) // 2

    def _output_size(self, *sizes: int) -> tuple[int, ...]:
        if self.output_size is not None:
            return self.output_size
        if self.padding == "same":
            return tuple(size * stride for size, stride in zip(sizes, self.strides, strict=True))
        axes = zip(sizes, self.pool_size, self.strides, strict=True)
        return tuple((size - 1) * stride + window for size, window, stride in axes)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, rows, columns, channels = input_shape[0]
        return (batch, *self._output_size(rows, columns), channels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "output_size": self.output_size,
        }
