"""Blocks grouped into a composite of the user's own, and composites unpacked into editable blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.blocks import BlockProblem, Shapes
from models.blocks.composite import ENTRY, MAX_DEPTH, Group, Inside
from models.blocks.wiring import MAX_ID
from models.network.edits import EditError, present, redirected
from models.network.graph import SEPARATOR, Network, Node, Source, inner_id

LONGEST_NAME = 200


def why_not_group(network: Network, node_ids: Iterable[str]) -> str:
    """Why `group` would refuse these nodes; empty where it would not."""
    try:
        _ends(network, _chosen(network, node_ids))
    except EditError as error:
        return str(error)
    return ""


def group(network: Network, node_ids: Iterable[str], name: str) -> tuple[Network, str]:
    """Put nodes, which together have one input and one output, into a Group block under a name.

    Returns the network and the group's id. Inside, the nodes keep their ids and names.
    """
    if not name.strip():
        raise EditError("A group needs a name. Type one.")
    nodes = _chosen(network, node_ids)
    source, end = _ends(network, nodes)
    before = _id_before(network, nodes)
    inner = _inner_ids(nodes, f"{before}{SEPARATOR}")
    block = Group(
        name=name.strip()[:LONGEST_NAME],
        nodes=tuple(
            Node(id=inner[node.id], block=node.block, inputs=_inward(node, inner), name=node.name) for node in nodes
        ),
        output=Source(inner[end.node], end.output),
    )
    group_id = before or network.new_id(block)
    grouped = Node(id=group_id, block=block, inputs=(source,))
    edges = [edge for node in nodes for edge in network.consumers(node.id) if edge.target not in inner]
    rest = [
        grouped if node.id == end.node else redirected(node, edges, Source(group_id))
        for node in network.nodes
        if node.id not in inner or node.id == end.node
    ]
    return Network(nodes=tuple(rest)), group_id


def _chosen(network: Network, node_ids: Iterable[str]) -> tuple[Node, ...]:
    """The nodes in network order. Raises EditError for what cannot stand in a group."""
    chosen = set(node_ids)
    nodes = tuple(node for node in network.nodes if node.id in chosen)
    if not nodes:
        raise EditError("No block is selected. Select the blocks to group.")
    for node in nodes:
        if node.block.max_inputs == 0 or node.block.auxiliary:
            raise EditError(f"{_called(node)} is an end of the network and cannot stand in a group. Leave it out.")
        if node.block.group_depth >= MAX_DEPTH:
            raise EditError(
                f"{_called(node)} holds groups nested {MAX_DEPTH} deep, which is the most. Unpack one, or leave it out."
            )
        if len(node.inputs) < node.block.min_inputs:
            raise EditError(f"{_called(node)} lacks an input. Connect it first, or leave it out.")
    return nodes


def _ends(network: Network, nodes: Sequence[Node]) -> tuple[Source, Source]:
    """What feeds the nodes, and which output of theirs is used outside; EditError unless there is one of each.

    No path leaves the nodes and enters them again: it would bring a second input.
    """
    inside = {node.id for node in nodes}
    feeding = {source: node for node in reversed(nodes) for source in node.inputs if source.node not in inside}
    used = {source: target for node in nodes for source, target in _uses(network, node, inside).items()}
    first = nodes[0].inputs[0]
    main = _main_output(network, used)
    problems = [
        f"{_called(node)} also takes its input from {_called(network.node(source.node))}"
        for source, node in feeding.items()
        if source != first
    ]
    for source, target in used.items():
        node = network.node(source.node)
        if source != main:
            problems.append(
                f"{_called(node)} also feeds {target}" if target else f"nothing uses what {_called(node)} gives"
            )
    if problems:
        listed = "; ".join(problems[:3]) + ("; …" if len(problems) > 3 else "")
        raise EditError(f"A group has one input and one output, but {listed}. Select other blocks.")
    return first, main


def _uses(network: Network, node: Node, inside: set[str]) -> dict[Source, str]:
    """The outputs of a node that matter outside, each with what takes it there, in words."""
    edges = network.consumers(node.id)
    if not edges:
        return {Source(node.id): ""}
    outside = [edge for edge in reversed(edges) if edge.target not in inside]
    return {edge.source: _called(network.node(edge.target)) for edge in outside}


def _main_output(network: Network, used: Mapping[Source, str]) -> Source:
    """The output that stays the group's own where there are several: the network's, otherwise the last one."""
    output = network.output_node
    if output is not None and Source(output.id) in used:
        return Source(output.id)
    return list(used)[-1]


def _called(node: Node) -> str:
    return f"{node.title} ({node.id})"


def _id_before(network: Network, nodes: Sequence[Node]) -> str:
    """The id of the group of which these are all the blocks since it was unpacked; empty where they are not.

    Grouped again under that id, their layers have the ids that they had, and keep their trained weights.
    """
    prefix, separator, _ = nodes[0].id.partition(SEPARATOR)
    members = {node.id for node in network.nodes if node.id.startswith(f"{prefix}{SEPARATOR}")}
    again = separator and prefix not in network and members == {node.id for node in nodes}
    return prefix if again else ""


def _inner_ids(nodes: Sequence[Node], prefix: str) -> dict[str, str]:
    """The ids inside, by those outside: the same ones, without the group's own in front."""
    inner: dict[str, str] = {}
    for node in nodes:
        wanted = node.id.removeprefix(prefix)
        while wanted == ENTRY or wanted in inner.values():
            wanted = f"{wanted}_" if len(wanted) < MAX_ID else wanted[:-1]
        inner[node.id] = wanted
    return inner


