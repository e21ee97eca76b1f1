"""Hypothesis strategies for blocks, networks and edits, read from the blocks' own fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from models.analysis import analyse
from models.blocks import REGISTRY, Block, BlockProblem, SetFields, Shape
from models.blocks.composite import CompositeBlock
from models.blocks.input import Input
from models.network import branches, copying, grouping
from models.network import edits as edit
from models.network.graph import Network, Node, Source

LARGEST = 7
"""Sizes stay small: arithmetic that is right for 1 … 7 and for its own limits is right in between."""

LAYERS = tuple(
    kind
    for kind in REGISTRY.values()
    if kind.max_inputs > 0 and kind.in_palette and not issubclass(kind, CompositeBlock)
)
COMPOSITES = tuple(kind for kind in REGISTRY.values() if issubclass(kind, CompositeBlock) and kind.in_palette)
CHAIN_LAYERS = tuple(kind for kind in (*LAYERS, *COMPOSITES) if kind.max_inputs == 1 and not kind.auxiliary)
MERGES = tuple(kind for kind in LAYERS if kind.min_inputs == 2 and kind.max_inputs > 2)
PICKABLE = tuple(kind for kind in REGISTRY.values() if kind.in_palette)


def blocks(kind: type[Block], largest: int = LARGEST, **fixed: object) -> st.SearchStrategy[Block]:
    """Blocks of one class with every field drawn from what it allows; `fixed` fields keep the value given."""
    schema = _schema(kind)
    fields = {name: _values(schema[name], largest) for name in kind.model_fields if name not in fixed}
    return st.fixed_dictionaries(fields).map(lambda drawn: _validated(kind, {**drawn, **fixed})).filter(bool)


@cache
def _schema(kind: type[Block]) -> dict[str, Any]:
    properties: dict[str, Any] = kind.model_json_schema()["properties"]
    return properties


@cache
def any_block() -> st.SearchStrategy[Block]:
    """A block of any class of the palette, Input included."""
    return st.one_of(*(blocks(kind) for kind in PICKABLE))


def _validated(kind: type[Block], fields: dict[str, object]) -> Block | None:
    try:
        return kind.model_validate(fields)
    except ValidationError:  # a rule between fields that a schema cannot say
        return None


def _values(schema: dict[str, Any], largest: int) -> st.SearchStrategy[Any]:
    """Values of a JSON schema as pydantic writes it for the fields of blocks."""
    if "anyOf" in schema:
        return st.one_of(*(_values(option, largest) for option in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            smallest = low + 1 if "exclusiveMinimum" in schema else low
            return st.integers(smallest, min(high, max(largest, smallest)))
        case "number":
            excluded = {f"exclude_{side}": f"exclusive{end}" in schema for side, end in
                        (("min", "Minimum"), ("max", "Maximum"))}  # fmt: skip
            return st.floats(low, high, allow_subnormal=False, **excluded)
        case "array" if "prefixItems" in schema:
            return st.tuples(*(_values(item, largest) for item in schema["prefixItems"]))
        case "array":
            items = _values(schema["items"], largest)
            return st.lists(items, min_size=schema["minItems"], max_size=schema["maxItems"]).map(tuple)
    raise AssertionError(f"no strategy for a field like {schema}")


def image_shapes(largest: int = 24) -> st.SearchStrategy[Shape]:
    """Shapes (height, width, channels) of small images."""
    return st.tuples(st.integers(1, largest), st.integers(1, largest), st.integers(1, 4))


def shapes() -> st.SearchStrategy[Shape]:
    """Shapes of every rank, mostly images."""
    sizes = st.integers(1, 12)
    others = st.lists(sizes, min_size=1, max_size=4).map(tuple)
    return st.one_of(image_shapes(), image_shapes(), others)


@st.composite
def networks(draw: st.DrawFn, valid: bool = False, max_nodes: int = 8) -> Network:
    """Random networks. Valid ones have no problems and begin with an image; others are chains and branched graphs
    with any mistake in them, the empty network included."""
    return draw(_valid_networks(max_nodes) if valid else _any_networks(max_nodes))


@st.composite
def _any_networks(draw: st.DrawFn, max_nodes: int) -> Network:
    nodes: list[Node] = []
    if draw(st.integers(0, 5)):
        nodes.append(Node(id="input", block=Input(shape=draw(shapes()))))
    for _ in range(draw(st.integers(0, max_nodes - 1))):
        block = draw(st.sampled_from((*LAYERS, *COMPOSITES)).flatmap(blocks))
        earlier = [source for node in nodes for source in sources_of(node)]
        inputs: list[Source] = []
        if earlier and draw(st.integers(0, 9)):
            inputs = [earlier[-1]]
        if earlier and (block.max_inputs > 1 or not draw(st.integers(0, 9))):
            inputs += draw(st.lists(st.sampled_from(earlier), max_size=2))
        nodes.append(_node(draw, nodes, block, inputs[: block.max_inputs]))
    return Network(nodes=tuple(nodes))


def sources_of(node: Node) -> list[Source]:
    """Every output of a node, the first one last: it is what a chain goes on from."""
    return [Source(node.id, output) for output in reversed(range(len(node.block.output_names)))]


def known_shapes(network: Network) -> Callable[[Source], Shape | None]:
    """What the analysis says of each source, as the edits of branches ask for it."""
    nodes = analyse(network).nodes
    return lambda source: nodes[source.node].output_shapes[source.output] if nodes[source.node].output_shapes else None


@st.composite
def _valid_networks(draw: st.DrawFn, max_nodes: int) -> Network:
    nodes = [Node(id="input", block=Input(shape=draw(image_shapes())))]
    known: dict[str, Shape] = {"input": nodes[0].block.output_shape(())}
    for _ in range(draw(st.integers(0, 2 * max_nodes))):
        if len(nodes) >= max_nodes:
            break
        last = nodes[-1].id
        branching = draw(st.integers(0, 2)) == 0 and len(nodes) + 2 <= max_nodes
        start = draw(st.sampled_from(sorted(known))) if branching else last
        block = draw(st.sampled_from(CHAIN_LAYERS).flatmap(blocks))
        added = _grown(draw, nodes, known, block, (start,))
        if branching:
            ends = (last, added.id if added else draw(st.sampled_from(sorted(known))))
            merge = draw(st.sampled_from(MERGES).flatmap(blocks))
            if _grown(draw, nodes, known, merge, ends) is None and added is not None:
                nodes.remove(added)
                del known[added.id]
    return Network(nodes=tuple(nodes))


def _grown(
    draw: st.DrawFn, nodes: list[Node], known: dict[str, Shape], block: Block, sources: tuple[str, ...]
) -> Node | None:
    """The block, its fields repaired where that helps, added behind its sources; None where it does not fit them."""
    inputs = tuple(known[source] for source in sources)
    suiting = suited(block, inputs)
    if suiting is None:
        return None
    node = _node(draw, nodes, suiting, [Source(source) for source in sources])
    nodes.append(node)
    known[node.id] = suiting.output_shape(inputs)
    return node


def suited(block: Block, inputs: tuple[Shape, ...]) -> Block | None:
    """The block, its fields repaired where that helps; None where it does not take these inputs."""
    for _ in range(3):
        try:
            block.output_shape(inputs)
        except BlockProblem as problem:
            changes = next((repair.changes for repair in problem.repairs if isinstance(repair, SetFields)), ())
            block = block.replace(**dict(changes))
        else:
            return block
    return None


def _node(draw: st.DrawFn, nodes: list[Node], block: Block, inputs: list[Source]) -> Node:
    node_id = Network().new_id(block, [node.id for node in nodes])
    name = draw(st.sampled_from(("", "", 'Stage "A"', "x" * 200)))
    return Node(id=node_id, block=block, inputs=tuple(inputs), name=name)


def arriving(network: Network, node_id: str) -> tuple[Shape, ...]:
    """The shapes that arrive at a node; none for one that is not there."""
    return analyse(network).nodes[node_id].input_shapes if node_id in network else ()


@dataclass(frozen=True)
class Edit:
    """One thing a user does: `apply` gives the network after it, or raises EditError."""

    text: str
    apply: Callable[[Network], Network]

    def __repr__(self) -> str:
        return f"<{self.text}>"


@st.composite
def edits(draw: st.DrawFn, network: Network) -> Edit:
    """An edit of this network: any of the pure edits, now and then with a node or edge that is not there."""
    ids = st.sampled_from([*(node.id for node in network.nodes), "gone"])
    node_id, other, chosen = draw(ids), draw(ids), draw(st.lists(ids, max_size=3))
    outputs = [source for node in network.nodes for source in sources_of(node)]
    source = draw(st.sampled_from([Source("gone"), *outputs]))
    edge = draw(st.sampled_from([edit.Edge(Source("gone"), "gone", 0), *network.edges]))
    if draw(st.integers(0, 5)) == 0:
        fragment = draw(st.one_of(networks(max_nodes=4), st.just(copying.copy_fragment(network, chosen))))
        after = Edit(f"paste {len(fragment)} nodes after {node_id}", lambda n: copying.paste(n, fragment, node_id)[0])
        on = Edit(f"paste {len(fragment)} nodes on {edge}", lambda n: copying.paste_on_edge(n, fragment, edge)[0])
        return draw(st.sampled_from([after, on]))
    block = draw(any_block())
    return draw(
        st.sampled_from(
            [
                Edit(f"insert {block!r} after {node_id}", lambda n: edit.insert_after(n, node_id, [block])[0]),
                Edit(f"insert {block!r} on {edge}", lambda n: edit.insert_on_edge(n, edge, [block])[0]),
                Edit(f"insert {block!r} before {node_id}", lambda n: edit.insert_before(n, node_id, [block])),
                Edit(f"remove {chosen}", lambda n: edit.remove(n, chosen)),
                Edit(f"move {chosen} to {edge}", lambda n: edit.move(n, chosen, edge)),
                Edit(f"move {chosen} to the end", lambda n: edit.move(n, chosen, None)),
                Edit(f"put {block!r} in place of {node_id}", lambda n: edit.replace_block(n, node_id, block)),
                Edit(f"rename {node_id}", lambda n: edit.rename(n, node_id, " conv A ")),
                Edit(f"connect {other} to {node_id}", lambda n: edit.connect(n, Source(other), node_id)),
                Edit(
                    f"let {source} feed {node_id} too",
                    lambda n: branches.connect_or_merge(n, source, node_id, known_shapes(n)),
                ),
                Edit(f"lead {edge} to {node_id}", lambda n: branches.rewire(n, edge, node_id, known_shapes(n))),
                Edit(f"cut {edge}", lambda n: branches.cut(n, edge)),
                Edit(
                    f"insert {block!r} beside {node_id}",
                    lambda n: branches.insert_parallel(n, node_id, [block], known_shapes(n))[0],
                ),
                Edit(
                    f"move {chosen} beside {node_id}",
                    lambda n: branches.move_parallel(n, chosen, node_id, known_shapes(n)),
                ),
                Edit(f"group {chosen}", lambda n: grouping.group(n, chosen, "unit")[0]),
                Edit(f"unpack {node_id}", lambda n: grouping.unpack(n, node_id, arriving(n, node_id))[0]),
                Edit(f"disconnect {edge}", lambda n: edit.disconnect(n, edge)),
                Edit(f"add an Input before {node_id}", lambda n: edit.add_input(n, node_id, Input())),
                Edit(f"duplicate {chosen}", lambda n: copying.duplicate(n, chosen)[0]),
            ]
        )
    )
