"""Parts of a network copied and pasted, whole architectures among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.network.edits import GONE_EDGE, EditError, behind, check_tap, redirected, remove
from models.network.graph import Edge, Network, Node, Source, in_order


def copy_fragment(network: Network, node_ids: Iterable[str]) -> Network:
    """The chosen nodes as a network of their own, for the clipboard; it heals as if the others were removed."""
    return remove(network, {node.id for node in network.nodes} - set(node_ids))


def paste(network: Network, fragment: Network, node_id: str | None) -> tuple[Network, tuple[str, ...]]:
    """Insert a fragment behind a node (None: behind the output) under fresh ids.

    The node feeds what lacks an input in the fragment; the fragment's output feeds all that the node's first output
    fed. Input blocks of the fragment are left out unless the network has none. Returns the network and the new ids.
    """
    return _insert_fragment(network, fragment, *behind(network, node_id))


def paste_on_edge(network: Network, fragment: Network, edge: Edge) -> tuple[Network, tuple[str, ...]]:
    """Insert a fragment on one connection, as `paste` does."""
    if edge not in network.edges:
        raise EditError(GONE_EDGE)
    return _insert_fragment(network, fragment, edge.source, (edge,))


def _insert_fragment(
    network: Network, fragment: Network, source: Source | None, edges: Sequence[Edge]
) -> tuple[Network, tuple[str, ...]]:
    placed, ends = copies(network, fragment, source)
    if not placed:
        return network, ()
    if source is not None and not edges and all(node.block.auxiliary for node in placed):
        check_tap(network, source)
    end = next((Source(node.id) for node in reversed(ends) if not node.block.auxiliary), None)
    nodes = [redirected(node, edges, end) for node in network.nodes]
    position = next((i + 1 for i, node in enumerate(nodes) if source is not None and node.id == source.node), 0)
    nodes[position:position] = placed
    return Network(nodes=in_order(nodes)), tuple(node.id for node in placed)


def copies(network: Network, fragment: Network, source: Source | None) -> tuple[list[Node], list[Node]]:
    """A fragment's nodes under ids that are new to the network, and those of them that feed none of the others.

    The source stands for the fragment's Input where the network has one of its own, and feeds what lacks an input.
    """
    skip_inputs = network.input_node is not None
    ids: dict[str, str] = {}
    known: dict[Source, Source] = {}
    placed: list[Node] = []
    for node in fragment.nodes:
        if skip_inputs and node.block.max_inputs == 0:
            if source is not None:
                known[Source(node.id)] = source
            continue
        ids[node.id] = network.new_id(node.block, ids.values())
        inputs = [known[old] for old in node.inputs if old in known]
        if source is not None and len(inputs) < node.block.min_inputs:
            inputs.append(source)
        placed.append(Node(id=ids[node.id], block=node.block, inputs=tuple(inputs), name=node.name))
        known |= {Source(node.id, k): Source(ids[node.id], k) for k in range(len(node.block.output_names))}
    used = {old.node for node in placed for old in node.inputs}
    return placed, [node for node in placed if node.id not in used]


def duplicate(network: Network, node_ids: Sequence[str]) -> tuple[Network, tuple[str, ...]]:
    """Paste a copy of the nodes behind the last of them."""
    chosen = [node.id for node in network.nodes if node.id in set(node_ids)]
    if not chosen:
        return network, ()
    fragment = copy_fragment(network, chosen)
    if all(node.block.max_inputs == 0 for node in fragment.nodes):
        raise EditError("A network has one Input block. Duplicate another block.")
    return paste(network, fragment, chosen[-1])
