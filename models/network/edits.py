"""Pure edits: each takes a network and returns a new one.

An edit that cannot be raises EditError, whose text says what was asked, why it cannot be and what to do instead.
Edits heal: what a removed block joined stays joined, and a moved block leaves no hole. An auxiliary output stays the
end of its branch: put on a connection it taps it, and what is inserted behind it goes before it. Edits keep the nodes
that they do not change, so that the analysis can keep what it knows of them.

Branches are made and cut in `models.network.branches`, fragments are copied in `models.network.copying`, and composites
made and taken apart in `models.network.grouping`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.blocks import Block
from models.network.graph import Edge, Network, Node, Source, in_order

GONE_EDGE = "That connection is no longer there. Choose another one."


class EditError(ValueError):
    """An edit that cannot be; the text says why and what to do."""


def insert_after(network: Network, node_id: str | None, blocks: Sequence[Block]) -> tuple[Network, tuple[str, ...]]:
    """Insert a chain of blocks behind a node (None: behind the output), feeding all that its first output fed.

    Returns the network and the new nodes' ids. An Input block goes to the start of a network that has none.
    """
    source, edges = behind(network, node_id)
    if source is not None and not edges and blocks and all(block.auxiliary for block in blocks):
        check_tap(network, source)
    return _extend(network, source, blocks, edges)


def behind(network: Network, node_id: str | None) -> tuple[Source | None, tuple[Edge, ...]]:
    """Where to insert behind a node (None: behind the output): what feeds the new blocks, and the edges they take over.

    Behind an auxiliary output that is the edge before it.
    """
    anchor = network.find(node_id) or network.output_node
    if anchor is None:
        return None, ()
    if anchor.block.auxiliary and anchor.inputs:
        return anchor.inputs[0], (Edge(anchor.inputs[0], anchor.id, 0),)
    source = Source(anchor.id)
    return source, tuple(edge for edge in network.consumers(anchor.id) if edge.source == source)


def check_tap(network: Network, source: Source) -> None:
    """Raise EditError where an auxiliary output behind this source would be the main output itself."""
    main = network.output_node
    if main is not None and main.id == source.node:
        raise EditError(
            f"What {main.title} gives is the network's main output already. "
            "Put an auxiliary output behind an earlier block."
        )


def insert_on_edge(network: Network, edge: Edge, blocks: Sequence[Block]) -> tuple[Network, tuple[str, ...]]:
    """Insert a chain of blocks on one connection."""
    if edge not in network.edges:
        raise EditError(GONE_EDGE)
    return _extend(network, edge.source, blocks, (edge,))


def insert_before(network: Network, node_id: str, blocks: Sequence[Block], input_index: int = 0) -> Network:
    """Insert a chain of blocks on one input of a node."""
    node = present(network, node_id)
    if input_index >= len(node.inputs):
        raise EditError(f"{node.title} has no input {input_index + 1} to insert before. Connect it first.")
    return insert_on_edge(network, Edge(node.inputs[input_index], node_id, input_index), blocks)[0]


def _extend(
    network: Network, source: Source | None, blocks: Sequence[Block], edges: Sequence[Edge]
) -> tuple[Network, tuple[str, ...]]:
    """Chain blocks behind a source and let the edges start at the chain's end."""
    if any(block.max_inputs == 0 for block in blocks):
        return _lead(network, blocks, None)
    placed, end = chain(network, source, blocks)
    if not placed:
        return network, ()
    nodes = [redirected(node, edges, end) for node in network.nodes]
    position = next((i + 1 for i, node in enumerate(nodes) if source is not None and node.id == source.node), 0)
    nodes[position:position] = placed
    return Network(nodes=in_order(nodes)), tuple(node.id for node in placed)


def _lead(network: Network, blocks: Sequence[Block], target: str | None) -> tuple[Network, tuple[str, ...]]:
    """Chain blocks, an Input first, at the start and let them feed the target (None: the first node without input)."""
    if network.input_node is not None or any(block.max_inputs == 0 for block in blocks[1:]):
        raise EditError("A network has one Input block, at its start. Change the shape of the one it has.")
    placed, end = chain(network, None, blocks)
    assert end is not None, "it begins with an Input block"
    fed = target or next((node.id for node in network.nodes if not node.inputs), None)
    nodes = (node.with_inputs((*node.inputs, end)) if node.id == fed else node for node in network.nodes)
    return Network(nodes=(*placed, *nodes)), tuple(node.id for node in placed)


def chain(network: Network, source: Source | None, blocks: Sequence[Block]) -> tuple[list[Node], Source | None]:
    """Nodes under fresh ids, each fed by the one before and the first by the source; and what feeds the next one."""
    placed: list[Node] = []
    for block in blocks:
        node_id = network.new_id(block, (node.id for node in placed))
        placed.append(Node(id=node_id, block=block, inputs=() if source is None else (source,)))
        source = source if block.auxiliary and source is not None else Source(node_id)
    return placed, source


