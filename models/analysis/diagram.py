"""The network as a picture: the canvas's cards and connections as SVG text, without a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import Literal

from models.analysis.diagram_page import Column, page
from models.analysis.network_analysis import Analysis, NodeAnalysis
from models.blocks import Family, shape_text
from models.network.graph import Network, Node
from models.network.layout import Box, Layout, Point, Route, layout

ThemeName = Literal["dark", "light"]

BAR, RADIUS, LEFT, RIGHT = 5.0, 9.0, 18.0, 12.0
PILL_HEIGHT = 17.0
CORNER, ARROW = 6.0, 4.0
SANS = "Inter, Segoe UI, SF Pro Text, Noto Sans, DejaVu Sans, sans-serif"
MONO = "JetBrains Mono, Menlo, Consolas, DejaVu Sans Mono, monospace"
WIDTHS = {"title": 8.6, "small": 6.2, "mono": 6.1}
"""Pixels that a character takes on average: an SVG file cannot measure the fonts of who will look at it."""


class DiagramError(ValueError):
    """A picture that was not made; the text says why and what to do."""


@dataclass(frozen=True)
class Colors:
    """The colours of one theme; the window's themes have the same."""

    background: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    bad: str
    connection: str
    families: Mapping[Family, str]


COLORS: Mapping[ThemeName, Colors] = {
    "dark": Colors(
        background="#14171c", panel="#1b1f26", raised="#232832", line="#2f3642", text="#e6e9ef", dim="#9aa4b2",
        bad="#ff6369", connection="#646d7a",
        families={
            Family.INPUT: "#9aa4b2", Family.CONVOLUTION: "#5b9dff", Family.POOLING: "#4cc38a", Family.DENSE: "#c084fc",
            Family.NORMALIZATION: "#f0b429", Family.ACTIVATION: "#f472b6", Family.MERGE: "#22c3d6",
            Family.COMPOSITE: "#fb923c",
        },
    ),
    "light": Colors(
        background="#f6f7f9", panel="#ffffff", raised="#eef0f4", line="#d5dae3", text="#1a1e26", dim="#566072",
        bad="#c81e1e", connection="#959eaa",
        families={
            Family.INPUT: "#566072", Family.CONVOLUTION: "#2563eb", Family.POOLING: "#15803d", Family.DENSE: "#7c3aed",
            Family.NORMALIZATION: "#a16207", Family.ACTIVATION: "#be185d", Family.MERGE: "#0e7490",
            Family.COMPOSITE: "#c2410c",
        },
    ),
}  # fmt: skip


def diagram_svg(network: Network, analysis: Analysis, theme: ThemeName = "dark", title: str = "Network") -> str:
    """The text of an SVG file that shows the network on one page; a tall network is folded into columns.

    Every text in it is escaped: names are data. Raises DiagramError for an empty network.
    """
    if not network.nodes:
        raise DiagramError("The network is empty: there is nothing to draw. Add blocks first.")
    colors, placed = COLORS[theme], layout(network)
    whole = page(placed)
    totals = f"{analysis.parameters:,} parameters, {analysis.multiply_adds:,} multiply-adds"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole.width:g}" height="{whole.height:g}" '
            f'viewBox="0 0 {whole.width:g} {whole.height:g}" font-family="{SANS}">',
            f"<title>{_escaped(title)}</title>",
            f"<desc>{_escaped(totals)}</desc>",
            f'<rect width="{whole.width:g}" height="{whole.height:g}" fill="{colors.background}"/>',
            *_lines(whole.joints, colors),
            *chain.from_iterable(_column(column, placed, analysis, colors) for column in whole.columns),
            "</svg>",
            "",
        ]
    )


def _column(column: Column, placed: Layout, analysis: Analysis, colors: Colors) -> list[str]:
    x, y = column.shift
    cards = (_card(node, analysis.nodes[node.id], placed.boxes[node.id], colors) for node in column.nodes)
    return [
        f'<g transform="translate({x:g} {y:g})">',
        *_lines(column.routes, colors),
        *chain.from_iterable(cards),
        "</g>",
    ]


def _lines(routes: Sequence[Route], colors: Colors) -> list[str]:
    return [
        f'<g fill="none" stroke="{colors.connection}" stroke-width="1.6" stroke-linecap="round">',
        *(f'<path d="{_path(route)}"/>' for route in routes),
        "</g>",
    ]


