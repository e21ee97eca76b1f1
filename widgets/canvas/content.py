"""What a card or a frame says about its node, as a value: it repaints only when this changes."""

from __future__ import annotations

from dataclasses import dataclass

from models.analysis import NodeAnalysis, Problem
from models.analysis.inside import Frame
from models.blocks import Family, shape_text
from models.blocks.composite import CompositeBlock
from models.network.graph import Node

MOST_SHAPES = 3
"""So many output shapes find room on a card's badge."""


@dataclass(frozen=True)
class CardContent:
    """A card's texts. `trained` is None where the question does not arise.

    Attributes:
        outputs: what each output is called.
        free_input: whether the block could take one more input.
        connected: whether it has an input.
        openable: whether it is a composite that one can look into.
        inner: whether it stands in the frame of an open composite, and is not edited there.
        frozen: whether training leaves its weights as they are.
    """

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
    outputs: tuple[str, ...] = ("output",)
    free_input: bool = False
    connected: bool = False
    openable: bool = False
    inner: bool = False
    frozen: bool = False


@dataclass(frozen=True)
class FrameContent:
    """The texts in the header of an open composite."""

    node_id: str
    title: str
    settings: str
    totals: str
    spoken: str


def card_content(
    node: Node, facts: NodeAnalysis, trained: bool | None, inner: bool = False, frozen: bool = False
) -> CardContent:
    """The content of a node's card."""
    shapes = [shape_text(shape) for shape in facts.output_shapes]
    count = facts.parameters
    return CardContent(
        node_id=node.id,
        family=node.block.family,
        title=node.title,
        kind=node.block.type if node.name else "",
        settings=node.block.settings_text(),
        parameters=_parameters(count, trained),
        shape=_shapes(shapes),
        spoken=_spoken(node, shapes),
        problems=facts.problems,
        trained=trained if count else None,
        outputs=node.block.output_names,
        free_input=len(node.inputs) < node.block.max_inputs,
        connected=bool(node.inputs),
        openable=isinstance(node.block, CompositeBlock) and bool(shapes),
        inner=inner,
        frozen=frozen and bool(count),
    )


def frame_content(frame: Frame) -> FrameContent:
    """The content of an open composite's header."""
    count, settings = frame.facts.parameters, frame.block.settings_text()
    totals = f"{count:,} params" if count else ""
    return FrameContent(
        node_id=frame.node_id,
        title=frame.title,
        settings=settings,
        totals=totals,
        spoken=", ".join(filter(None, (frame.title, settings, totals, "open"))),
    )


def _shapes(shapes: list[str]) -> str:
    shown = shapes if len(shapes) <= MOST_SHAPES else [*shapes[: MOST_SHAPES - 1], f"+{len(shapes) - MOST_SHAPES + 1}"]
    return "  ·  ".join(shown)


def _parameters(count: int, trained: bool | None) -> str:
    if not count:
        return ""
    return f"untrained · {count:,} params" if trained is False else f"{count:,} params"


def _spoken(node: Node, shapes: list[str]) -> str:
    """`Conv2D, 16 filters, output 10×10×16`: the card's accessible name."""
    parts = [node.title, node.block.type] if node.name else [node.title]
    for field in ("filters", "units", "rate"):
        value = getattr(node.block, field, None)
        if value is not None:
            parts.append(f"{field} {value:g}" if field == "rate" else f"{value} {field}")
    if len(shapes) > 1:
        parts += [f"output {index} of {len(shapes)} {shape}" for index, shape in enumerate(shapes, start=1)]
    else:
        parts.append(f"output {shapes[0]}" if shapes else "no output yet")
    return ", ".join(parts)
