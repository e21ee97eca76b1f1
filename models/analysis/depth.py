"""Depth as architectures are named by it: ResNet-50, VGG-16."""

from __future__ import annotations

from collections.abc import Sequence

from models.analysis.network_analysis import Analysis, BlockFacts, block_facts
from models.blocks.composite import ENTRY


def depth(analysis: Analysis) -> int:
    """The most convolutions and dense layers on a path from the input to the main output.

    What lies behind a problem does not count.
    """
    known: dict[str, tuple[int, ...]] = {}
    for node in analysis.network.nodes:
        found = analysis.nodes[node.id]
        facts = block_facts(node.block, found.input_shapes) if found.output_shapes else None
        incoming = [known[source.node][source.output] for source in node.inputs]
        outputs = len(node.block.output_names)
        known[node.id] = (
            _behind(facts, incoming) if isinstance(facts, BlockFacts) else (max(incoming, default=0),) * outputs
        )
    output = analysis.network.output_node
    return known[output.id][0] if output is not None else 0


def _behind(facts: BlockFacts, incoming: Sequence[int]) -> tuple[int, ...]:
    """The depth of every output of a block, through the branches of a composite's inside."""
    if facts.steps:
        known = {ENTRY: tuple(incoming)}
        for node, inner in facts.steps:
            known[node.id] = _behind(inner, [known[source.node][source.output] for source in node.inputs])
        return tuple(known[source.node][source.output] for source in facts.outputs)
    own = 1 if facts.multiply_adds else 0
    return (max(incoming, default=0) + own,) * len(facts.output_shapes)