# --- a card -----------------------------------------------------------------------------------------------------------
def _card(node: Node, facts: NodeAnalysis, box: Box, colors: Colors) -> list[str]:
    """One block: coloured bar, title, settings, parameters, and its output shape on the lower edge."""
    color = colors.families[node.block.family]
    x, y, width, height = box
    edge = colors.bad if facts.problems else colors.line
    parameters = f"{facts.parameters:,} params" if facts.parameters else ""
    title = _elided(node.title, "title", width - LEFT - 120)
    kind = node.block.type if node.name else ""
    room = width - LEFT - RIGHT - len(title) * WIDTHS["title"] - len(parameters) * WIDTHS["small"] - 20
    settings = _elided(node.block.settings_text(), "small", width - LEFT - RIGHT)
    lines = [
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{RADIUS:g}" fill="{colors.panel}" '
        f'stroke="{edge}" stroke-width="1.2"/>',
        f'<path d="{_bar(x, y, height)}" fill="{color}"/>',
        _heading(x + LEFT, y + 26, title, _elided(kind, "small", room), colors),
        _text(x + LEFT, y + 46, settings, 11, colors.dim),
        _text(box.right - RIGHT, y + 20, parameters, 11, colors.dim, anchor="end"),
    ]
    return [f'<g id="{escape(node.id)}">', *filter(None, lines), *_pill(facts, box, colors), "</g>"]


def _bar(x: float, y: float, height: float) -> str:
    """The coloured left edge, inside the card's round corners."""
    bottom = y + height
    return (
        f"M{x + BAR:g} {y + 1.2:g}V{bottom - 1.2:g}Q{x:g} {bottom - 1:g} {x:g} {bottom - RADIUS:g}"
        f"V{y + RADIUS:g}Q{x:g} {y + 1:g} {x + BAR:g} {y + 1.2:g}Z"
    )


def _pill(facts: NodeAnalysis, box: Box, colors: Colors) -> list[str]:
    """The badge on the lower edge: the output shapes, or what is wrong."""
    wrong = bool(facts.problems)
    text = f"expected {facts.problems[0].expected}" if wrong else "  ·  ".join(map(shape_text, facts.output_shapes))
    if not text:
        return []
    name = "small" if wrong else "mono"
    text = _elided(text, name, box.width - 40)
    width = len(text) * WIDTHS[name] + 20
    x, y = box.center[0], box.bottom - PILL_HEIGHT / 2
    return [
        f'<rect x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="{PILL_HEIGHT:g}" rx="{PILL_HEIGHT / 2:g}" '
        f'fill="{colors.raised}" stroke="{colors.bad if wrong else colors.line}"/>',
        _text(x, y + 12, text, 11 if wrong else 10, colors.bad if wrong else colors.text, "middle", mono=not wrong),
    ]


def _text(
    x: float, y: float, text: str, size: int, color: str, anchor: str = "start", weight: str = "", mono: bool = False
) -> str:
    if not text:
        return ""
    extra = f' text-anchor="{anchor}"' if anchor != "start" else ""
    extra += f' font-weight="{weight}"' if weight else ""
    extra += f' font-family="{MONO}"' if mono else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}"{extra}>{_escaped(text)}</text>'


def _heading(x: float, y: float, title: str, kind: str, colors: Colors) -> str:
    """The name with the type behind it, in one text: it flows, however wide the font turns out to be."""
    space = "\u00a0\u00a0"  # not every reader of SVG knows dx
    behind = f'<tspan font-size="11" font-weight="normal" fill="{colors.dim}">{space}{_escaped(kind)}</tspan>'
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="14" font-weight="bold" fill="{colors.text}">'
        f"{_escaped(title)}{behind if kind else ''}</text>"
    )


def _elided(text: str, name: str, room: float) -> str:
    """A text shortened until it is likely to fit."""
    most = int(room / WIDTHS[name])
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rstrip()}…" if most > 1 else ""


def _escaped(text: str) -> str:
    """Text for XML, without the characters that XML has no place for."""
    allowed = (c if c >= " " and not ("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff\x7f") else " " for c in text)
    return escape("".join(allowed))


# --- connections ------------------------------------------------------------------------------------------------------
def _path(route: Route) -> str:
    """A line with rounded corners; where it meets a card from the side it ends in an arrow."""
    points: Sequence[Point] = route.points
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{start[0]:g} {start[1]:g}Q{corner[0]:g} {corner[1]:g} {end[0]:g} {end[1]:g}")
    x, y = points[-1]
    parts.append(f"L{x:g} {y:g}")
    if points[-2][1] == y:
        back = ARROW if points[-2][0] > x else -ARROW
        parts.append(f"L{x + back:g} {y - ARROW:g}M{x:g} {y:g}L{x + back:g} {y + ARROW:g}")
    return "".join(parts)


def _towards(start: Point, end: Point) -> Point:
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    whole = abs(dx) + abs(dy)
    share = min(CORNER, whole / 2) / whole if whole else 0.0
    return x + dx * share, y + dy * share
