"""Scale and mean of values."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from models.data.steps.preprocessing import PerImageStandardize, Rescale, Standardize
from models.runtime.steps.base import Operation, Range

SMALLEST_DEVIATION = 1e-7
"""Channels that vary less were always the same: they lose their mean, and are not blown up by what is only rounding."""

RELATIVE_DEVIATION = 1e-4
"""Of the largest value: samples that vary less are taken for constant; what differs in them is rounding."""


class RescaleOperation(Operation):
    step_class = Rescale

    @property
    def factor(self) -> float:
        if self.step.scale is not None:
            return float(self.step.scale)
        return 1.0 / self.place.white if self.place.white > 0 else 1.0

    @property
    def output_range(self) -> Range:
        if self.place.value_range is None:
            return None
        low, high = sorted(value * self.factor + self.step.offset for value in self.place.value_range)
        return low, high

    def __call__(self, batch: Any) -> Any:
        scaled = ops.cast(batch, "float32") * np.float32(self.factor)
        return scaled + np.float32(self.step.offset) if self.step.offset else scaled

    def layers(self, batch: Any) -> Any:
        return keras.layers.Rescaling(self.factor, self.step.offset, dtype="float32")(batch)


class StandardizeOperation(Operation):
    """As `keras.layers.Normalization`; what has not been measured passes as it is."""

    step_class = Standardize

    @property
    def statistics(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Mean and deviation of each channel; their averages for samples of another number of channels."""
        channels = self.place.shape[-1]
        mean = np.array(self.step.mean if self.step.is_measured else [0.0], np.float64)
        variance = np.array(self.step.variance if self.step.is_measured else [1.0], np.float64)
        if len(mean) != channels:
            mean, variance = np.repeat(mean.mean(), channels), np.repeat(variance.mean(), channels)
        deviation = np.sqrt(variance)
        return mean, np.where(deviation > SMALLEST_DEVIATION, deviation, 1.0)

    @property
    def output_range(self) -> Range:
        if self.place.value_range is None or not self.step.is_measured:
            return self.place.value_range
        mean, deviation = self.statistics
        low, high = ((value - mean) / deviation for value in self.place.value_range)
        return float(low.min()), float(high.max())

    def __call__(self, batch: Any) -> Any:
        mean, deviation = (values.astype(np.float32) for values in self.statistics)
        return (ops.cast(batch, "float32") - mean) / deviation

    def layers(self, batch: Any) -> Any:
        mean, deviation = self.statistics
        return keras.layers.Normalization(
            axis=-1, mean=mean.tolist(), variance=(deviation**2).tolist(), dtype="float32"
        )(batch)


class PerImageStandardizeOperation(Operation):
    step_class = PerImageStandardize

    @property
    def output_range(self) -> Range:
        return None

    def __call__(self, batch: Any) -> Any:
        axes = tuple(range(1, len(self.place.shape) + 1))
        if self.step.per_channel and len(axes) > 1:
            axes = axes[:-1]
        values = ops.cast(batch, "float32")
        centred = values - ops.mean(values, axis=axes, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(centred), axis=axes, keepdims=True))
        least = RELATIVE_DEVIATION * ops.max(ops.abs(values), axis=axes, keepdims=True) + 1e-12
        return centred / ops.maximum(deviation, least)
