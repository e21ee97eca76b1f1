"""Where the cards and connections of a network stand: computed, never stored, so that the stack is always tidy.

A node stands one row below the lowest node that feeds it. Branches stand side by side under the node they leave, and
the node that joins them returns to that column: both follow from the dominator tree, whose subtrees are what hangs
together. Connections that would run through a card take a lane at the right of the cards they pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.network.graph import Edge, Network, Node

CARD_WIDTH, CARD_HEIGHT = 430.0, 64.0
ROW_PITCH, COLUMN_PITCH = 84.0, 478.0
LANE_MARGIN, LANE_PITCH = 20.0, 14.0
LEAVE, ENTER = 14.0, 6.0
"""Distances below and above a card at which its connections turn."""
SIDE_OFFSET = 9.0
"""Lanes leave a card's side below its middle and enter above it, so that two of them never seem to be one."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A card's place, in pixels at 100 %."""

    x: float
    y: float
    width: float = CARD_WIDTH
    height: float = CARD_HEIGHT

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Route:
    """A connection's corners from source to target; `lane` counts from the cards outwards, None without a lane."""

    points: tuple[Point, ...]
    lane: int | None = None


@dataclass(frozen=True)
class Slot:
    """Where a block would stand that is inserted: its place, and the row that has to make room (None: it is free)."""

    box: Box
    row: int | None


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows (from 0) and columns (0 in the middle, fractions allowed) of the nodes; `opened` is a row kept empty."""

    network: Network
    rows: Mapping[str, int]
    columns: Mapping[str, float]
    opened: int | None = None

    def with_gap(self, row: int | None) -> Layout:
        """The same layout with an empty row before this one."""
        return Layout(self.network, self.rows, self.columns, row)

    @cached_property
    def boxes(self) -> dict[str, Box]:
        """The card of every node."""
        return {node.id: _box(self.columns[node.id], self._line(self.rows[node.id])) for node in self.network.nodes}

    @cached_property
    def routes(self) -> dict[Edge, Route]:
        """The path of every connection."""
        direct = {edge: self._direct(edge) for edge in self.network.edges}
        lanes = _lanes(self.rows, [edge for edge, points in direct.items() if points is None])
        return {
            edge: Route(points) if points is not None else self._side(edge, lanes[edge])
            for edge, points in direct.items()
        }

    def slot(self, edge: Edge | None) -> Slot:
        """Where a block dropped on an edge would stand (None: behind the output)."""
        if edge is None:
            output = self.network.output_node
            row = max(self.rows.values(), default=-1) + 1
            return Slot(_box(self.columns[output.id] if output else 0.0, self._line(row)), None)
        source, target, route = edge.source.node, edge.target, self.routes[edge]
        if route.lane is not None:
            x = max(x for x, _ in route.points)
            middle = (self.boxes[source].center[1] + self.boxes[target].center[1]) / 2
            return Slot(Box(x - LANE_MARGIN / 2, middle - CARD_HEIGHT / 2), None)
        row = self.rows[source] + 1
        joins = len(self.network.node(target).inputs) > 1
        below_source = joins and self._is_free(self.columns[source], row, self.rows[target] - 1)
        column = self.columns[source if below_source else target]
        occupied = any(abs(column - other) < 1 for other in self._by_row[row])
        return Slot(_box(column, row), row if occupied else None)

    def _line(self, row: int) -> int:
        return row + (self.opened is not None and row >= self.opened)

    @cached_property
    def _by_row(self) -> dict[int, list[float]]:
        columns = defaultdict(list)
        for node_id, row in self.rows.items():
            columns[row].append(self.columns[node_id])
        return columns

    def _is_free(self, column: float, first: int, last: int) -> bool:
        """Whether a vertical line in this column meets no card in rows first … last."""
        return all(abs(column - other) >= 0.5 for row in range(first, last + 1) for other in self._by_row[row])

    def _direct(self, edge: Edge) -> tuple[Point, ...] | None:
        """A path down the source's or the target's column; None when cards stand in the way of both."""
        source, target = edge.source.node, edge.target
        first, last = self.rows[source] + 1, self.rows[target] - 1
        start, end = self.boxes[source], self.boxes[target]
        (x1, _), (x2, _) = start.center, end.center
        if x1 == x2 and first > last:
            return ((x1, start.bottom), (x2, end.y))
        if self._is_free(self.columns[source], first, last):
            turn = end.y - ENTER
        elif self._is_free(self.columns[target], first, last):
            turn = start.bottom + LEAVE
        else:
            return None
        return ((x1, start.bottom), (x1, turn), (x2, turn), (x2, end.y))

    def _side(self, edge: Edge, lane: int) -> Route:
        """A path through a lane at the right of all cards it passes."""
        source, target = edge.source.node, edge.target
        start, end = self.boxes[source], self.boxes[target]
        passed = range(self.rows[source], self.rows[target] + 1)
        outermost = max(column for row in passed for column in self._by_row[row])
        x = _box(outermost, 0).right + LANE_MARGIN + lane * LANE_PITCH
        leaving: tuple[Point, ...]
        entering: tuple[Point, ...]
        if self._is_rightmost(source):
            leaving = ((start.right, start.center[1] + SIDE_OFFSET), (x, start.center[1] + SIDE_OFFSET))
        else:
            turn = start.bottom + LEAVE
            leaving = ((start.center[0], start.bottom), (start.center[0], turn), (x, turn))
        if self._is_rightmost(target):
            entering = ((x, end.center[1] - SIDE_OFFSET), (end.right, end.center[1] - SIDE_OFFSET))
        else:
            turn = end.y - ENTER
            entering = ((x, turn), (end.center[0], turn), (end.center[0], end.y))
        return Route((*leaving, *entering), lane)

    def _is_rightmost(self, node_id: str) -> bool:
        return self.columns[node_id] >= max(self._by_row[self.rows[node_id]])


def layout(network: Network) -> Layout:
    """Lay a network out. The same network always gives the same layout, in a time nearly linear in its nodes."""
    feeding = _feeding(network)
    rows: dict[str, int] = {}
    for node in network.nodes:
        rows[node.id] = 1 + max((rows[source] for source in feeding[node.id]), default=-1)
    return Layout(network, rows, _spread(rows, _wanted_columns(network, feeding)))


def _box(column: float, line: int) -> Box:
    return Box(column * COLUMN_PITCH - CARD_WIDTH / 2, line * ROW_PITCH)


def _feeding(network: Network) -> dict[str, tuple[str, ...]]:
    """What stands above each node: its sources; for a loose node the one before it, to keep it in the stack."""
    before: Node | None = None
    feeding: dict[str, tuple[str, ...]] = {}
    for node in network.nodes:
        sources = tuple(dict.fromkeys(source.node for source in node.inputs))
        feeding[node.id] = sources or ((before.id,) if before is not None else ())
        before = node
    return feeding


def _dominators(network: Network, feeding: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The nearest node through which every path to a node runs (Cooper, Harvey & Kennedy 2001), but for the first."""
    above: dict[str, str] = {}
    depth: dict[str, int] = {}
    for node in network.nodes:
        sources = feeding[node.id]
        if not sources:
            depth[node.id] = 0
            continue
        common = sources[0]
        for source in sources[1:]:
            while common != source:
                if depth[common] >= depth[source]:
                    common = above[common]
                else:
                    source = above[source]
        above[node.id], depth[node.id] = common, depth[common] + 1
    return above


