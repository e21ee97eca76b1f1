"""Statements for nodes: one line of functional Keras for each, with variables that read well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.blocks import Block, Shapes
from models.blocks.composite import CompositeBlock
from models.blocks.wiring import Node, Source
from models.network.source.text import free_name, snake_case, value_text

Call = Callable[[Node, Sequence[str], str], str]
"""How a composite is called: the expression for a node, given the variables of its inputs and its name argument."""


@dataclass(frozen=True)
class Statement:
    """`text` assigns the outputs of `node`; `shapes` are theirs, where they are known."""

    node: Node
    text: str
    shapes: Shapes = ()

    @property
    def comment(self) -> str:
        """The output shapes, as a comment behind the statement."""
        return f"  # {', '.join(map(str, self.shapes))}" if self.shapes and self.node.inputs else ""


def statements(
    nodes: Sequence[Node],
    variables: Mapping[Source, str],
    name_of: Callable[[str], str],
    call: Call,
    shapes: Mapping[str, Shapes],
) -> list[Statement]:
    """One statement for each node. `name_of` is the text of the name argument for a node's id."""
    return [
        Statement(node, _statement(node, variables, name_of(node.id), call), shapes.get(node.id, ())) for node in nodes
    ]


def _statement(node: Node, variables: Mapping[Source, str], name: str, call: Call) -> str:
    targets = ", ".join(variables[Source(node.id, index)] for index in range(len(node.block.output_names)))
    sources = [variables[source] for source in node.inputs]
    if isinstance(node.block, CompositeBlock):
        return f"{targets} = {call(node, sources, name)}"
    made = f"{layer_path(node.block)}({', '.join([*arguments(node.block), f'name={name}'])})"
    if not sources:
        return f"{targets} = {made}"
    given = node.block.call_arguments(sources)
    texts = (f"[{', '.join(part)}]" if isinstance(part, list) else part for part in given)
    return f"{targets} = {made}({', '.join(texts)})"


def layer_path(block: Block) -> str:
    """The layer's class as the generated module calls it."""
    if block.max_inputs == 0:
        return f"keras.{block.layer_class}"
    return block.layer_class if block.custom else f"layers.{block.layer_class}"


def arguments(block: Block) -> list[str]:
    """The arguments that Keras needs, by position, then by name those that are not at their defaults."""
    given, defaults = block.keras_arguments(), default_arguments(type(block))
    needed = [value_text(given[name]) for name in block.spelled_out]
    changed = [
        f"{name}={value_text(value)}"
        for name, value in given.items()
        if name not in block.spelled_out and (name not in defaults or value != defaults[name] or block.max_inputs == 0)
    ]
    return needed + changed


def default_arguments(kind: type[Block]) -> dict[str, object]:
    """The arguments that may be left out; none for a block that has no default settings."""
    if any(info.is_required() for info in kind.model_fields.values()):
        return {}
    return kind().keras_arguments()


def name_variables(
    nodes: Sequence[Node], entries: Mapping[Source, str], outputs: Iterable[Source], reserved: Collection[str]
) -> dict[Source, str]:
    """Each output's variable: `x` along a chain, a name of its own where another branch comes between or joins later.

    `entries` are the variables of what enters; `outputs` are needed at the end.
    """
    consumers: dict[Source, set[str]] = {}
    for node in nodes:
        for source in node.inputs:
            consumers.setdefault(source, set()).add(node.id)
    kept = set(outputs)
    names = dict(entries)
    ids = {node.id for node in nodes}
    taken = {"x", *reserved, *entries.values()}
    for node, follower in zip(nodes, (*nodes[1:], None), strict=True):
        several = len(node.block.output_names) > 1
        for index, output in enumerate(node.block.output_names):
            source = Source(node.id, index)
            if source in names:
                continue
            used = consumers.get(source, set())
            alone = all(names.get(Source(node.id, before)) != "x" for before in range(index))
            if alone and follower is not None and used == {follower.id} and source not in kept:
                names[source] = "x"
            elif not used and several and source not in kept:
                names[source] = "_"
            elif several:
                names[source] = free_name(f"{node.id}_{snake_case(output)}", taken | ids)
            else:
                names[source] = free_name(node.id, taken | (ids - {node.id}))
            taken.add(names[source])
    return names
