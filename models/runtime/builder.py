"""From a network to the Keras model: one generic step, since blocks carry Keras's own names and arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import keras

from models.blocks.fields import KerasCall
from models.network.expansion import expand
from models.network.graph import Network, Node, Source
from models.network.python_source import keras_name
from models.runtime import layers as custom_layers

FLOAT32 = "float32"


def build_model(network: Network, name: str = "network") -> keras.Model:
    """The functional model of a network without problems; each layer is named after its node's id.

    Composite blocks are expanded: the layers inside carry the expansion's ids. With auxiliary outputs the model has a
    list of outputs, the main one first. Under a mixed dtype policy its outputs are float32 all the same.
    Raises what Keras raises for a network with problems: analyse it first.
    """
    return build_layers(expand(network).network, name)


def build_layers(network: Network, name: str = "network") -> keras.Model:
    """`build_model` for a network that is expanded already."""
    entries: list[Any] = []

    def enter(node: Node) -> Any:
        entries.append(_layer(node))
        return entries[-1]

    outputs = _connected(network, enter)
    return keras.Model(entries if len(entries) > 1 else entries[0], outputs, name=keras_name(name))


def build_behind(network: Network, tensor: Any) -> Any:
    """The outputs of an expanded network of one input whose layers are put behind a Keras tensor."""
    return _connected(network, lambda node: tensor)


def _connected(network: Network, enter: Callable[[Node], Any]) -> Any:
    """The output, or the list of outputs, of a network's layers; `enter` gives the tensor of an Input."""
    tensors: dict[Source, Any] = {}
    # Half precision is too coarse for what losses and probabilities are computed from.
    whole = {"dtype": FLOAT32} if keras.config.dtype_policy().name != FLOAT32 else {}
    ends = {node.id for node in network.outputs}
    for node in network.nodes:
        if node.block.max_inputs == 0:
            made = enter(node)
        else:
            inputs = [tensors[source] for source in node.inputs]
            made = _layer(node, **(whole if node.id in ends else {}))(*node.block.call_arguments(inputs))
        several = made if len(node.block.output_names) > 1 else [made]
        tensors.update((Source(node.id, index), tensor) for index, tensor in enumerate(several))
    outputs = [tensors[Source(node.id)] for node in network.outputs]
    return outputs if len(outputs) > 1 else outputs[0]


def put_weights(layer: keras.layers.Layer, values: Sequence[Any]) -> None:
    """`set_weights` that also holds for a layer which reads its statistics only once, as Normalization does."""
    layer.set_weights(list(values))
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()


def _layer(node: Node, **more: object) -> Any:
    """The Keras layer of a node, named after it; an Input is at once the tensor that enters."""
    arguments = {key: _made(value) for key, value in node.block.keras_arguments().items()}
    place = custom_layers if node.block.custom else keras.layers
    return getattr(place, node.block.layer_class)(**{**arguments, **more}, name=node.id)


def _made(value: object) -> Any:
    if not isinstance(value, KerasCall):
        return value
    keywords = {name: _made(item) for name, item in value.keywords}
    return reduce(getattr, value.path.split("."), keras)(*value.arguments, **keywords)
