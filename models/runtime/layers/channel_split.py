"""Channel split, after Ma, Zhang, Zheng & Sun 2018, "ShuffleNet V2"."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="layerloom")
class ChannelSplit(keras.layers.Layer):
    """Gives the first and the second half of the channels, as two outputs."""

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] % 2:
            raise ValueError(f"Received {input_shape[-1]} channels; expected an even number.")

    def call(self, inputs: Any) -> Any:
        half = inputs.shape[-1] // 2
        return inputs[..., :half], inputs[..., half:]

    def compute_output_shape(self, input_shape: Any) -> Any:
        half = (*input_shape[:-1], input_shape[-1] // 2)
        return half, half
