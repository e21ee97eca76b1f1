"""Local response normalization, after Krizhevsky, Sutskever & Hinton 2012, section 3.3."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="layerloom")
class LocalResponseNormalization(keras.layers.Layer):
    """Divides every value by how strongly the channels around it respond at the same position.

    `output = x / (bias + alpha · Σ x²) ** beta`, where the sum runs over the channels from `depth_radius` before to
    `depth_radius` behind, as in `tf.nn.local_response_normalization`. The defaults are the paper's.

    Args:
        depth_radius: channels on each side.
        bias: added to the sum, so that nothing is divided by zero (the paper's k).
        alpha: factor of the sum.
        beta: exponent.
    """

    def __init__(
        self, depth_radius: int = 2, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs: Any) -> Any:
        channels = inputs.shape[-1]
        radius = min(self.depth_radius, channels - 1)  # further channels do not exist
        squares = ops.pad(ops.square(inputs), [(0, 0)] * (len(inputs.shape) - 1) + [(radius, radius)])
        total = squares[..., :channels]
        for offset in range(1, 2 * radius + 1):
            total = total + squares[..., offset : offset + channels]
        return inputs * ops.power(self.bias + self.alpha * total, -self.beta)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
