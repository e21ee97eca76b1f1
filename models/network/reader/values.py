"""What expressions of a model's source stand for while it is read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from models.blocks import Block, BlockProblem, Shape
from models.blocks.wiring import Node, Source
from models.network.graph import MAX_NODES, Network


class PythonError(ValueError):
    """Source that cannot be read as a network.

    Attributes:
        text: what is not understood and what is expected, without the place.
        line: the line it stands in, counted from 1.
    """

    def __init__(self, text: str, line: int, where: str = "") -> None:
        super().__init__(f"{f'{where}, ' if where else ''}line {line}: {text}")
        self.text = text
        self.line = line


class NotUnderstood(Exception):
    """Something not understood, before its line is known."""


class Elsewhere(NotUnderstood):
    """A tensor or a list of another function's: what uses it cannot be a group of its own."""


@dataclass(frozen=True)
class Tensor:
    """What a layer in `graph` gives.

    Its `shape` has the batch axis in front, as in Keras, and is None behind a problem.
    """

    source: Source
    shape: tuple[int | None, ...] | None
    graph: Graph = field(repr=False, compare=False)


@dataclass(frozen=True)
class Dotted:
    """Something of Keras's by its full name: `keras.layers.Conv2D`."""

    path: str

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


def canonical(path: str) -> str:
    """The path under `keras`, however it was imported."""
    for prefix in ("tensorflow.keras", "tf_keras", "keras.api", "keras.src"):
        if path == prefix or path.startswith(f"{prefix}."):
            path = f"keras{path[len(prefix) :]}"
    return path


@dataclass(eq=False)
class Layer:
    """A layer that is made but not applied. `input_shape` is what the first layer of a Sequential may bring along."""

    block: Block
    name: str
    input_shape: Shape | None = None
    used: bool = False


@dataclass(eq=False)
class Stack:
    """A Sequential: layers, perhaps behind an Input."""

    layers: list[Any] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Appending:
    """A list's `append` or a Sequential's `add`, before it is called."""

    target: list[Any] | Stack


@dataclass(frozen=True)
class Model:
    """A functional model: where the results leave, the main one first."""

    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the module; `scope` are the names around one that stands inside another."""

    tree: ast.FunctionDef
    scope: dict[str, Any]


@dataclass(frozen=True)
class Unknown:
    """The value of a statement outside of the model that is not understood: an error where it is used."""

    why: str


@dataclass(eq=False)
class Graph:
    """The nodes so far, of the network or of a group inside it, and the layers that they were made from."""

    nodes: dict[str, Node] = field(default_factory=dict)
    applied: list[Layer] = field(default_factory=list)

    def add(self, block: Block, name: str, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """One more node under this name, or a new one; its outputs."""
        node_id = self._id(block, name)
        if len(self.nodes) >= MAX_NODES:
            raise NotUnderstood(f"there are more than {MAX_NODES:,} layers")
        sources = tuple(tensor.source for tensor in inputs)
        if any(tensor.graph is not self for tensor in inputs):
            raise Elsewhere("a tensor from inside of another function, where it is not known")
        title = name if name != node_id else ""
        self.nodes[node_id] = Node(id=node_id, block=block, inputs=sources, name=title[:200])
        known = tuple(tensor.shape[1:] for tensor in inputs if tensor.shape is not None)
        outputs = tuple(Source(node_id, index) for index in range(len(block.output_names)))
        shapes: tuple[Shape | None, ...] = (None,) * len(outputs)
        if len(known) == len(inputs):
            try:
                shapes = block.output_shapes(known)  # type: ignore[arg-type]
            except BlockProblem:
                pass  # the problem shows in the analysis
        return tuple(
            Tensor(source, None if shape is None else (None, *shape), self)
            for source, shape in zip(outputs, shapes, strict=True)
        )

    def _id(self, block: Block, name: str) -> str:
        if not name:
            return Network().new_id(block, self.nodes)
        cleaned = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)[:200]
        node_id = cleaned if cleaned[:1].isalpha() else f"layer_{cleaned}"[:200]
        if node_id in self.nodes:
            raise NotUnderstood(f'two layers are called "{name}"; give every layer a name of its own')
        return node_id
