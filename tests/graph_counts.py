"""Multiply-adds counted over the operations of a traced TensorFlow graph, which knows nothing of our analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import keras
import tensorflow as tf

Shape = list[int]
Shapes = Mapping[str, list[Shape]]
"""The output shapes of every operation, and of every argument of a function, by name."""


def _sliding(node: Any, inputs: list[Shape], output: Shape) -> int:
    """Each value of the kernel is used once at every position of the output, in whatever groups."""
    return prod(output[1:-1]) * prod(inputs[1])


def _transposed(node: Any, inputs: list[Shape], output: Shape) -> int:
    """Each value of the kernel is used once at every position of the input, the third argument."""
    return prod(inputs[2][1:-1]) * prod(inputs[1])


def _product(node: Any, inputs: list[Shape], output: Shape) -> int:
    return prod(output) * inputs[0][0 if node.attr["transpose_a"].b else 1]


COUNTS: dict[str, Callable[[Any, list[Shape], Shape], int]] = {
    "Conv2D": _sliding,
    "Conv3D": _sliding,
    "DepthwiseConv2dNative": _sliding,
    "Conv2DBackpropInput": _transposed,
    "Conv3DBackpropInputV2": _transposed,
    "MatMul": _product,
}
CALLS = ("PartitionedCall", "StatefulPartitionedCall")


class NotCountable(ValueError):
    """A dilated convolution that TensorFlow computes on rearranged and padded values: its operations do more."""


def multiply_adds(model: keras.Model) -> int:
    """The multiply-adds of one forward pass of one sample. Raises NotCountable."""
    function = tf.function(lambda sample: model(sample, training=False))
    sample = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    definition = function.get_concrete_function(sample).graph.as_graph_def(add_shapes=True)
    functions = {body.signature.name: body for body in definition.library.function}
    return _counted(definition.node, {}, functions)


def _counted(nodes: Any, arguments: Shapes, functions: Mapping[str, Any]) -> int:
    shapes = {**arguments, **{node.name: _shapes(node.attr) for node in nodes}}
    total = 0
    for node in nodes:
        if node.op == "SpaceToBatchND":
            raise NotCountable(node.name)
        if node.op in CALLS:
            body = functions[node.attr["f"].func.name]
            names = [argument.name for argument in body.signature.input_arg]
            given = {name: _shapes(body.arg_attr[index].attr) for index, name in enumerate(names)}
            total += _counted(body.node_def, given, functions)
        elif node.op in COUNTS:
            inputs = [_arriving(name, shapes) for name in node.input if not name.startswith("^")]
            total += COUNTS[node.op](node, inputs, shapes[node.name][0])
    return total


def _arriving(name: str, shapes: Shapes) -> Shape:
    """The shape of an input: `operation`, `operation:1`, or within a function `operation:output:1`."""
    operation, _, output = name.partition(":")
    return shapes[operation][int(output.rpartition(":")[2] or 0)]


def _shapes(attributes: Any) -> list[Shape]:
    return [[size.size for size in shape.dim] for shape in attributes["_output_shapes"].list.shape]
