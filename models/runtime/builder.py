"""From a network to the Keras model: one generic step, since blocks carry Keras's own names and arguments."""

from __future__ import annotations

from functools import reduce
from typing import Any

import keras

from models.blocks import Block
from models.blocks.fields import KerasCall
from models.network.graph import Network
from models.network.python_source import keras_name


def build_model(network: Network, name: str = "network") -> keras.Model:
    """The functional model of a network without problems; each layer is named after its node's id.

    Raises what Keras raises for a network with problems: analyse it first.
    """
    outputs: dict[str, object] = {}
    entries = []
    for node in network.nodes:
        inputs = [outputs[source.node] for source in node.inputs]
        layer = _layer(node.block, node.id)
        if node.block.max_inputs == 0:
            entries.append(layer)
            outputs[node.id] = layer
        else:
            outputs[node.id] = layer(inputs if node.block.max_inputs > 1 else inputs[0])
    last = network.output_node
    assert last is not None
    return keras.Model(entries if len(entries) > 1 else entries[0], outputs[last.id], name=keras_name(name))


def _layer(block: Block, name: str) -> Any:
    """The Keras layer of a block; an Input is at once the tensor that enters."""
    arguments = {key: _made(value) for key, value in block.keras_arguments().items()}
    return getattr(keras.layers, block.type)(**arguments, name=name)


def _made(value: object) -> Any:
    if not isinstance(value, KerasCall):
        return value
    return reduce(getattr, value.path.split("."), keras)(*value.arguments)