def _wanted_columns(network: Network, feeding: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Branches side by side under the node they leave, as wide as what hangs on them; joins in that column."""
    above = _dominators(network, feeding)
    branches: dict[str, list[str]] = defaultdict(list)
    for node_id, dominator in above.items():
        if len(feeding[node_id]) == 1:
            branches[dominator].append(node_id)
    widths = dict.fromkeys(above, 1.0)
    for node in reversed(network.nodes):
        widths[node.id] = max(widths.get(node.id, 1.0), sum(widths[branch] for branch in branches[node.id]))
        if node.id in above:
            widths[above[node.id]] = max(widths.get(above[node.id], 1.0), widths[node.id])
    columns: dict[str, float] = {}
    for node in network.nodes:
        columns.setdefault(node.id, columns[above[node.id]] if node.id in above else 0.0)
        left = columns[node.id] - sum(widths[branch] for branch in branches[node.id]) / 2
        for branch in branches[node.id]:
            columns[branch] = left + widths[branch] / 2
            left += widths[branch]
    return columns


def _spread(rows: Mapping[str, int], wanted: Mapping[str, float]) -> dict[str, float]:
    """Columns at least 1 apart in each row, as near as can be to the wanted ones (isotonic regression)."""
    members: dict[int, list[str]] = defaultdict(list)
    for node_id, row in rows.items():
        members[row].append(node_id)
    columns: dict[str, float] = {}
    for ids in members.values():
        ids.sort(key=wanted.__getitem__)
        groups: list[tuple[float, int]] = []
        for index, node_id in enumerate(ids):
            mean, size = wanted[node_id] - index, 1
            while groups and groups[-1][0] > mean:
                other, count = groups.pop()
                mean, size = (other * count + mean * size) / (count + size), count + size
            groups.append((mean, size))
        offsets = [mean for mean, size in groups for _ in range(size)]
        columns.update(
            (node_id, offset + index) for index, (node_id, offset) in enumerate(zip(ids, offsets, strict=True))
        )
    return columns


def _lanes(rows: Mapping[str, int], edges: Sequence[Edge]) -> dict[Edge, int]:
    """Lanes such that connections beside the same rows never share one; short ones run nearest to the cards."""
    taken: list[list[tuple[int, int]]] = []
    lanes: dict[Edge, int] = {}
    spans = {edge: (rows[edge.source.node], rows[edge.target]) for edge in edges}
    for edge in sorted(edges, key=lambda edge: (spans[edge][1] - spans[edge][0], spans[edge])):
        first, last = spans[edge]
        lane = next(
            (i for i, spans_ in enumerate(taken) if all(last <= a or b <= first for a, b in spans_)), len(taken)
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((first, last))
        lanes[edge] = lane
    return lanes
