"""Looking inside composite blocks in place: the network as the canvas shows it, with some of them open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from models.analysis.network_analysis import Analysis, BlockFacts, NodeAnalysis, analyse, block_facts
from models.blocks import Block
from models.network.expansion import Expansion, expand
from models.network.graph import Network, Node, Source


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
        outputs: where each output of the network's own nodes comes from in what is shown; empty while nothing is open.
        expansion, known: what the view was made of, and what is known of that: the next view takes from them.
    """

    network: Network
    analysis: Analysis
    frames: Mapping[str, Frame]
    outputs: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    expansion: Expansion | None = field(default=None, repr=False)
    known: Analysis | None = field(default=None, repr=False)


def open_view(
    network: Network, analysis: Analysis, opened: Collection[str], before: OpenView | None = None
) -> OpenView:
    """The network as it is shown with these composites open; ids that name none are passed over.

    `before` is the view before an edit: what the edit did not touch is taken from there.
    """
    if not opened:
        return OpenView(network, analysis, {})
    expansion = expand(network, opened, before.expansion if before is not None else None)
    if not expansion.members:
        return OpenView(network, analysis, {})
    known = analyse(expansion.network, before=before.known if before is not None else None)
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
    frames = _frames(network, analysis, expansion, known)
    return OpenView(expansion.network, view, frames, expansion.outputs, expansion, known)


def _frames(network: Network, analysis: Analysis, expansion: Expansion, known: Analysis) -> dict[str, Frame]:
    frames: dict[str, Frame] = {}
    for node_id in sorted(expansion.members, key=len):  # an outer id is the beginning of an inner one
        node = expansion.composites[node_id]
        facts = analysis.nodes.get(node_id) if node_id in network else None
        if facts is None:
            facts = _facts_around(node, expansion, known)
        frames[node_id] = Frame(node_id, node.title, node.block, expansion.members[node_id], facts)
    return frames


def _facts_around(node: Node, expansion: Expansion, known: Analysis) -> NodeAnalysis:
    """What would be known of an open composite inside another if it were closed."""
    inputs = tuple(known.nodes[source.node].output_shapes[source.output] for source in node.inputs)
    facts = block_facts(node.block, inputs)
    assert isinstance(facts, BlockFacts), "only a composite without problems is expanded"
    return NodeAnalysis(
        node.id,
        inputs,
        facts.output_shapes,
        facts.weights,
        facts.multiply_adds,
        facts.activation_values,
        tuple(known.nodes[source.node].fields[source.output] for source in expansion.outputs[node.id]),
    )
