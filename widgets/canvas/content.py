"""What a card says about its node, as a value: a card repaints only when this changes."""

from __future__ import annotations

from dataclasses import dataclass

from models.analysis import NodeAnalysis, Problem
from models.blocks import Family, shape_text
from models.network.graph import Node


@dataclass(frozen=True)
class CardContent:
    """A card's texts. `trained` is None where the question does not arise."""

    node_id: str
    family: Family
    title: str
    kind: str
    settings: str
    parameters: str
    shape: str
    spoken: str
    problems: tuple[Problem, ...] = ()
    trained: bool | None = None


def card_content(node: Node, facts: NodeAnalysis, trained: bool | None) -> CardContent:
    """The content of a node's card."""
    shape = shape_text(facts.output_shape) if facts.output_shape is not None else ""
    count = facts.parameters
    return CardContent(
        node_id=node.id,
        family=node.block.family,
        title=node.title,
        kind=node.block.type if node.name else "",
        settings=node.block.settings_text(),
        parameters=_parameters(count, trained),
        shape=shape,
        spoken=_spoken(node, shape),
        problems=facts.problems,
        trained=trained if count else None,
    )


def _parameters(count: int, trained: bool | None) -> str:
    if not count:
        return ""
    return f"untrained · {count:,} params" if trained is False else f"{count:,} params"


def _spoken(node: Node, shape: str) -> str:
    """`Conv2D, 16 filters, output 10×10×16`: the card's accessible name."""
    parts = [node.title, node.block.type] if node.name else [node.title]
    for field in ("filters", "units", "rate"):
        value = getattr(node.block, field, None)
        if value is not None:
            parts.append(f"{field} {value:g}" if field == "rate" else f"{value} {field}")
    parts.append(f"output {shape}" if shape else "no output yet")
    return ", ".join(parts)
