"""What training minimizes: a loss for each output, in the form that suits it, and outputs read as probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature

import keras
import numpy as np
import numpy.typing as npt

from models.analysis import analyse
from models.blocks.output import AuxiliaryOutput
from models.network.expansion import expand
from models.network.graph import Network, Node
from models.training.plan import TrainingPlan

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

METRIC = "accuracy"
SPARSE = "sparse_categorical_crossentropy"

LOSSES: dict[str, type[keras.losses.Loss]] = {
    SPARSE: keras.losses.SparseCategoricalCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_focal_crossentropy": keras.losses.CategoricalFocalCrossentropy,
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy,
    "categorical_hinge": keras.losses.CategoricalHinge,
    "kl_divergence": keras.losses.KLDivergence,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
}
PER_CLASS = {SPARSE, "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence"}
"""Losses that need an output value for each class."""


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
        label_smoothing: share of the target that is spread over all classes, of losses that know this.
        focal_gamma: how little the focal losses count samples that are right already.
    """

    loss_name: str
    from_logits: bool
    classes: int
    single: bool
    weight: float = 1.0
    label_smoothing: float = 0.0
    focal_gamma: float = 2.0

    def loss(self) -> keras.losses.Loss:
        """The Keras loss."""
        return self._made(self.loss_name)

    def mixed_loss(self) -> keras.losses.Loss:
        """The same for targets that are shares of the classes, as mixed samples have them."""
        return self._made("categorical_crossentropy" if self.loss_name == SPARSE else self.loss_name)

    def _made(self, name: str) -> keras.losses.Loss:
        """A Keras loss with those of our settings that it takes."""
        settings = {
            "from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "gamma": self.focal_gamma,
        }  # fmt: skip
        taken = signature(LOSSES[name].__init__).parameters
        return LOSSES[name](**{key: value for key, value in settings.items() if key in taken})

    def targets(self, labels: Indices) -> npt.NDArray[np.generic]:
        """Labels as the loss takes them: (samples,) of classes, (samples, 1) or (samples, classes) of 0 and 1."""
        if self.loss_name == SPARSE:
            return labels.astype(np.int32)
        if self.single:
            return labels.astype(np.float32)[:, None]
        return np.eye(self.classes, dtype=np.float32)[labels]


def objectives(network: Network, classes: int, plan: TrainingPlan) -> tuple[Objective, ...]:
    """Settle the losses of a network whose outputs tell so many classes apart: the main one's first.

    What is minimized is their weighted sum, as in Keras. Raises ObjectiveError.
    """
    layers = expand(network).network
    known = analyse(layers).nodes
    return tuple(
        _objective(layers, node, known[node.id].output_shape == (1,), classes, plan) for node in layers.outputs
    )


def _objective(layers: Network, node: Node, single: bool, classes: int, plan: TrainingPlan) -> Objective:
    name, activation = _settled_name(plan, single), activation_at(layers, node)
    _check(name, node, single, activation)
    weight = 1.0
    if isinstance(node.block, AuxiliaryOutput) and node is not layers.output_node:
        weight = node.block.loss_weight
    from_logits = activation not in ("softmax", "sigmoid")
    return Objective(name, from_logits, classes, single, weight, plan.label_smoothing, plan.focal_gamma)


def _settled_name(plan: TrainingPlan, single: bool) -> str:
    """The loss that is meant: Keras smooths labels only where a target is a share for each class."""
    name: str = plan.loss
    if name == "auto":
        name = "binary_crossentropy" if single else SPARSE
    return "categorical_crossentropy" if name == SPARSE and plan.label_smoothing and not single else name


def _check(name: str, node: Node, single: bool, activation: str | None) -> None:
    """Raise ObjectiveError for a loss that an output cannot have."""
    where = f"{node.title} ({node.id})"
    if single and name in PER_CLASS:
        raise ObjectiveError(
            f"The loss {name} needs one output value for each class, and {where} has one value in all. "
            'Set the loss to "auto", or the units to 2.'
        )
    if name == "kl_divergence" and activation != "softmax":
        raise ObjectiveError(
            f"The loss kl_divergence compares probabilities that sum to 1, and {where} does not end with softmax. "
            'Give it the activation softmax, or set the loss to "auto".'
        )


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
