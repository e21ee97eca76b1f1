"""A model's structure as nodes: each layer becomes a block, each model inside of it a group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from models.blocks import REGISTRY, Block, BlockProblem, Shape, Shapes, Weight, shape_text
from models.blocks.composite import ENTRY, CompositeBlock, Group
from models.blocks.fields import first_mistake
from models.blocks.keras_kinds import ATTENTION, KINDS
from models.blocks.keras_layer import KerasLayer
from models.importing.calls import MAX_NESTING, Tensor
from models.importing.errors import ModelImportError
from models.importing.operators import is_operator, operator
from models.importing.settings import KERAS_NAMES, Notes, block_of, keras_layer_of, refused, validated
from models.importing.structure import Layer, Structure, inside
from models.network.graph import MAX_NODES, Node, Source

OURS = "layerloom>"
"""What Keras puts before the names of LayerLoom's own layers."""

CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer")
"""Keras's layers that keep code or other programs' models."""

NEUTRAL = {"mask": (None,), "training": (None, False, True), "name": None}
"""Keywords of a call that change nothing, with their values; None for any.

Keras itself puts the whole model's `training` in the place of the recorded one.
"""


ATTENDED = ("query", "value", "key")
"""Names by which attention may be given its tensors."""


@dataclass(frozen=True)
class Part:
    """A layer of the model, and what it became.

    Attributes:
        layer: as it stands in the file.
        node_id: among the nodes at its level; empty where it computes nothing and became none.
        weights: what it must have, in Keras's order.
        parts: of a model inside of the model, its layers.
        folders: where a `.keras` file keeps the weights, in their order.
    """

    layer: Layer
    node_id: str = ""
    weights: tuple[Weight, ...] = ()
    parts: tuple[Part, ...] = ()
    folders: tuple[str, ...] = ("",)

    @property
    def leaves(self) -> Iterable[Part]:
        """The layers that became blocks, in the order of the expanded network."""
        if self.layer.is_model:
            return (leaf for part in self.parts for leaf in part.leaves)
        return (self,) if self.node_id else ()


@dataclass
class Level:
    """The nodes of a model, or of a model inside of it, as they are made. What enters is `Source(ENTRY)`."""

    structure: Structure
    notes: Notes
    depth: int = 0
    nodes: list[Node] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    sources: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    shapes: dict[Source, Shape] = field(default_factory=dict)
    stems: dict[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=lambda: {ENTRY})

    def source(self, tensor: Tensor, user: str) -> Source:
        """Where a tensor of the file comes from."""
        outputs = self.sources[tensor.layer]
        if tensor.output >= len(outputs):
            raise ModelImportError(
                f'"{user}" takes output {tensor.output} of "{tensor.layer}", which has {len(outputs)}.'
            )
        return outputs[tensor.output]

    def add(self, block: Block, name: str, inputs: tuple[Source, ...]) -> Node:
        """One more node, under an id made of its name."""
        node = Node(id=self.new_id(name), block=block, inputs=inputs, name=_title(name))
        try:
            shapes = block.output_shapes(tuple(self.shapes[source] for source in inputs))
        except BlockProblem as problem:
            raise ModelImportError(f'{block.type} "{name[:200]}" does not fit: {problem}.') from None
        self.shapes.update((Source(node.id, index), shape) for index, shape in enumerate(shapes))
        self.nodes.append(node)
        if len(self.nodes) > MAX_NODES:
            raise ModelImportError(f"the model has more than {MAX_NODES:,} layers.")
        return node

    def new_id(self, name: str) -> str:
        """A free id as near as possible to a layer's name."""
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", name[:100]).strip("_")
        stem = stem if re.match("[A-Za-z]", stem) else f"layer_{stem}".rstrip("_")
        candidate = stem
        while candidate in self.taken:
            self.stems[stem] = self.stems.get(stem, 1) + 1
            candidate = f"{stem}_{self.stems[stem]}"
        self.taken.add(candidate)
        return candidate


