"""`Network`: an immutable directed acyclic graph of blocks, in a stable topological order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.blocks import Block
from models.blocks.wiring import MAX_ID, Node, NodeId, Source

__all__ = ["Edge", "Network", "Node", "NodeId", "Source", "in_order", "stack"]

MAX_NODES = 20_000

SEPARATOR = "__"
"""Between the ids of a composite and of a node inside it, in the id of the expanded node."""


def inner_id(outer: str, inner: str, taken: Callable[[str], bool]) -> str:
    """The id outside of a composite for a node inside it: both ids joined, and shortened to what an id may have.

    Where that is taken, `_` is added. The same ids give the same result; what is cut off leaves its hash.
    """
    wanted = f"{outer}{SEPARATOR}{inner}"
    while taken(shortened := _shortened(wanted)):
        wanted += "_"
    return shortened


def _shortened(wanted: str) -> str:
    if len(wanted) <= MAX_ID:
        return wanted
    from hashlib import sha256  # late: the window opens without

    digest = sha256(wanted.encode()).hexdigest()[:16]
    return f"{wanted[: MAX_ID - len(digest) - 1]}_{digest}"


class Edge(NamedTuple):
    """One connection: a source, and the input of the node that it feeds."""

    source: Source
    target: str
    input_index: int


class Network(BaseModel):
    """Nodes in topological order: each node stands behind those that feed it. May be incomplete while being edited."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    nodes: Annotated[tuple[Node, ...], Field(max_length=MAX_NODES)] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Network:
        outputs: dict[str, int] = {}
        for node in self.nodes:
            if node.id in outputs:
                raise ValueError(f'two nodes have the id "{node.id}"')
            for source in node.inputs:
                if source.node not in outputs:
                    raise ValueError(
                        f'node "{node.id}" takes its input from "{source.node}", which does not stand before it '
                        "(missing, or a cycle)"
                    )
                if not 0 <= source.output < outputs[source.node]:
                    raise ValueError(
                        f'node "{node.id}" takes output {source.output} of "{source.node}", '
                        f"which has {outputs[source.node]}, counted from 0"
                    )
            outputs[node.id] = len(node.block.output_names)
        size = sum([node.block.block_count for node in self.nodes])
        if size > MAX_NODES:
            raise ValueError(f"{size:,} blocks, with those inside of groups; {MAX_NODES:,} are the most")
        return self

    # --- looking ----------------------------------------------------------------------------------------------------
    @cached_property
    def _by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _consumers(self) -> dict[str, tuple[Edge, ...]]:
        edges: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            edges[edge.source.node].append(edge)
        return {key: tuple(value) for key, value in edges.items()}

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every connection, ordered by target and input."""
        return tuple(Edge(source, node.id, index) for node in self.nodes for index, source in enumerate(node.inputs))

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._by_id

    def __len__(self) -> int:
        return len(self.nodes)

    def node(self, node_id: str) -> Node:
        """The node with this id; KeyError when there is none."""
        return self._by_id[node_id]

    def find(self, node_id: str | None) -> Node | None:
        """The node with this id, or None."""
        return self._by_id.get(node_id) if node_id is not None else None

    def consumers(self, node_id: str) -> tuple[Edge, ...]:
        """The edges that leave a node."""
        return self._consumers[node_id]

    @cached_property
    def input_node(self) -> Node | None:
        """The first node that takes no input by its kind: where the data enters."""
        return next((node for node in self.nodes if node.block.max_inputs == 0), None)

    @cached_property
    def loose(self) -> frozenset[str]:
        """Ids of the nodes that nothing consumes."""
        return frozenset(self._by_id.keys() - {source.node for node in self.nodes for source in node.inputs})

    @cached_property
    def output_node(self) -> Node | None:
        """The last node that nothing consumes and that is no auxiliary output: where the prediction leaves."""
        loose = [node for node in reversed(self.nodes) if node.id in self.loose]
        return next((node for node in loose if not node.block.auxiliary), loose[0] if loose else None)

    @cached_property
    def outputs(self) -> tuple[Node, ...]:
        """Every node whose output leaves the network: the main one first, then the auxiliary ones in order."""
        main = self.output_node
        if main is None:
            return ()
        return (main, *(node for node in self.nodes if node.block.auxiliary and node is not main))

    def upstream(self, node_id: str) -> frozenset[str]:
        """Every node that this one depends on, directly or not."""
        found: set[str] = set()
        waiting = [source.node for source in self.node(node_id).inputs]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(source.node for source in self.node(current).inputs)
        return frozenset(found)

    def downstream(self, node_id: str) -> frozenset[str]:
        """Every node that depends on this one, directly or not."""
        found: set[str] = set()
        waiting = [node_id]
        while waiting:
            for edge in self.consumers(waiting.pop()):
                if edge.target not in found:
                    found.add(edge.target)
                    waiting.append(edge.target)
        return frozenset(found)

    @cached_property
    def _used(self) -> frozenset[str]:
        """What a new id must not be: ids, and those of unpacked composites, whose blocks still carry them in front."""
        prefixes = (node.id.split(SEPARATOR, 1)[0] for node in self.nodes if SEPARATOR in node.id)
        return frozenset((*self._by_id, *prefixes))

    def new_id(self, block: Block, taken: Iterable[str] = ()) -> str:
        """A fresh id from the block's type: `conv2d`, `conv2d_2`, …"""
        used = {*self._used, *taken}
        stem = re.sub(r"[^a-z0-9]+", "_", block.type.lower()).strip("_")
        candidate, number = stem, 1
        while candidate in used:
            number += 1
            candidate = f"{stem}_{number}"
        return candidate


def in_order(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Nodes brought into topological order, as stable as possible: a node moves only behind what feeds it.

    Raises ValueError when there is a cycle.
    """
    waiting = list(nodes)
    present = {node.id for node in waiting}
    done: dict[str, Node] = {}
    while waiting:
        later = []
        for node in waiting:
            ready = all(source.node in done or source.node not in present for source in node.inputs)
            if ready:
                done[node.id] = node
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise ValueError(f"a cycle through {', '.join(node.id for node in later)}")
        waiting = later
    return tuple(done.values())


def stack(*blocks: Block) -> Network:
    """A chain of blocks, each fed by the one before."""
    network = Network()
    nodes: list[Node] = []
    taken: list[str] = []
    for block in blocks:
        node_id = network.new_id(block, taken)
        inputs = (Source(nodes[-1].id),) if nodes and block.max_inputs else ()
        nodes.append(Node(id=node_id, block=block, inputs=inputs))
        taken.append(node_id)
    return Network(nodes=tuple(nodes))
