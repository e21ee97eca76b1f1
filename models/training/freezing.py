"""Rules for many blocks at once, as transfer learning needs them."""

from __future__ import annotations

from collections.abc import Container, Sequence

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


def rules_of(rules: Rules, present: Container[str]) -> Rules:
    """The rules for blocks that are there."""
    return tuple(rule for rule in rules if rule.node in present)


def frozen_nodes(rules: Rules) -> frozenset[str]:
    """The blocks that are not trained."""
    return frozenset(rule.node for rule in rules if not rule.trainable)
