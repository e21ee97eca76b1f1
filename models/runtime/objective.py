"""What training minimizes: a loss for each output, in the form that suits it, and outputs read as probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from models.analysis import analyse
from models.blocks.output import AuxiliaryOutput
from models.network.expansion import expand
from models.network.graph import Network, Node
from models.training.plan import LossName

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

LOSSES = {
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
}
METRIC = "accuracy"


class ObjectiveError(ValueError):
    """A loss that does not go with the network's output; the text says which one does."""


@dataclass(frozen=True)
class Objective:
    """The loss of one output of a network, settled for a data set.

    Attributes:
        loss_name: in Keras's words, never "auto".
        from_logits: whether the outputs are scores that have not been through softmax or sigmoid.
        classes: of the data set.
        single: whether one output value tells two classes apart.
        weight: the factor of this loss in the whole.
    """

    loss_name: str
    from_logits: bool
    classes: int
    single: bool
    weight: float = 1.0

    def loss(self) -> keras.losses.Loss:
        """The Keras loss."""
        if self.loss_name == "mean_squared_error":
            return LOSSES[self.loss_name]()
        return LOSSES[self.loss_name](from_logits=self.from_logits)

    def mixed_loss(self) -> keras.losses.Loss:
        """The same for targets that are shares of the classes, as mixed samples have them."""
        if self.loss_name == "sparse_categorical_crossentropy":
            return keras.losses.CategoricalCrossentropy(from_logits=self.from_logits)
        return self.loss()

    def targets(self, labels: Indices) -> npt.NDArray[np.generic]:
        """Labels as the loss takes them: (samples,) of classes, (samples, 1) or (samples, classes) of 0 and 1."""
        if self.loss_name == "sparse_categorical_crossentropy":
            return labels.astype(np.int32)
        if self.single:
            return labels.astype(np.float32)[:, None]
        return np.eye(self.classes, dtype=np.float32)[labels]


def objectives(network: Network, classes: int, loss: LossName) -> tuple[Objective, ...]:
    """Settle the losses of a network whose outputs tell so many classes apart: the main one's first.

    What is minimized is their weighted sum, as in Keras. Raises ObjectiveError.
    """
    layers = expand(network).network
    known = analyse(layers).nodes
    return tuple(
        _objective(layers, node, known[node.id].output_shape == (1,), classes, loss) for node in layers.outputs
    )


def _objective(layers: Network, node: Node, single: bool, classes: int, loss: LossName) -> Objective:
    name: str = loss
    if loss == "auto":
        name = "binary_crossentropy" if single else "sparse_categorical_crossentropy"
    elif single and loss == "sparse_categorical_crossentropy":
        raise ObjectiveError(
            f"The loss sparse_categorical_crossentropy needs one output value for each class, and {node.title} "
            f'({node.id}) has one value in all. Set the loss to "auto", or the units to 2.'
        )
    from_logits = activation_at(layers, node) not in ("softmax", "sigmoid")
    weight = 1.0
    if isinstance(node.block, AuxiliaryOutput) and node is not layers.output_node:
        weight = node.block.loss_weight
    return Objective(name, from_logits, classes, single, weight)


def activation_at(layers: Network, output: Node) -> str | None:
    """The activation that an output of a network of layers went through; an AuxiliaryOutput passes on what it gets."""
    while output.block.auxiliary and output.inputs:
        output = layers.node(output.inputs[0].node)
    return output.block.output_activation


def probabilities(outputs: Floats, activation: str | None) -> Floats:
    """Outputs (samples, values) of a network that ends with this activation, as (samples, classes) that sum to 1.

    A single output value gives two classes: it is the probability, or the score, of the second one.
    """
    values = outputs.astype(np.float64)
    if values.shape[1] == 1:
        second = values if activation == "sigmoid" else 0.5 * (1.0 + np.tanh(values / 2.0))
        shares = np.concatenate([1.0 - second, second], axis=1)
    elif activation in ("softmax", "sigmoid"):  # cross-entropy reads sigmoid outputs as shares of their sum
        shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-12)
    else:
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)
