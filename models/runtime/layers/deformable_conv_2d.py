"""Deformable convolution, after Dai et al. 2017, "Deformable convolutional networks" (version 1)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class DeformableConv2D(keras.layers.Layer):
    """A convolution whose taps are moved by learned offsets.

    A convolution of its own computes, at every output position, an offset (down, right) for each tap; the input is
    read there by bilinear interpolation, with zeros outside the image. The offsets' weights start at zero, so that
    training begins with a plain convolution.

    Weights: `kernel` (height, width, input channels, filters), `bias` (filters,), `offset_kernel` (height, width,
    input channels, 2 · height · width) and `offset_bias` (2 · height · width,). Offsets are ordered tap by tap, row by
    row, down before right.

    Args: those of `keras.layers.Conv2D`, of which strides and dilation_rate cannot both be above 1.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        strides: Sequence[int] = (1, 1),
        padding: str = "valid",
        dilation_rate: Sequence[int] = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.strides = tuple(strides)
        self.padding = padding
        self.dilation_rate = tuple(dilation_rate)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Any) -> None:
        (height, width), channels = self.kernel_size, input_shape[-1]
        self.kernel = self.add_weight(
            shape=(height, width, channels, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias") if self.use_bias else None
        self.offset_kernel = self.add_weight(
            shape=(height, width, channels, 2 * height * width), initializer="zeros", name="offset_kernel"
        )
        self.offset_bias = self.add_weight(shape=(2 * height * width,), initializer="zeros", name="offset_bias")

    def call(self, inputs: Any) -> Any:
        offsets = self.offset_bias + ops.conv(
            inputs,
            self.offset_kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        _, rows, columns, channels = self.compute_output_shape(inputs.shape)[:3] + inputs.shape[-1:]
        taps = self.kernel_size[0] * self.kernel_size[1]
        positions = "float64" if self.compute_dtype == "float64" else "float32"  # half precision is too coarse
        offsets = ops.reshape(ops.cast(offsets, positions), (-1, rows, columns, taps, 2))
        down, right = (ops.cast(places, positions) for places in self._grid(inputs.shape, rows, columns))
        samples = self._sampled(inputs, down + offsets[..., 0], right + offsets[..., 1])
        samples = ops.reshape(samples, (-1, rows, columns, taps * channels))
        outputs = ops.matmul(samples, ops.reshape(self.kernel, (taps * channels, self.filters)))
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def _grid(self, shape: Any, rows: int, columns: int) -> tuple[Any, Any]:
        """Where the taps of each output position are without offsets: rows (rows, 1, taps), columns (columns, taps)."""
        starts = []
        for axis, outputs in enumerate((rows, columns)):
            span = self.dilation_rate[axis] * (self.kernel_size[axis] - 1) + 1
            missing = max((outputs - 1) * self.strides[axis] + span - shape[axis + 1], 0)
            starts.append(ops.arange(outputs, dtype="float32") * self.strides[axis] - missing // 2)
        height, width = self.kernel_size
        tap = ops.arange(height * width, dtype="int32")
        tap_rows = ops.cast(tap // width * self.dilation_rate[0], "float32")
        tap_columns = ops.cast(tap % width * self.dilation_rate[1], "float32")
        return starts[0][:, None, None] + tap_rows, starts[1][:, None] + tap_columns

    def _sampled(self, image: Any, row: Any, column: Any) -> Any:
        """The image at fractional positions (batch, rows, columns, taps), interpolated; (…, taps, channels)."""
        _, height, width, channels = image.shape
        pixels = ops.reshape(image, (-1, channels))
        first = ops.reshape(ops.arange(ops.shape(image)[0], dtype="int32") * (height * width), (-1, 1, 1, 1))
        top, left = ops.floor(row), ops.floor(column)
        total = 0
        for y, weight_y in ((top, top + 1 - row), (top + 1, row - top)):
            for x, weight_x in ((left, left + 1 - column), (left + 1, column - left)):
                inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
                weight = ops.where(inside, weight_y * weight_x, 0.0)
                place_y = ops.cast(ops.clip(y, 0, height - 1), "int32")
                place_x = ops.cast(ops.clip(x, 0, width - 1), "int32")
                values = ops.take(pixels, first + place_y * width + place_x, axis=0)
                total = total + values * ops.expand_dims(ops.cast(weight, image.dtype), -1)
        return total

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = []
        axes = zip(input_shape[1:3], self.kernel_size, self.strides, self.dilation_rate, strict=True)
        for size, window, stride, dilation in axes:
            span = dilation * (window - 1) + 1
            sizes.append(-(-size // stride) if self.padding == "same" else (size - span) // stride + 1)
        return (input_shape[0], *sizes, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
