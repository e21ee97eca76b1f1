"""Pure edits: each takes a network and returns a new one.

An edit that cannot be raises EditError, whose text says what was asked, why it cannot be and what to do instead.
Edits heal: what a removed block joined stays joined, and a moved block leaves no hole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.blocks import Block
from models.network.graph import Edge, Network, Node, Source, in_order

GONE_EDGE = "That connection is no longer there. Choose another one."


class EditError(ValueError):
    """An edit that cannot be; the text says why and what to do."""


def insert_after(network: Network, node_id: str | None, blocks: Sequence[Block]) -> tuple[Network, tuple[str, ...]]:
    """Insert a chain of blocks behind a node (None: behind the output), feeding all that the node fed.

    Returns the network and the new nodes' ids. An Input block goes to the start of a network that has none.
    """
    anchor = network.find(node_id) or network.output_node
    if anchor is None:
        return _extend(network, None, blocks, ())
    return _extend(network, Source(anchor.id), blocks, network.consumers(anchor.id))


def insert_on_edge(network: Network, edge: Edge, blocks: Sequence[Block]) -> tuple[Network, tuple[str, ...]]:
    """Insert a chain of blocks on one connection."""
    if edge not in network.edges:
        raise EditError(GONE_EDGE)
    return _extend(network, edge.source, blocks, (edge,))


def insert_before(network: Network, node_id: str, blocks: Sequence[Block], input_index: int = 0) -> Network:
    """Insert a chain of blocks on one input of a node."""
    node = _present(network, node_id)
    if input_index >= len(node.inputs):
        raise EditError(f"{node.title} has no input {input_index + 1} to insert before. Connect it first.")
    return insert_on_edge(network, Edge(node.inputs[input_index], node_id, input_index), blocks)[0]


def _extend(
    network: Network, source: Source | None, blocks: Sequence[Block], edges: Sequence[Edge]
) -> tuple[Network, tuple[str, ...]]:
    """Chain blocks behind a source and let the edges start at the chain's end."""
    if any(block.max_inputs == 0 for block in blocks):
        return _lead(network, blocks, None)
    placed = _chain(network, source, blocks)
    if not placed:
        return network, ()
    nodes = [_redirected(node, edges, Source(placed[-1].id)) for node in network.nodes]
    position = next((i + 1 for i, node in enumerate(nodes) if source is not None and node.id == source.node), 0)
    nodes[position:position] = placed
    return Network(nodes=in_order(nodes)), tuple(node.id for node in placed)


def _lead(network: Network, blocks: Sequence[Block], target: str | None) -> tuple[Network, tuple[str, ...]]:
    """Chain blocks, an Input first, at the start and let them feed the target (None: the first node without input)."""
    if network.input_node is not None or any(block.max_inputs == 0 for block in blocks[1:]):
        raise EditError("A network has one Input block, at its start. Change the shape of the one it has.")
    placed = _chain(network, None, blocks)
    end = Source(placed[-1].id)
    fed = target or next((node.id for node in network.nodes if not node.inputs), None)
    nodes = (node.with_inputs((*node.inputs, end)) if node.id == fed else node for node in network.nodes)
    return Network(nodes=(*placed, *nodes)), tuple(node.id for node in placed)


def _chain(network: Network, source: Source | None, blocks: Sequence[Block]) -> list[Node]:
    """Nodes under fresh ids, each fed by the one before and the first by the source."""
    placed: list[Node] = []
    for block in blocks:
        node_id = network.new_id(block, (node.id for node in placed))
        placed.append(Node(id=node_id, block=block, inputs=() if source is None else (source,)))
        source = Source(node_id)
    return placed


def _redirected(node: Node, edges: Iterable[Edge], source: Source) -> Node:
    changed = {edge.input_index for edge in edges if edge.target == node.id}
    if not changed:
        return node
    return node.with_inputs(source if index in changed else old for index, old in enumerate(node.inputs))


def remove(network: Network, node_ids: Iterable[str]) -> Network:
    """Take nodes out. What they fed is fed by their own first input instead; a merge never gets one source twice."""
    gone = set(node_ids) & {node.id for node in network.nodes}
    if not gone:
        return network

    def heal(source: Source) -> Source | None:
        while source.node in gone:
            inputs = network.node(source.node).inputs
            if not inputs:
                return None
            source = inputs[0]
        return source

    nodes = []
    for node in network.nodes:
        if node.id in gone:
            continue
        if any(source.node in gone for source in node.inputs):
            node = node.with_inputs(_healed_inputs(node, gone, heal))
        nodes.append(node)
    return Network(nodes=tuple(nodes))


def _healed_inputs(node: Node, gone: set[str], heal: Callable[[Source], Source | None]) -> list[Source]:
    untouched = {source for source in node.inputs if source.node not in gone}
    inputs: list[Source] = []
    for source in node.inputs:
        healed = heal(source)
        duplicate = source.node in gone and (healed in untouched or healed in inputs)
        if healed is not None and not duplicate:
            inputs.append(healed)
    return inputs


