"""Whether a network fits the data set: its input takes the samples, its outputs have one value for each class."""

from __future__ import annotations

from collections.abc import Sequence

from models.analysis.problem import Problem
from models.blocks import Block, InsertAfter, InsertBefore, Repair, SetFields, Shape, describe
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.shaping import Flatten
from models.data.sources import DataFacts
from models.network.graph import Network, Node

CHANNELS = (1, 3)
"""Grey, or red, green and blue: images are converted between the two."""

IMAGE_RANK = 3

SCORES = ("linear", "softmax", "sigmoid")
"""Activations of a last layer that gives scores or probabilities."""


def data_problems(network: Network, output_shapes: Sequence[Shape], facts: DataFacts) -> tuple[Problem, ...]:
    """Problems of a network, otherwise sound, with a data set of samples in classes.

    `output_shapes` are those of `network.outputs`.
    """
    entry = network.input_node
    if entry is None:
        return ()
    problems = [] if _takes(entry.block, facts.sample_shape) else [_input_problem(entry, facts)]
    if facts.classes and facts.target == "class":
        problems += [
            _output_problem(network, output, shape, facts)
            for output, shape in zip(network.outputs, output_shapes, strict=True)
            if not classifies(shape, facts.classes)
        ]
    return tuple(problems)


def classifies(output_shape: Shape, classes: int) -> bool:
    """Whether an output of this shape can tell so many classes apart: a value per class, or one value for two."""
    return output_shape == (classes,) or (output_shape == (1,) and classes == 2)


def _takes(block: Block, samples: Shape) -> bool:
    """Whether an Input takes samples of this shape: images are brought to its size and channels, all else is not."""
    if not isinstance(block, Input):
        return False
    if len(samples) != IMAGE_RANK or len(block.shape) != IMAGE_RANK:
        return block.shape == samples
    return block.shape[-1] in _channels(samples)


def _channels(samples: Shape) -> tuple[int, ...]:
    return CHANNELS if samples[-1] in CHANNELS else (samples[-1],)


def _input_problem(node: Node, facts: DataFacts) -> Problem:
    shape, samples = node.block.output_shape(()), facts.sample_shape
    if len(samples) == IMAGE_RANK:
        target = (*(shape if len(shape) == IMAGE_RANK else samples)[:2], samples[-1])
        expected = (
            f"height × width × {' or '.join(map(str, _channels(samples)))} channels, for the images of {facts.name}"
        )
    else:
        target = samples
        expected = f"{describe(samples)}, for the {facts.unit} of {facts.name}"
    return Problem(
        node.id,
        f"an Input of {describe(shape)}",
        expected,
        (SetFields(f"Set the shape to {'×'.join(map(str, target))}", (("shape", target),)),),
    )


def _output_problem(network: Network, node: Node, shape: Shape, facts: DataFacts) -> Problem:
    """What is wrong with an output; of an AuxiliaryOutput what stands before it is repaired."""
    repairs: list[Repair] = []
    last = network.node(node.inputs[0].node) if node.block.auxiliary else node
    if _may_be_resized(network, last, shape):
        changes = (("units", facts.classes), ("activation", "softmax"))
        repairs.append(SetFields(f"Set units to {facts.classes}", changes))
        node = last
    insert = InsertBefore if node.block.auxiliary else InsertAfter
    repairs += [insert(f"Add {text}", blocks) for text, blocks in _classifiers(shape, facts.classes)]
    expected = f"{facts.classes} values, one for each class of {facts.name}"
    return Problem(node.id, f"{describe(shape)} at the output", expected, tuple(repairs))


def _may_be_resized(network: Network, node: Node, shape: Shape) -> bool:
    """Whether a node is a classifier's last layer, whose size nothing but one output depends on."""
    alone = len(network.consumers(node.id)) <= 1
    return alone and isinstance(node.block, Dense) and len(shape) == 1 and node.block.activation in SCORES


def _classifiers(shape: Shape, classes: int) -> list[tuple[str, tuple[Block, ...]]]:
    """Blocks that bring an output of this shape to the classes, the best first, and what to call them."""
    classifier = Dense(units=classes, activation="softmax")
    dense = f"Dense({classes}, softmax)"
    if len(shape) == 1:
        return [(dense, (classifier,))]
    found: list[tuple[str, tuple[Block, ...]]] = [(f"Flatten and {dense}", (Flatten(), classifier))]
    if len(shape) == 3:
        found.append((f"global average pooling and {dense}", (GlobalAveragePooling2D(), classifier)))
    return found
