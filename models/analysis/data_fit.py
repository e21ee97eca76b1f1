"""Whether a network fits the data set: its input takes images, its output has one value for each class."""

from __future__ import annotations

from models.analysis.problem import Problem
from models.blocks import Block, InsertAfter, Repair, SetFields, Shape, describe
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.shaping import Flatten
from models.data.sources import DataFacts
from models.network.graph import Network, Node

CHANNELS = (1, 3)
"""Grey, or red, green and blue: images are converted between the two."""


def data_problems(network: Network, output_shape: Shape | None, facts: DataFacts) -> tuple[Problem, ...]:
    """Problems of a network, otherwise sound, with a data set of images in classes."""
    entry, output = network.input_node, network.output_node
    if entry is None or output is None or output_shape is None:
        return ()
    problems = [] if _takes_images(entry.block) else [_input_problem(entry, facts)]
    if facts.classes and not classifies(output_shape, facts.classes):
        problems.append(_output_problem(output, output_shape, facts))
    return tuple(problems)


def classifies(output_shape: Shape, classes: int) -> bool:
    """Whether an output of this shape can tell so many classes apart: a value per class, or one value for two."""
    return output_shape == (classes,) or (output_shape == (1,) and classes == 2)


def _takes_images(block: Block) -> bool:
    return isinstance(block, Input) and len(block.shape) == 3 and block.shape[-1] in CHANNELS


def _input_problem(node: Node, facts: DataFacts) -> Problem:
    shape = node.block.output_shape(())
    sizes = shape[:2] if len(shape) == 3 else facts.image_shape[:2]
    target = (*sizes, facts.image_shape[-1])
    return Problem(
        node.id,
        f"an Input of {describe(shape)}",
        f"height × width × 1 or 3 channels, for the images of {facts.name}",
        (SetFields(f"Set the shape to {'×'.join(map(str, target))}", (("shape", target),)),),
    )


def _output_problem(node: Node, shape: Shape, facts: DataFacts) -> Problem:
    classifier = Dense(units=facts.classes, activation="softmax")
    repairs: list[Repair] = []
    if isinstance(node.block, Dense) and len(shape) == 1 and node.block.activation in ("linear", "softmax", "sigmoid"):
        repairs.append(
            SetFields(f"Set units to {facts.classes}", (("units", facts.classes), ("activation", "softmax")))
        )
    if len(shape) == 1:
        repairs.append(InsertAfter(f"Add Dense({facts.classes}, softmax)", (classifier,)))
    else:
        repairs.append(InsertAfter(f"Add Flatten and Dense({facts.classes}, softmax)", (Flatten(), classifier)))
        if len(shape) == 3:
            pooled = (GlobalAveragePooling2D(), classifier)
            repairs.append(InsertAfter(f"Add global average pooling and Dense({facts.classes}, softmax)", pooled))
    expected = f"{facts.classes} values, one for each class of {facts.name}"
    return Problem(node.id, f"{describe(shape)} at the output", expected, tuple(repairs))
