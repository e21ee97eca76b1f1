"""Edits that make and cut branches: connecting, joining, putting blocks beside one another.

They join branches with a merge where one is needed, which is why they are told the shapes that the analysis knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.blocks import Block, BlockProblem, Shape
from models.blocks.merge import Add, Concatenate, MergeBlock
from models.network.edits import (
    EditError,
    chain,
    check_connection,
    check_tap,
    connect,
    disconnect,
    ordered,
    present,
    redirected,
    remove,
)
from models.network.fitting import fitted
from models.network.graph import Edge, Network, Node, Source

KnownShape = Callable[[Source], Shape | None]
"""The shape that leaves a source, None where it is not known."""


def why_not_connect(network: Network, source: Source, target: str) -> str:
    """Why `connect_or_merge` would refuse; empty where it would not."""
    try:
        check_connection(network, source, target)
        _check_room(network.node(target))
    except EditError as error:
        return str(error)
    return ""


def _check_room(node: Node) -> None:
    limit = node.block.max_inputs
    if limit > 1 and len(node.inputs) >= limit:
        raise EditError(f"{node.title} takes {limit} inputs and has them. Disconnect one of them first.")


def connect_or_merge(network: Network, source: Source, target: str, shapes: KnownShape) -> Network:
    """Let a source feed a node as well.

    Where the node takes one input and has it, a merge before it joins the two: Add where their shapes agree, otherwise
    Concatenate. A merge of that kind which stands there already, and feeds nothing else, takes the source in.
    """
    check_connection(network, source, target)
    node = network.node(target)
    _check_room(node)
    if len(node.inputs) < node.block.max_inputs:
        return connect(network, source, target)
    first = node.inputs[0]
    merge = merge_for(shapes(first), shapes(source))
    standing = network.node(first.node)
    serves_it_alone = standing.block == merge and len(network.consumers(standing.id)) == 1
    if serves_it_alone and not why_not_connect(network, source, standing.id):
        return connect(network, source, standing.id)
    joined = Node(id=network.new_id(merge), block=merge, inputs=(first, source))
    nodes = [redirected(other, (Edge(first, target, 0),), Source(joined.id)) for other in network.nodes]
    position = next(i for i, other in enumerate(nodes) if other.id == target)
    nodes.insert(position, joined)
    return ordered(nodes, "The connection would be a cycle. Connect it to a later block.")


def merge_for(first: Shape | None, second: Shape | None) -> MergeBlock:
    """The merge that joins two branches: Add where their shapes agree, otherwise Concatenate."""
    return Add() if first is not None and first == second else Concatenate()


def cut(network: Network, edge: Edge) -> Network:
    """Take one connection away. A merge that it leaves with one input joins nothing any more, and goes too.

    A block that it leaves without input, and one that nothing uses any more, stay and become problems with repairs.
    """
    rest = disconnect(network, edge)
    node = rest.node(edge.target)
    if isinstance(node.block, MergeBlock) and len(node.inputs) == 1:
        return remove(rest, (node.id,))
    return rest


def rewire(network: Network, edge: Edge, target: str, shapes: KnownShape) -> Network:
    """Let a connection lead to another node instead."""
    if edge.target == target:
        return network
    return connect_or_merge(cut(network, edge), edge.source, target, shapes)


# --- beside -----------------------------------------------------------------------------------------------------------
def insert_parallel(
    network: Network, node_id: str, blocks: Sequence[Block], shapes: KnownShape
) -> tuple[Network, tuple[str, ...]]:
    """Put a chain of blocks beside a node: fed by the same source, and joined with the node behind it.

    The settings of a single block are changed where it could not be joined otherwise, see `fitting.fitted`. What has
    auxiliary outputs alone is fed by the node itself.

    A merge that stands directly behind the node takes the new branch in; otherwise one is inserted, Add where the
    shapes agree and Concatenate where not. Returns the network and the new blocks' ids, without the merge's.
    """
    source = _source_beside(network, node_id, blocks)
    if any(block.max_inputs == 0 for block in blocks):
        raise EditError("A network has one Input block, at its start. Put another block beside.")
    if len(blocks) == 1 and not network.node(node_id).block.auxiliary:
        blocks = (_fitted(network, node_id, blocks[0], shapes),)
    placed, _ = chain(network, source, blocks)
    if not placed:
        return network, ()
    return _joined(network, node_id, source, placed, shapes), tuple(node.id for node in placed)


def move_parallel(network: Network, node_ids: Iterable[str], node_id: str, shapes: KnownShape) -> Network:
    """Take nodes out and put them, in network order, beside another one, as `insert_parallel` does."""
    chosen = set(node_ids)
    moving = [node for node in network.nodes if node.id in chosen]
    if not moving or node_id in chosen:
        return network
    if any(node.block.max_inputs == 0 for node in moving):
        raise EditError("The Input block stays at the start of the network.")
    rest = remove(network, chosen)
    source = _source_beside(rest, node_id, [node.block for node in moving])
    placed, feeding = [], source
    for node in moving:
        placed.append(node.with_inputs((feeding, *(old for old in node.inputs[1:] if old != feeding))))
        feeding = feeding if node.block.auxiliary else Source(node.id)
    return _joined(rest, node_id, source, placed, shapes)


def _source_beside(network: Network, node_id: str, blocks: Iterable[Block]) -> Source:
    """What feeds blocks beside a node: what feeds the node, or, for heads of their own, the node."""
    node = present(network, node_id)
    if node.block.max_inputs == 0:
        raise EditError(f"Nothing can stand beside {node.title}, where the data enters. Choose a later block.")
    if not node.inputs:
        raise EditError(f"{node.title} has no input yet that another branch could share. Connect it first.")
    heads = all(block.auxiliary for block in blocks) and not node.block.auxiliary
    return Source(node_id) if heads else node.inputs[0]


def _fitted(network: Network, node_id: str, block: Block, shapes: KnownShape) -> Block:
    """The block with settings that let it be joined with what leaves the node."""
    node, target = network.node(node_id), shapes(Source(node_id))
    behind = _merge_behind(network, node)

    def joins(shape: Shape) -> bool:
        """Whether the merge that stands behind the node, or else the new one, takes this shape as well."""
        standing = [shapes(source) for source in behind.inputs] if behind is not None else [target]
        merge = behind.block if behind is not None else merge_for(target, shape)
        known = [known for known in standing if known is not None]
        try:
            merge.output_shape((*known, shape))
        except BlockProblem:
            return False
        return True

    return fitted(block, shapes(node.inputs[0]), node.block, target, joins)


def _merge_behind(network: Network, node: Node) -> Node | None:
    """The merge that stands directly behind a node, and has room for one more branch."""
    own = Source(node.id)
    edges = [edge for edge in network.consumers(node.id) if edge.source == own]
    behind = network.node(edges[0].target) if len(edges) == 1 else None
    free = behind is not None and isinstance(behind.block, MergeBlock) and len(behind.inputs) < behind.block.max_inputs
    return behind if free else None


def _joined(network: Network, node_id: str, source: Source, placed: Sequence[Node], shapes: KnownShape) -> Network:
    """The placed nodes in the network, their end merged with what leaves the node."""
    node, end = network.node(node_id), next((n for n in reversed(placed) if not n.block.auxiliary), None)
    nodes = list(network.nodes)
    position = nodes.index(node) + 1
    nodes[position:position] = placed
    if end is None:
        check_tap(network, source)
    elif node.block.auxiliary:
        raise EditError(f"{node.title} is an end of the network: no branch can join it. Choose a block before it.")
    else:
        nodes = _with_merge(network, nodes, node, Source(end.id), _chain_shape(placed, shapes(source)), shapes)
    return ordered(nodes, "The block would feed itself there. Drop it beside another one.")


def _with_merge(
    network: Network, nodes: list[Node], node: Node, end: Source, end_shape: Shape | None, shapes: KnownShape
) -> list[Node]:
    own = Source(node.id)
    edges = tuple(edge for edge in network.consumers(node.id) if edge.source == own)
    behind = _merge_behind(network, node)
    if behind is not None:
        grown = behind.with_inputs((*behind.inputs, end))
        return [grown if other.id == behind.id else other for other in nodes]
    merge = merge_for(shapes(own), end_shape)
    merge_id = network.new_id(merge, (other.id for other in nodes))
    nodes = [redirected(other, edges, Source(merge_id)) for other in nodes]
    position = next(i for i, other in enumerate(nodes) if other.id == end.node) + 1
    nodes.insert(position, Node(id=merge_id, block=merge, inputs=(own, end)))
    return nodes


def _chain_shape(placed: Sequence[Node], entering: Shape | None) -> Shape | None:
    """The shape at the end of a chain; None where it is not known."""
    shape = entering
    for node in placed:
        if node.block.auxiliary:
            continue
        if shape is None or len(node.inputs) > 1:
            return None
        try:
            shape = node.block.output_shape((shape,))
        except BlockProblem:
            return None
    return shape
