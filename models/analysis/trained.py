"""Which trained weights an edited network still has, layer by layer, also where layers were grouped or unpacked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.analysis.network_analysis import Analysis, BlockFacts, block_facts
from models.blocks import Block
from models.blocks.composite import CompositeBlock, Group
from models.network.graph import SEPARATOR, inner_id
from models.network.weighted_layer import WeightedLayer


def layers_with_weights(analysis: Analysis) -> Iterator[WeightedLayer]:
    """Every layer of a network that has weights, those inside composites too."""
    taken = {node.id for node in analysis.network.nodes}
    for node in analysis.network.nodes:
        known = analysis.nodes[node.id]
        if not known.weights:
            continue
        if isinstance(node.block, CompositeBlock):
            facts = block_facts(node.block, known.input_shapes)
            yield from _inside(node.id, node.id, node.block, facts, taken)
        else:
            yield WeightedLayer(node.id, node.id, node.block.type, known.weights)


def _inside(layer_id: str, bare_id: str, block: Block, facts: object, taken: set[str]) -> Iterator[WeightedLayer]:
    """The layers of a block that has weights; ids are made as the expansion makes them, `taken` are those so far."""
    assert isinstance(facts, BlockFacts), "a block with weights has no problem"
    if not facts.steps:
        taken.add(layer_id)
        if facts.weights:
            yield WeightedLayer(layer_id, bare_id, block.type, facts.weights)
    for node, inner in facts.steps:
        inside = inner_id(layer_id, node.id, taken.__contains__)
        bare = node.id if isinstance(block, Group) else f"{bare_id}{SEPARATOR}{node.id}"
        yield from _inside(inside, bare, node.block, inner, taken)


def matching_layers(trained: Analysis, now: Analysis) -> dict[str, str]:
    """Layers of a network whose weights were trained before edits and still fit: each one's id, and its id then."""
    return matched(layers_with_weights(trained), now)


def matched(given: Iterable[WeightedLayer], now: Analysis) -> dict[str, str]:
    """Layers of a network for which there are weights: each one's id, and that of the layer that gives them.

    A layer is the same when its id is, with or without the groups around it, and fits when it is of the same type and
    its weights have the same names and shapes. Each layer gives its weights to one at most.
    """
    before = list(given)
    by_id = {layer.layer_id: layer for layer in before}
    matches: dict[str, str] = {}
    waiting = []
    for layer in layers_with_weights(now):
        if _fits(by_id.get(layer.layer_id), layer):
            matches[layer.layer_id] = layer.layer_id
        else:
            waiting.append(layer)
    taken = set(matches.values())
    by_bare_id = {layer.bare_id: layer for layer in before if layer.layer_id not in taken}
    for layer in waiting:
        for earlier in _earlier_ids(layer):
            old = by_bare_id.get(earlier)
            if old is not None and _fits(old, layer):
                matches[layer.layer_id] = by_bare_id.pop(earlier).layer_id
                break
    return matches


def _fits(old: WeightedLayer | None, layer: WeightedLayer) -> bool:
    return old is not None and old.fits(layer)


def _earlier_ids(layer: WeightedLayer) -> Iterator[str]:
    """The ids that a layer may have had outside of groups, those that have come apart since included."""
    earlier = layer.bare_id
    while earlier:
        yield earlier
        earlier = earlier.partition(SEPARATOR)[2]


def still_trained(trained: Analysis, now: Analysis) -> frozenset[str]:
    """Layers whose trained weights still fit after edits, and composites of which that holds for all that is inside."""
    matches = matching_layers(trained, now)
    fresh = {
        outer
        for layer in layers_with_weights(now)
        if layer.layer_id not in matches
        for outer in _around(layer.layer_id)
    }
    return frozenset({outer for layer_id in matches for outer in _around(layer_id)} - fresh)


def _around(layer_id: str) -> Iterator[str]:
    """A layer's id and those of the composites around it; of an unpacked block also the composite's that it was in."""
    yield layer_id
    while SEPARATOR in layer_id:
        layer_id = layer_id.rpartition(SEPARATOR)[0]
        yield layer_id
