"""Channel shuffle, after Zhang, Zhou, Lin & Sun 2018, "ShuffleNet"."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class ChannelShuffle(keras.layers.Layer):
    """Deals the channels of each group out to all groups, so that a grouped convolution behind sees all of them.

    With 2 groups of 6 channels, `0 1 2 | 3 4 5` becomes `0 3 1 4 2 5`.

    Args:
        groups: number of groups; has to divide the number of channels.
    """

    def __init__(self, groups: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] % self.groups:
            raise ValueError(
                f"Received {input_shape[-1]} channels; expected a number that {self.groups} groups divide."
            )

    def call(self, inputs: Any) -> Any:
        before, channels = tuple(inputs.shape[1:-1]), inputs.shape[-1]
        grouped = ops.reshape(inputs, (-1, *before, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(grouped, -1, -2), (-1, *before, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups}
