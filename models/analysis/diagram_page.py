"""How a tall diagram is folded into columns, to be printed and looked at: cut only where a single line crosses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt

from models.network.graph import Edge, Node
from models.network.layout import Layout, Point, Route

MARGIN = 24.0
FOLDED_ABOVE = 3000.0
"""Pixels of height up to which a diagram stays one stack."""

ASPECT = 1.6
"""Width by height that a folded page comes near to."""

GAP, TURN = 44.0, 14.0
"""Between two columns, and where the line from one to the next turns."""

BADGE = 9.0
"""What a card's badge stands out below it."""


@dataclass(frozen=True)
class Column:
    """Part of the network: where it stands is moved by `shift`."""

    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    shift: Point


@dataclass(frozen=True)
class Page:
    """The columns from left to right, the lines that join them, and the size of the whole."""

    columns: tuple[Column, ...]
    joints: tuple[Route, ...]
    width: float
    height: float


def page(placed: Layout) -> Page:
    """Fold a laid-out network; one that is not tall, or that no single line divides, is one column."""
    starts = _starts(placed)
    parts = [_part(placed, first, last) for first, last in pairwise((*starts, len(placed.rows)))]
    columns, x, height = [], MARGIN, 0.0
    for nodes, routes in parts:
        left, top, right, bottom = _extent(placed, nodes, routes)
        columns.append(Column(nodes, routes, (x - left, MARGIN + TURN * (len(parts) > 1) - top)))
        x += right - left + GAP
        height = max(height, bottom - top)
    width = x - GAP + MARGIN
    return Page(tuple(columns), _joints(placed, columns), width, height + 2 * MARGIN + 2 * TURN * (len(parts) > 1))


def _starts(placed: Layout) -> list[int]:
    """The first row of each column."""
    left, top, right, bottom = _extent(placed, placed.network.nodes, tuple(placed.routes.values()))
    height = bottom - top
    if height <= FOLDED_ABOVE:
        return [0]
    rows = max(placed.rows.values()) + 1
    column_rows = rows / max(round(sqrt(height * ASPECT / (right - left + GAP))), 1)
    starts = [0]
    for row in _divides(placed, rows):
        if row - starts[-1] >= column_rows:
            starts.append(row)
    return starts


def _divides(placed: Layout, rows: int) -> list[int]:
    """Rows before which exactly one connection runs, from the row above."""
    change = [0] * (rows + 1)
    for edge in placed.network.edges:
        change[placed.rows[edge.source.node] + 1] += 1
        change[placed.rows[edge.target] + 1] -= 1
    return [row for row, crossing in enumerate(accumulate(change[:rows])) if row and crossing == 1]


def _part(placed: Layout, first: int, last: int) -> tuple[tuple[Node, ...], tuple[Route, ...]]:
    """The nodes in rows first … last − 1, and the connections among them."""
    inside = {node_id for node_id, row in placed.rows.items() if first <= row < last}
    routes = [r for edge, r in placed.routes.items() if edge.source.node in inside and edge.target in inside]
    return tuple(node for node in placed.network.nodes if node.id in inside), tuple(routes)


def _extent(placed: Layout, nodes: Sequence[Node], routes: Sequence[Route]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is drawn."""
    boxes = [placed.boxes[node.id] for node in nodes]
    points = [point for route in routes for point in route.points]
    return (
        min([*(box.x for box in boxes), *(x for x, _ in points)]),
        min([*(box.y for box in boxes), *(y for _, y in points)]),
        max([*(box.right for box in boxes), *(x for x, _ in points)]),
        max([*(box.bottom + BADGE for box in boxes), *(y for _, y in points)]),
    )


def _joints(placed: Layout, columns: Sequence[Column]) -> tuple[Route, ...]:
    """The line from the foot of each column to the head of the next."""
    column_of = {node.id: index for index, column in enumerate(columns) for node in column.nodes}
    crossing = [edge for edge in placed.network.edges if column_of[edge.source.node] != column_of[edge.target]]
    return tuple(_joint(placed, edge, columns, column_of) for edge in crossing)


def _joint(placed: Layout, edge: Edge, columns: Sequence[Column], column_of: dict[str, int]) -> Route:
    before, after = columns[column_of[edge.source.node]], columns[column_of[edge.target]]
    start = _moved(placed.routes[edge].points[0], before.shift)
    end = _moved(placed.routes[edge].points[-1], after.shift)
    down, up = start[1] + BADGE + TURN, end[1] - TURN
    left, _, _, _ = _extent(placed, after.nodes, after.routes)
    between = left + after.shift[0] - GAP / 2
    return Route((start, (start[0], down), (between, down), (between, up), (end[0], up), end))


def _moved(point: Point, shift: Point) -> Point:
    return point[0] + shift[0], point[1] + shift[1]
