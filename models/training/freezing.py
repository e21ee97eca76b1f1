"""Rules for many blocks at once, as transfer learning needs them."""

from __future__ import annotations

from collections.abc import Sequence

from models.blocks.composite import Group
from models.network.graph import SEPARATOR, Network, Node, inner_id
from models.training.plan import BlockRule

Rules = tuple[BlockRule, ...]


def frozen_but_last(rules: Rules, weighty: Sequence[str], last: int = 1) -> Rules:
    """Rules that freeze every block with weights but the last ones, which train; factors stay as they are.

    Args:
        weighty: the blocks that have weights, from the input on.
    """
    frozen = list(weighty[: max(len(weighty) - last, 0)])
    factors = {rule.node: rule.learning_rate_factor for rule in rules}
    made = [BlockRule(node=node, trainable=False, learning_rate_factor=factors.pop(node, 1.0)) for node in frozen]
    others = [BlockRule(node=node, learning_rate_factor=factor) for node, factor in factors.items()]
    return (*made, *(rule for rule in others if not rule.says_nothing))


def frozen_nodes(rules: Rules) -> frozenset[str]:
    """The blocks that are not trained."""
    return frozenset(rule.node for rule in rules if not rule.trainable)


def carried(rules: Rules, before: Network, after: Network) -> Rules:
    """The rules behind an edit of the network: those of deleted blocks go, so that no later block inherits them.

    They follow a block into a group that was made of it, and out of a composite that was unpacked.
    """
    if not rules or [node.id for node in before.nodes] == [node.id for node in after.nodes]:
        return rules
    new = [node for node in after.nodes if node.id not in before]
    made: dict[str, BlockRule] = {}
    for rule in rules:
        for node_id in _homes(rule.node, new, after):
            made.setdefault(node_id, rule.model_copy(update={"node": node_id}))
    return tuple(made.values())


def _homes(node_id: str, new: Sequence[Node], after: Network) -> tuple[str, ...]:
    """Where a block is now: at its place, inside a new group, or in pieces; nowhere if it was deleted."""
    parts = node_id.split(SEPARATOR)
    if any(SEPARATOR.join(parts[:depth]) in after for depth in range(1, len(parts) + 1)):
        return (node_id,)
    for node in new:
        if isinstance(node.block, Group) and any(inner.id == node_id for inner in node.block.nodes):
            return (inner_id(node.id, node_id, lambda _taken: False),)
    return tuple(node.id for node in new if node.id.startswith(f"{node_id}{SEPARATOR}"))
