"""Some of the channels, side by side."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="layerloom")
class ChannelSlice(keras.layers.Layer):
    """Gives the channels from `start` up to and without `stop`: `x[..., start:stop]`.

    Args:
        start: first channel, counted from 0.
        stop: the channel behind the last one; to the end if None.
    """

    def __init__(self, start: int = 0, stop: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.stop = stop

    def call(self, inputs: Any) -> Any:
        return inputs[..., self.start : self.stop]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], len(range(input_shape[-1])[self.start : self.stop]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "start": self.start, "stop": self.stop}