def move(network: Network, node_ids: Sequence[str], edge: Edge | None) -> Network:
    """Take nodes out and put them, in network order, on an edge (None: behind the output). Ids and names stay."""
    moving = [node for node in network.nodes if node.id in set(node_ids)]
    if not moving:
        return network
    if any(node.block.max_inputs == 0 for node in moving):
        raise EditError("The Input block stays at the start of the network.")
    if edge is not None and {edge.source.node, edge.target} & {node.id for node in moving}:
        return network  # dropped beside itself: it is there already
    if edge is not None and edge not in network.edges:
        raise EditError(GONE_EDGE)
    rest = remove(network, (node.id for node in moving))
    edges: tuple[Edge, ...] = ()
    if edge is not None:
        if edge not in rest.edges:
            raise EditError("That connection goes away when the block leaves. Drop it on another one.")
        start, edges = edge.source, (edge,)
    else:
        last = rest.output_node
        if last is None:
            return network
        start = Source(last.id)
    source, placed = start, []
    for node in moving:
        placed.append(node if source in node.inputs else node.with_inputs((source, *node.inputs[1:])))
        source = Source(node.id)
    nodes = [_redirected(node, edges, source) for node in rest.nodes]
    position = next(i for i, node in enumerate(nodes) if node.id == start.node) + 1
    nodes[position:position] = placed
    return _ordered(nodes, "The block would feed itself there. Drop it on another connection.")


def replace_block(network: Network, node_id: str, block: Block) -> Network:
    """Put another block, or the same with other settings, in a node's place."""
    return _with_node(network, _present(network, node_id).with_block(block))


def rename(network: Network, node_id: str, name: str) -> Network:
    """Give a node the name that people see; an empty one brings back the block's type."""
    return _with_node(network, _present(network, node_id).with_name(name.strip()))


def connect(network: Network, source: Source, target: str) -> Network:
    """Add an input to a node. Refused when it would close a cycle or the block takes no more inputs."""
    node, feeding = _present(network, target), _present(network, source.node)
    _check_connection(network, feeding, source, node)
    changed = node.with_inputs((*node.inputs, source))
    return Network(nodes=in_order(changed if other.id == target else other for other in network.nodes))


def _check_connection(network: Network, feeding: Node, source: Source, node: Node) -> None:
    limit = node.block.max_inputs
    if feeding.id == node.id:
        raise EditError(f"{node.title} cannot feed itself. Connect it to a later block.")
    if limit == 0:
        raise EditError(f"{node.title} takes no input: the data enters there. Connect a later block.")
    if node.id in network.upstream(feeding.id):
        raise EditError(
            f"{feeding.title} depends on {node.title}: the connection would be a cycle. Connect it to a later block."
        )
    if source in node.inputs:
        raise EditError(f"{feeding.title} is already an input of {node.title}. Connect another block.")
    if len(node.inputs) >= limit:
        full = "one input and has it" if limit == 1 else f"{limit} inputs and has them"
        raise EditError(f"{node.title} takes {full}. Join branches with Add or Concatenate.")


def add_input(network: Network, target: str, block: Block) -> Network:
    """Put an Input block at the start and let it feed a node that lacks an input."""
    return _lead(network, (block,), _present(network, target).id)[0]


def disconnect(network: Network, edge: Edge) -> Network:
    """Take one connection away."""
    if edge not in network.edges:
        raise EditError(GONE_EDGE)
    node = network.node(edge.target)
    kept = (source for index, source in enumerate(node.inputs) if index != edge.input_index)
    return _with_node(network, node.with_inputs(kept))


def copy_fragment(network: Network, node_ids: Iterable[str]) -> Network:
    """The chosen nodes as a network of their own, for the clipboard; it heals as if the others were removed."""
    return remove(network, {node.id for node in network.nodes} - set(node_ids))


def paste(network: Network, fragment: Network, node_id: str | None) -> tuple[Network, tuple[str, ...]]:
    """Insert a fragment behind a node (None: behind the output) under fresh ids.

    The node feeds what lacks an input in the fragment; the fragment's output feeds all that the node fed. Input blocks
    of the fragment are left out unless the network has none. Returns the network and the new ids.
    """
    anchor = network.find(node_id) or network.output_node
    skip_inputs = network.input_node is not None
    ids: dict[str, str] = {}
    placed: list[Node] = []
    for node in fragment.nodes:
        if skip_inputs and node.block.max_inputs == 0:
            continue
        ids[node.id] = network.new_id(node.block, ids.values())
        inputs = [Source(ids[source.node], source.output) for source in node.inputs if source.node in ids]
        if anchor is not None and len(inputs) < node.block.min_inputs:
            inputs.append(Source(anchor.id))
        placed.append(Node(id=ids[node.id], block=node.block, inputs=tuple(inputs), name=node.name))
    if not placed:
        return network, ()
    used = {source.node for node in placed for source in node.inputs}
    end = next(node.id for node in reversed(placed) if node.id not in used)
    edges = network.consumers(anchor.id) if anchor is not None else ()
    nodes = [_redirected(node, edges, Source(end)) for node in network.nodes]
    position = next((i + 1 for i, node in enumerate(nodes) if anchor is not None and node.id == anchor.id), 0)
    nodes[position:position] = placed
    return Network(nodes=in_order(nodes)), tuple(ids.values())


def duplicate(network: Network, node_ids: Sequence[str]) -> tuple[Network, tuple[str, ...]]:
    """Paste a copy of the nodes behind the last of them."""
    chosen = [node.id for node in network.nodes if node.id in set(node_ids)]
    if not chosen:
        return network, ()
    fragment = copy_fragment(network, chosen)
    if all(node.block.max_inputs == 0 for node in fragment.nodes):
        raise EditError("A network has one Input block. Duplicate another block.")
    return paste(network, fragment, chosen[-1])


def _present(network: Network, node_id: str) -> Node:
    node = network.find(node_id)
    if node is None:
        raise EditError("That block is gone. Choose another one.")
    return node


def _with_node(network: Network, changed: Node) -> Network:
    return Network(nodes=tuple(changed if node.id == changed.id else node for node in network.nodes))


def _ordered(nodes: Iterable[Node], why: str) -> Network:
    try:
        return Network(nodes=in_order(nodes))
    except ValueError as error:
        raise EditError(why) from error
