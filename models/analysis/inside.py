"""Looking inside composite blocks in place: the network as the canvas shows it, with some of them open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.analysis.network_analysis import Analysis, NodeAnalysis, analyse
from models.blocks import Block
from models.network.expansion import Expansion, expand
from models.network.graph import Network


@dataclass(frozen=True)
class Frame:
    """An open composite: the ids of what stands in its frame, and its own block and title."""

    node_id: str
    title: str
    block: Block
    members: tuple[str, ...]
    facts: NodeAnalysis


@dataclass(frozen=True)
class OpenView:
    """A network with some composites open.

    Attributes:
        network: what is shown; the ids of nodes in a frame are those of the expansion, the others the network's own.
        analysis: of `network`. Problems keep the ids of the network itself.
        frames: the open composites from the outermost in, by the id under which they would stand when closed.
    """

    network: Network
    analysis: Analysis
    frames: Mapping[str, Frame]


def open_view(network: Network, analysis: Analysis, opened: Collection[str]) -> OpenView:
    """The network as it is shown with these composites open; ids that name none are passed over."""
    if not opened:
        return OpenView(network, analysis, {})
    expansion = expand(network, opened)
    if not expansion.members:
        return OpenView(network, analysis, {})
    known = analyse(expansion.network)
    shown = {
        node.id: analysis.nodes.get(node.id) or known.nodes[node.id] for node in expansion.network.nodes
    }  # problems with the data set are on the network's own nodes
    view = Analysis(
        nodes=shown,
        problems=analysis.problems,
        input_shape=analysis.input_shape,
        output_shape=analysis.output_shape,
        receptive_field=analysis.receptive_field,
        network=expansion.network,
    )
    return OpenView(expansion.network, view, _frames(network, analysis, expansion))


def _frames(network: Network, analysis: Analysis, expansion: Expansion) -> dict[str, Frame]:
    """The frames; a composite inside another is found by opening the outer one alone."""
    frames: dict[str, Frame] = {}
    ordered = sorted(expansion.members, key=len)  # an outer id is the beginning of an inner one
    for node_id in ordered:
        node = network.find(node_id)
        facts = analysis.nodes.get(node_id)
        if node is None or facts is None:
            partly = expand(network, [other for other in ordered if other != node_id and node_id.startswith(other)])
            node = partly.network.node(node_id)
            facts = analyse(partly.network).nodes[node_id]
        frames[node_id] = Frame(node_id, node.title, node.block, expansion.members[node_id], facts)
    return frames