def redirected(node: Node, edges: Iterable[Edge], source: Source | None) -> Node:
    """The node with those of its inputs that are among the edges coming from another source."""
    changed = {edge.input_index for edge in edges if edge.target == node.id and edge.source != source}
    if not changed or source is None:
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
    if edge is None:
        start, edges = behind(rest, None)
        if start is None:
            return network
        if not edges and all(node.block.auxiliary for node in moving):
            check_tap(rest, start)
    elif edge in rest.edges:
        start, edges = edge.source, (edge,)
    else:
        raise EditError("That connection goes away when the block leaves. Drop it on another one.")
    source, placed = start, []
    for node in moving:
        placed.append(node if source in node.inputs else node.with_inputs((source, *node.inputs[1:])))
        source = source if node.block.auxiliary else Source(node.id)
    nodes = [redirected(node, edges, source) for node in rest.nodes]
    position = next(i for i, node in enumerate(nodes) if node.id == start.node) + 1
    nodes[position:position] = placed
    return ordered(nodes, "The block would feed itself there. Drop it on another connection.")


def replace_block(network: Network, node_id: str, block: Block) -> Network:
    """Put another block, or the same with other settings, in a node's place."""
    node, count = present(network, node_id), len(block.output_names)
    for edge in network.consumers(node_id) if count < len(node.block.output_names) else ():
        if edge.source.output >= count:
            lost = node.block.output_names[edge.source.output]
            user = network.node(edge.target)
            raise EditError(
                f"{user.title} ({user.id}) uses {node.title}'s {lost}, which it would no longer give. "
                "Disconnect that first."
            )
    return with_node(network, node.with_block(block))


def rename(network: Network, node_id: str, name: str) -> Network:
    """Give a node the name that people see; an empty one brings back the block's type."""
    return with_node(network, present(network, node_id).with_name(name.strip()))


def connect(network: Network, source: Source, target: str) -> Network:
    """Add an input to a node. Refused when it would close a cycle or the block takes no more inputs."""
    check_connection(network, source, target)
    node = network.node(target)
    limit = node.block.max_inputs
    if len(node.inputs) >= limit:
        full = "one input and has it" if limit == 1 else f"{limit} inputs and has them"
        raise EditError(f"{node.title} takes {full}. Join branches with Add or Concatenate.")
    changed = node.with_inputs((*node.inputs, source))
    return Network(nodes=in_order(changed if other.id == target else other for other in network.nodes))


def check_connection(network: Network, source: Source, target: str) -> None:
    """Raise EditError where a node's output can never feed another node, however many inputs that takes."""
    node, feeding = present(network, target), present(network, source.node)
    if feeding.id == node.id:
        raise EditError(f"{node.title} cannot feed itself. Connect it to a later block.")
    if node.block.max_inputs == 0:
        raise EditError(f"{node.title} takes no input: the data enters there. Connect a later block.")
    if source.output >= len(feeding.block.output_names):
        raise EditError(f"{feeding.title} has no output {source.output + 1}. Connect one that it has.")
    if feeding.block.auxiliary:
        raise EditError(f"{feeding.title} is an end of the network: nothing goes on from it. Connect what feeds it.")
    if node.id in network.upstream(feeding.id):
        raise EditError(
            f"{feeding.title} depends on {node.title}: the connection would be a cycle. Connect it to a later block."
        )
    if source in node.inputs:
        raise EditError(f"{feeding.title} is already an input of {node.title}. Connect another block.")


def add_input(network: Network, target: str, block: Block) -> Network:
    """Put an Input block at the start and let it feed a node that lacks an input."""
    return _lead(network, (block,), present(network, target).id)[0]


def disconnect(network: Network, edge: Edge) -> Network:
    """Take one connection away, and nothing else: whatever is incomplete then becomes a problem with repairs."""
    if edge not in network.edges:
        raise EditError(GONE_EDGE)
    node = network.node(edge.target)
    kept = (source for index, source in enumerate(node.inputs) if index != edge.input_index)
    return with_node(network, node.with_inputs(kept))


def present(network: Network, node_id: str) -> Node:
    """The node with this id; EditError when there is none."""
    node = network.find(node_id)
    if node is None:
        raise EditError("That block is gone. Choose another one.")
    return node


def with_node(network: Network, changed: Node) -> Network:
    """The network with one node replaced by another of the same id."""
    return Network(nodes=tuple(changed if node.id == changed.id else node for node in network.nodes))


def ordered(nodes: Iterable[Node], why: str) -> Network:
    """A network of these nodes in topological order; EditError, with the reason given, for a cycle."""
    try:
        return Network(nodes=in_order(nodes))
    except ValueError as error:
        raise EditError(why) from error
