"""Composite blocks: several layers under one name, written once as `build` and read by everything else.

`build` reads like Keras functional code. A recorder runs it for inputs of given shapes, which yields the block's
inside: nodes of layer blocks, from which analysis, Keras builder, "look inside", "unpack" and generated source follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc
from typing import Annotated, Any, ClassVar

from pydantic import Field, PositiveInt, PrivateAttr, ValidationError, model_validator

from models.blocks.base import REGISTRY, Block, Family, Shapes, Weight
from models.blocks.fields import first_mistake
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape, shape_text
from models.blocks.wiring import Node, Source

ENTRY = "inputs"
"""The id under which a composite's inside refers to what enters it: `Source(ENTRY, 0)` is the first input."""

MAX_NODES_INSIDE = 20_000
"""Of a group, those of the groups inside it counted too."""

MAX_DEPTH = 16
"""Groups inside of groups."""

Repeats = Annotated[PositiveInt, Field(le=100)]
"""How often a composite repeats a part of itself."""


@dataclass(frozen=True)
class Inside:
    """What a composite block is made of.

    Attributes:
        nodes: in topological order; what enters is `Source(ENTRY, index)`.
        outputs: where each output of the composite comes from.
        shapes: the output shapes of every node.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[Source, ...]
    shapes: Mapping[str, Shapes]

    def shape(self, source: Source, inputs: Shapes) -> Shape:
        """The shape that arrives from a source."""
        return inputs[source.output] if source.node == ENTRY else self.shapes[source.node][source.output]


@dataclass(frozen=True)
class Tensor:
    """What a layer gives while `build` is recorded; `shape` has the batch axis in front, as in Keras."""

    source: Source
    shape: tuple[int | None, ...]


class Recorder:
    """Stands for `keras.layers` while a `build` is recorded: `nn.Conv2D(64, 3, name="conv1")(x)`.

    Every block is there under its type's name, composites too. `name` becomes the node's id; without one the type is
    counted. Positional arguments are the block's first fields, as in Keras.
    """

    def __init__(self, inputs: Shapes) -> None:
        self.entries = tuple(Tensor(Source(ENTRY, index), (None, *shape)) for index, shape in enumerate(inputs))
        self.nodes: dict[str, Node] = {}
        self.shapes: dict[str, Shapes] = {}

    def __getattr__(self, type_name: str) -> Any:
        kind = REGISTRY.get(type_name)
        if kind is None:
            raise AttributeError(f"there is no block called {type_name}")

        def layer(*arguments: object, name: str = "", **fields: object) -> _Layer:
            names = kind.field_names()
            positional = dict(zip(names, arguments, strict=False))
            if len(arguments) > len(names) or positional.keys() & fields.keys():
                raise TypeError(f"{type_name}({arguments}, {fields}): more arguments than fields, or one given twice")
            try:
                block = kind.model_validate({**positional, **fields})
            except ValidationError as error:  # the composite's fields are allowed, what follows from them is not
                place = name or type_name
                raise BlockProblem(f"settings that do not suit {place} inside", first_mistake(error)) from None
            return _Layer(self, block, name)

        return layer

    def add(self, block: Block, name: str, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """One more node; its outputs. Raises BlockProblem, with the node's id in what was received."""
        node_id = self._free_id(name or block.type.lower())
        shapes = tuple(tuple(size for size in tensor.shape if size is not None) for tensor in inputs)
        try:
            outputs = block.output_shapes(shapes)
        except BlockProblem as problem:
            raise BlockProblem(f"{problem.received}, inside at {node_id}", problem.expected) from None
        self.nodes[node_id] = Node(
            id=node_id, block=block, inputs=tuple(tensor.source for tensor in inputs), name=node_id if name else ""
        )
        self.shapes[node_id] = outputs
        return tuple(Tensor(Source(node_id, index), (None, *shape)) for index, shape in enumerate(outputs))

    def _free_id(self, stem: str) -> str:
        candidate, number = stem, 1
        while candidate in self.nodes or candidate == ENTRY:
            number += 1
            candidate = f"{stem}_{number}"
        return candidate


@dataclass(frozen=True)
class _Layer:
    """A block that is about to be called, as a Keras layer is."""

    recorder: Recorder
    block: Block
    name: str

    def __call__(self, x: Tensor | Sequence[Tensor]) -> Any:
        outputs = self.recorder.add(self.block, self.name, (x,) if isinstance(x, Tensor) else tuple(x))
        return outputs[0] if len(outputs) == 1 else outputs


