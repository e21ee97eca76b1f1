"""Composite blocks replaced by what is inside them: the network of layers that is built, trained and looked into."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from models.blocks import BlockProblem, Shape, Shapes
from models.blocks.composite import ENTRY, Inside
from models.network.graph import MAX_NODES, Network, Node, Source, inner_id
from models.network.project import ProjectError


@dataclass(frozen=True, eq=False)
class Expansion:
    """A network after its composites, or some of them, were replaced by their insides.

    Attributes:
        network: the expanded network. An expanded node's id is its composite's, `__`, and its own inside.
        outputs: where each output of every node of the original comes from, and of every composite that was expanded.
        members: for every composite that was expanded, the ids of what took its place, at any depth.
        composites: every composite that was expanded, as it would stand in the expansion when closed.
    """

    network: Network
    outputs: Mapping[str, tuple[Source, ...]]
    members: Mapping[str, tuple[str, ...]]
    composites: Mapping[str, Node]

    def source(self, source: Source) -> Source:
        """Where what the original network calls `source` comes from."""
        return self.outputs[source.node][source.output]


def expand(network: Network, only: Collection[str] | None = None, before: Expansion | None = None) -> Expansion:
    """Replace every composite, or those with the ids in `only` (which may be ids of the expansion itself).

    Composites whose inputs have no shape yet, because of a problem, stay as they are. `before` is the expansion of the
    network before an edit: its nodes are taken where they are equal, so that an analysis knows them again.
    Raises ProjectError for more layers than a network may have.
    """
    work = _Expanding(network, only, before)
    for node in network.nodes:
        work.place(node, node.id, {}, "")
    expanded = Network(nodes=tuple(work.nodes)) if work.members else network
    return Expansion(expanded, work.outputs, work.members, work.composites)


@dataclass
class _Expanding:
    """The expansion as it grows."""

    original: Network
    only: Collection[str] | None
    before: Expansion | None
    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    composites: dict[str, Node] = field(default_factory=dict)
    shapes: dict[Source, Shape] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def place(
        self, node: Node, node_id: str, scope: Mapping[Source, Source], prefix: str, known: Shapes | None = None
    ) -> None:
        """Add a node, or what is inside it.

        Args:
            scope: maps the sources of an inside to those of the expansion.
            prefix: the id of the composite around it; empty outside of all.
            known: the shapes that it gives, where they are known already.
        """
        inputs = [self._resolved(source, scope, prefix) for source in node.inputs]
        shapes = self._arriving(inputs)
        inside = self._inside(node, node_id, shapes)
        placed = self._placed(node, node_id, tuple(inputs))
        if inside is not None:
            self.composites[node_id] = placed
            self._open(node_id, inputs, inside)
            return
        if len(self.nodes) >= MAX_NODES:
            raise ProjectError(
                f"the network has more than {MAX_NODES:,} layers, those inside of its composite blocks counted. Take "
                "some blocks out, or lower how often they repeat."
            )
        self.taken.add(node_id)
        self.nodes.append(placed)
        own = tuple([Source(node_id, index) for index in range(len(node.block.output_names))])
        self.outputs[node_id] = own
        if shapes is not None:
            try:
                self.shapes.update(zip(own, known or node.block.output_shapes(shapes), strict=True))
            except BlockProblem:
                return  # what is behind it has no shapes either

    def _placed(self, node: Node, node_id: str, inputs: tuple[Source, ...]) -> Node:
        """The node as it stands in the expansion: itself, or that of the expansion before, where nothing is new."""
        if node_id == node.id and inputs == node.inputs:
            return node
        if self.before is not None:
            old = self.before.network.find(node_id) or self.before.composites.get(node_id)
            if old is not None and old.block is node.block and old.inputs == inputs and old.name == node.name:
                return old
        return Node(id=node_id, block=node.block, inputs=inputs, name=node.name)

    def _open(self, node_id: str, inputs: list[Source], inside: Inside) -> None:
        before = len(self.nodes)
        scope = {Source(ENTRY, index): source for index, source in enumerate(inputs)}
        for child in inside.nodes:
            child_id = inner_id(node_id, child.id, self._is_taken)
            self.place(child, child_id, scope, node_id, inside.shapes[child.id])
            for index, source in enumerate(self.outputs[child_id]):
                scope[Source(child.id, index)] = source
        self.outputs[node_id] = tuple(scope[source] for source in inside.outputs)
        self.members[node_id] = tuple(node.id for node in self.nodes[before:])

    def _resolved(self, source: Source, scope: Mapping[Source, Source], prefix: str) -> Source:
        return scope[source] if prefix else self.outputs[source.node][source.output]

    def _arriving(self, inputs: list[Source]) -> Shapes | None:
        """The shapes that arrive; None where one is not known."""
        known = [self.shapes.get(source) for source in inputs]
        arriving = tuple(shape for shape in known if shape is not None)
        return arriving if len(arriving) == len(known) else None

    def _inside(self, node: Node, node_id: str, shapes: Shapes | None) -> Inside | None:
        if shapes is None or (self.only is not None and node_id not in self.only):
            return None
        try:
            node.block.check_inputs(shapes)
            return node.block.inside(shapes)
        except BlockProblem:
            return None

    def _is_taken(self, wanted: str) -> bool:
        """Whether a node of the original, or of another composite, has an id."""
        return wanted in self.taken or wanted in self.original