def _inward(node: Node, inner: Mapping[str, str]) -> tuple[Source, ...]:
    return tuple(
        Source(inner[source.node], source.output) if source.node in inner else Source(ENTRY) for source in node.inputs
    )


def with_composite(composites: Iterable[Group], block: Group) -> tuple[Group, ...]:
    """The user's composites and this one, which takes the place of the one of the same name."""
    kept = {composite.name: composite for composite in composites}
    return tuple((kept | {block.name: block}).values())


def unpack(network: Network, node_id: str, inputs: Shapes) -> tuple[Network, tuple[str, ...]]:
    """Replace a composite by the blocks inside it, for inputs of these shapes; returns the network and their ids.

    The ids are those of the expansion, so that trained weights stay. Composites inside stay composites. A Group comes
    apart whatever enters it; another composite that does not suit its inputs has no inside, which is refused.
    """
    node = present(network, node_id)
    inside = _inside(node, inputs)
    ids = _unpacked_ids(network, node_id, inside)
    scope = {Source(ENTRY, index): source for index, source in enumerate(node.inputs)}
    for child in inside.nodes:
        scope |= {Source(child.id, k): Source(ids[child.id], k) for k in range(len(child.block.output_names))}
    placed = [
        Node(
            id=ids[child.id],
            block=child.block,
            inputs=tuple(scope[source] for source in child.inputs if source in scope),
            name=_unpacked_name(node, child),
        )
        for child in inside.nodes
    ]
    outputs = [scope.get(source) for source in inside.outputs]
    nodes: list[Node] = []
    for other in network.nodes:
        nodes += placed if other.id == node_id else [_fed_by(other, node_id, outputs)]
    return Network(nodes=tuple(nodes)), tuple(ids.values())


def _inside(node: Node, inputs: Shapes) -> Inside:
    if isinstance(node.block, Group):
        return Inside(node.block.nodes, (node.block.output,), {})  # stored as it is: known for any input
    try:
        node.block.check_inputs(inputs)
        inside = node.block.inside(inputs)
    except BlockProblem as problem:
        raise EditError(
            f"What is inside {node.title} depends on its input, and it has a problem: {problem}. Solve that first."
        ) from problem
    if inside is None:
        raise EditError(f"{node.title} is a single layer: there is nothing inside to unpack. Choose a composite block.")
    return inside


def _unpacked_ids(network: Network, node_id: str, inside: Inside) -> dict[str, str]:
    ids: dict[str, str] = {}
    for child in inside.nodes:
        ids[child.id] = inner_id(node_id, child.id, lambda wanted: wanted in network or wanted in ids.values())
    return ids


def _unpacked_name(node: Node, child: Node) -> str:
    """The role that the block has inside, behind the name that its composite was given: `Stage 2 conv1`."""
    return f"{node.name} {child.name}"[:LONGEST_NAME] if node.name and child.name else child.name


def _fed_by(node: Node, node_id: str, outputs: Sequence[Source | None]) -> Node:
    """The node, fed by what gives the unpacked composite's outputs."""
    if all(source.node != node_id for source in node.inputs):
        return node
    inputs = (outputs[source.output] if source.node == node_id else source for source in node.inputs)
    return node.with_inputs(source for source in inputs if source is not None)