class CompositeBlock(Block, abstract=True):
    """Shared by the blocks that are made of others. Subclasses write `build`; all rules follow from it."""

    family: ClassVar[Family] = Family.COMPOSITE
    wrappable: ClassVar[bool] = False

    def build(self, x: Any, nn: Any) -> Any:
        """The block in Keras's functional style.

        Args:
            x: what enters; a tuple where the block takes several inputs. `x.shape` is (None, height, width, channels).
            nn: has the layers, under Keras's names and signatures.

        Returns:
            What leaves; a tuple where the block has several outputs.
        """
        raise TypeError(f"{self.type} has no build")

    def easier(self) -> tuple[SetFields, ...]:
        """Settings with which the block may suit inputs that it does not suit as it is, the least change first.

        Those that help are offered as repairs.
        """
        return ()

    def inside(self, inputs: Shapes) -> Inside:
        """What the block is made of, for inputs of these shapes. Raises BlockProblem where they do not suit it."""
        self.check_inputs(inputs)
        result = _inside(self, inputs)
        if isinstance(result, BlockProblem):
            helping = (repair for repair in self.easier() if self._suits(repair, inputs))
            raise BlockProblem(result.received, result.expected, (*helping, *result.repairs, self._removal()))
        return result

    def _suits(self, repair: SetFields, inputs: Shapes) -> bool:
        changed = self.replace(**dict(repair.changes))
        return changed != self and isinstance(_inside(changed, inputs), Inside)

    def _record(self, inputs: Shapes) -> Inside:
        recorder = Recorder(inputs)
        x = recorder.entries if self.max_inputs > 1 else recorder.entries[0]
        built = self.build(x, recorder)
        tensors = (built,) if isinstance(built, Tensor) else tuple(built)
        if len(tensors) != len(self.output_names):
            raise TypeError(f"{self.type}.build gives {len(tensors)} outputs and names {', '.join(self.output_names)}")
        return Inside(tuple(recorder.nodes.values()), tuple(tensor.source for tensor in tensors), recorder.shapes)

    # --- the rules ------------------------------------------------------------------------------------------------
    def shape_rule(self, inputs: Shapes) -> Shape:
        return self.output_shapes(inputs)[0]

    def output_shapes(self, inputs: Shapes) -> Shapes:
        inside = self.inside(inputs)
        return tuple(inside.shape(source, inputs) for source in inside.outputs)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        return tuple(
            Weight(f"{node.id}/{weight.name}", weight.shape, weight.trainable)
            for node, shapes in self._steps(inputs)
            for weight in node.block.weight_shapes(shapes)
        )

    def multiply_adds(self, inputs: Shapes) -> int:
        return sum(node.block.multiply_adds(shapes) for node, shapes in self._steps(inputs))

    def _steps(self, inputs: Shapes) -> list[tuple[Node, Shapes]]:
        """Every node inside with the shapes that arrive there."""
        inside = self.inside(inputs)
        return [(node, tuple(inside.shape(source, inputs) for source in node.inputs)) for node in inside.nodes]

    # --- in words ---------------------------------------------------------------------------------------------------
    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        inside = self.inside(inputs)
        return tuple(
            f"{node.title}: {', '.join(shape_text(shape) for shape in inside.shapes[node.id])}" for node in inside.nodes
        )

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        parts = [(node.title, sum(w.size for w in node.block.weight_shapes(s))) for node, s in self._steps(inputs)]
        weighty = [(title, count) for title, count in parts if count]
        if not weighty:
            return ("no parameters",)
        total = sum(count for _, count in weighty)
        return (
            f"{' + '.join(f'{count:,}' for _, count in weighty)} = {total:,}",
            f"({', '.join(title for title, _ in weighty)})",
        )


@lru_cache(maxsize=4096)
def _inside(block: CompositeBlock, inputs: Shapes) -> Inside | BlockProblem:
    try:
        return block._record(inputs)
    except BlockProblem as problem:
        return problem.with_traceback(None)  # the cache must not keep the frames alive


class Group(CompositeBlock):
    """A composite block of your own: blocks with one input and one output under one name."""

    in_palette: ClassVar[bool] = False

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="What the group is called.")
    nodes: Annotated[tuple[Node, ...], Field(min_length=1, max_length=MAX_NODES_INSIDE)] = Field(
        description="The blocks inside, in topological order."
    )
    output: Source = Field(description="Where the group's output comes from.")

    _depth: int = PrivateAttr(1)
    _size: int = PrivateAttr(1)

    @model_validator(mode="after")
    def _bounded(self) -> Group:
        self._depth = 1 + max((node.block.group_depth for node in self.nodes), default=0)
        self._size = sum(node.block.block_count for node in self.nodes)
        if self._depth > MAX_DEPTH:
            raise ValueError(f"groups are nested {self._depth} deep, and {MAX_DEPTH} is the most")
        if self._size > MAX_NODES_INSIDE:
            raise ValueError(
                f"{self._size:,} blocks inside, with those of the groups inside; {MAX_NODES_INSIDE:,} are the most"
            )
        return self

    @property
    def group_depth(self) -> int:
        return self._depth

    @property
    def block_count(self) -> int:
        return self._size

    @model_validator(mode="after")
    def _connected(self) -> Group:
        outputs = {ENTRY: 1}
        for node in self.nodes:
            if node.id in outputs:
                raise ValueError(f'two blocks inside have the id "{node.id}"')
            if node.block.max_inputs == 0 or node.block.auxiliary:
                raise ValueError(f"{node.title} cannot stand inside a group")
            for source in node.inputs:
                if not 0 <= source.output < outputs.get(source.node, 0):
                    raise ValueError(
                        f'"{node.id}" takes its input from "{source.node}", which does not stand before it'
                    )
            outputs[node.id] = len(node.block.output_names)
        if not 0 <= self.output.output < outputs.get(self.output.node, 0):
            raise ValueError(f'the output comes from "{self.output.node}", which is not inside')
        return self

    @property
    def label(self) -> str:
        return self.name

    @classmethod
    def form_fields(cls) -> tuple[str, ...]:
        """The name alone: what is inside is edited on the canvas, once the group is unpacked."""
        return ("name",)

    def settings_text(self) -> str:
        return f"{len(self.nodes)} blocks"

    def _record(self, inputs: Shapes) -> Inside:
        shapes: dict[str, Shapes] = {}
        inside = Inside(self.nodes, (self.output,), shapes)
        for node in self.nodes:
            try:
                shapes[node.id] = node.block.output_shapes(tuple(inside.shape(s, inputs) for s in node.inputs))
            except BlockProblem as problem:
                raise BlockProblem(f"{problem.received}, inside at {node.title}", problem.expected) from None
        return inside


def documentation(block: CompositeBlock) -> str:
    """The docstring of the block's class, for generated source."""
    return cleandoc(type(block).__doc__ or "")