def _title(name: str) -> str:
    """A layer's name as people see it: one line, without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[:200]


def convert(structure: Structure, shape: Shape, notes: Notes, depth: int = 0) -> Level:
    """The nodes of a model into which values of this shape enter. Raises ModelImportError, which names the layer."""
    if depth > MAX_NESTING:
        raise ModelImportError(f'the model "{structure.name}" is nested deeper than {MAX_NESTING} models.')
    level = Level(structure, notes, depth)
    level.sources[structure.input] = (Source(ENTRY),)
    level.shapes[Source(ENTRY)] = shape
    for layer in structure.layers:
        _convert_layer(level, layer)
    for tensor in structure.outputs:
        level.source(tensor, structure.name)
    return level


def _convert_layer(level: Level, layer: Layer) -> None:
    tensors = layer.tensors()
    inputs = tuple(level.source(tensor, layer.name) for tensor in tensors)
    shapes = tuple(level.shapes[source] for source in inputs)
    for tensor, shape in zip(tensors, shapes, strict=True):
        _check_shape(tensor, shape, layer)
    if layer.is_model:
        _convert_model(level, layer, inputs, shapes)
        return
    if not inputs:
        raise refused(layer, "is one more input, and networks have one. Import a model with one input")
    block = _block(level, layer, shapes)
    if block is None:
        level.sources[layer.name] = (inputs[0],)
        level.parts.append(Part(layer))
        return
    inputs = _distinct(block, layer, inputs)
    shapes = shapes[: len(inputs)]
    node = level.add(block, layer.name, inputs)
    level.sources[layer.name] = tuple(Source(node.id, index) for index in range(len(block.output_names)))
    level.parts.append(Part(layer, node.id, block.weight_shapes(shapes), folders=block.weight_folders))


def _distinct(block: Block, layer: Layer, inputs: tuple[Source, ...]) -> tuple[Source, ...]:
    """The inputs of a block, one for those that Keras is given several times, as in attention of a tensor to itself."""
    if block.input_copies == 1:
        return inputs
    if len(set(inputs)) > 1 or not 1 < len(inputs) <= len(ATTENDED):
        raise refused(
            layer, "attends from one tensor to another; blocks know attention of a tensor to itself. Call it that way"
        )
    return inputs[:1]


def _check_shape(tensor: Tensor, shape: Shape, layer: Layer) -> None:
    """A file says itself what arrives at a layer; another result of ours means that a layer was misread."""
    said = tensor.shape
    if said is not None and (
        len(said) != len(shape) or any(a is not None and a != b for a, b in zip(said, shape, strict=True))
    ):
        raise refused(
            layer,
            f'takes {"×".join(str(size or "?") for size in said)} from "{tensor.layer}" in the file, and the blocks '
            f"give {shape_text(shape)} there",
        )


# --- models inside ----------------------------------------------------------------------------------------------------
def _convert_model(level: Level, layer: Layer, inputs: tuple[Source, ...], shapes: Shapes) -> None:
    structure = inside(layer)
    if len(inputs) != 1 or len(structure.outputs) != 1:
        raise refused(
            layer,
            f"has {len(inputs)} inputs and {len(structure.outputs)} outputs; a model inside of a model has one of each",
        )
    _check_keywords(layer)
    inner = convert(structure, shapes[0], level.notes, level.depth + 1)
    source = inner.source(structure.outputs[0], layer.name)
    if source.node == ENTRY:  # nothing is computed
        level.sources[layer.name] = inputs
        level.parts.append(Part(layer))
        return
    try:
        group = Group(name=_title(layer.name) or "model", nodes=tuple(inner.nodes), output=source)
    except ValidationError as error:
        raise refused(layer, f"does not become a group: {first_mistake(error)}") from error
    node = level.add(group, layer.name, inputs)
    level.sources[layer.name] = (Source(node.id),)
    level.parts.append(Part(layer, node.id, parts=tuple(inner.parts)))


# --- layers -----------------------------------------------------------------------------------------------------------
def _block(level: Level, layer: Layer, shapes: Shapes) -> Block | None:
    """The block of a layer; None where it computes nothing."""
    if is_operator(layer):
        kind, fields = operator(layer, shapes)
        return validated(REGISTRY[kind], layer, fields)
    known = KERAS_NAMES.get(layer.class_name, layer.class_name)
    _check_keywords(layer, ATTENDED if known in ATTENTION else ())
    kinds = _kinds()
    name = layer.class_name.removeprefix(OURS)
    ours = layer.class_name.startswith(OURS) or layer.registered == f"{OURS}{name}"
    _check_origin(layer, ours)
    if name == "Identity" and not ours:
        return None
    found = kinds.get(name)
    if found is not None and found.custom == ours:
        return block_of(found, layer, len(shapes[0]) + 1, level.notes).suited_to(shapes)
    if known in KINDS and not ours:
        return keras_layer_of(
            layer, shapes[0], lambda inner: _inner_block(inner, len(shapes[0]), level.notes), level.notes
        )
    raise refused(
        layer, "is a layer that LayerLoom does not have yet. Leave it out or replace it, and save the model again"
    )


def _inner_block(layer: Layer, axes: int, notes: Notes) -> Block:
    """The block of a layer that another one applies to parts of its input."""
    _check_origin(layer, ours=False)
    kind = _kinds().get(layer.class_name)
    if kind is None or kind.custom or not kind.wrappable:
        raise refused(layer, "stands inside of another layer, where LayerLoom does not know it. Use layers of Keras")
    return block_of(kind, layer, axes, notes)


def _kinds() -> dict[str, type[Block]]:
    """The blocks that stand for a Keras layer, by its class."""
    kinds = [
        kind
        for kind in REGISTRY.values()
        if kind.max_inputs > 0 and not kind.auxiliary and not issubclass(kind, CompositeBlock | KerasLayer)
    ]
    others = {kind.keras_class: kind for kind in kinds if kind.keras_class}
    return others | {kind.__name__: kind for kind in kinds if not kind.keras_class}


def _check_origin(layer: Layer, ours: bool) -> None:
    """Refuse what would need code from elsewhere, whatever it is called."""
    if layer.class_name in CODE:
        raise refused(
            layer, "keeps code, which LayerLoom never runs. Replace it by layers of Keras, and save the model again"
        )
    builtin = layer.registered in ("", layer.class_name) and ">" not in layer.class_name
    known_place = not layer.module or re.match(r"(tf_)?keras(\.|$)", layer.module) is not None
    if not ours and not (builtin and known_place):
        origin = layer.registered or layer.module or layer.class_name
        raise refused(
            layer,
            f"is a custom class ({origin[:100]}), whose code is not in the file. Replace it by layers of Keras, and "
            "save the model again",
        )


def _check_keywords(layer: Layer, tensors: tuple[str, ...] = ()) -> None:
    """Refuse a call that asks for more than the layer's output for its input; `tensors` may be given by name."""
    for key, value in layer.keywords:
        if key in tensors and isinstance(value, Tensor):
            continue
        allowed = NEUTRAL.get(key, ())
        if allowed is not None and not any(value is item for item in allowed):
            raise refused(layer, f"is called with {key[:50]}, which blocks do not know. Call it with its input alone")
