"""The paths of connections between placed cards: along the axes, through no card, no two on top of each other.

A connection runs straight down where it can, otherwise through a lane: a vertical line beside the cards that it passes.
Horizontal parts run in the channels between rows, each on a track of its own; only connections with the same source or
the same target may share one, which then reads as a fork or a join.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from models.network.graph import Edge, Network
from models.network.placing import CARD_WIDTH, LANE_MARGIN, LANE_PITCH, Placement, Span

PORT_PITCH = 110.0
"""Between the output ports of a card, in pixels."""

CLEARANCE = 7.0
"""At least this far from cards and other lines do vertical lines run."""

ASIDE = 12.0
"""How far beside the middle a connection meets its card where that is taken."""

LEFT_PENALTY = 90.0
"""A lane at the left must be so much nearer: lanes are expected at the right."""

Interval = tuple[float, float]


class Path(NamedTuple):
    """A connection before its height is known.

    Attributes:
        x: of the source's port, of the vertical part, and of the target's port.
        leaves, enters: the channel (it lies above the row with its number) of the horizontal part at either end; None
            where there is none, because the line runs straight, or meets the side of its card.
        lane: number of the lane counted from the cards, None for a line without one.
        side_leave, side_enter: whether it leaves, or enters, at the card's side.
    """

    x: tuple[float, float, float]
    leaves: int | None
    enters: int | None
    lane: int | None = None
    side_leave: bool = False
    side_enter: bool = False


def port_offset(output: int, outputs: int) -> float:
    """How far from its card's middle the port of an output stands, in pixels."""
    pitch = min(PORT_PITCH * 2, (CARD_WIDTH - 60) / max(outputs - 1, 1))
    return (output - (outputs - 1) / 2) * pitch


def find_paths(network: Network, placement: Placement) -> dict[Edge, Path]:
    """The path of every connection, in the order of the network's edges."""
    work = _Paths(network, placement)
    edges, rows = network.edges, placement.rows
    far = []
    for edge in edges:
        if rows[edge.target] - rows[edge.source.node] == 1:
            work.find_near(edge)
        else:
            far.append(edge)
    for edge in sorted(far, key=work.length):  # short ones run nearest to the cards
        work.find(edge)
    return {edge: work.found[edge] for edge in edges}


class _Paths:
    """The paths found so far, and the lines that they take: vertical ones, and those between lanes and cards."""

    def __init__(self, network: Network, placement: Placement) -> None:
        self.found: dict[Edge, Path] = {}
        self._placement = placement
        self._rows, self._centers = placement.rows, placement.centers
        self._by_row = occupied(placement)
        self._outputs = {node.id: count for node in network.nodes if (count := len(node.block.output_names)) > 1}
        self._lines: dict[int, list[tuple[float, int, int, Edge, bool]]] = defaultdict(list)
        self._stubs: dict[tuple[int, bool], list[tuple[float, float, str]]] = defaultdict(list)

    def length(self, edge: Edge) -> tuple[int, int]:
        first = self._rows[edge.source.node]
        return self._rows[edge.target] - first, first

    def find_near(self, edge: Edge) -> None:
        """A connection to the next row: nothing can stand between."""
        start, end = self._ends(edge)[:2]
        self.found[edge] = Path((start, end, end), None if start == end else self._rows[edge.target], None)

    def _ends(self, edge: Edge) -> tuple[float, float, int]:
        """The x at which it leaves and arrives, and how many outputs its source has."""
        source = edge.source
        outputs = self._outputs.get(source.node, 1)
        offset = port_offset(source.output, outputs) if outputs > 1 else 0.0
        return self._centers[source.node] + offset, self._centers[edge.target], outputs

    def find(self, edge: Edge) -> None:
        """A connection that passes rows."""
        above, below = self._rows[edge.source.node], self._rows[edge.target]
        start, end, outputs = self._ends(edge)
        if self._is_free(start, above, below, edge, False):
            self._take(start, above, below, edge, False)
            self.found[edge] = Path((start, start, end), None, None if start == end else below)
        elif self._is_free(end, above, below, edge, False):
            self._take(end, above, below, edge, False)
            self.found[edge] = Path((start, end, end), above + 1, None)
        else:
            self.found[edge] = self._in_lane(edge, start, end, outputs)

    def _obstacles(self, above: int, below: int, edge: Edge) -> list[Interval]:
        """What stands in the rows between: cards, and frames that the connection has nothing to do with."""
        found = [interval for row in range(above + 1, below) for interval in self._by_row[row]]
        for span in self._placement.spans.values():
            if span.first < below and span.last > above and not self._begins_or_ends_in(span, edge):
                found.append((span.left, span.right))
        return found

    def _begins_or_ends_in(self, span: Span, edge: Edge) -> bool:
        return any(
            span.first <= self._rows[node_id] <= span.last and span.left < self._centers[node_id] < span.right
            for node_id in (edge.source.node, edge.target)
        )

    def _is_free(self, x: float, above: int, below: int, edge: Edge, lane: bool) -> bool:
        if any(left - CLEARANCE < x < right + CLEARANCE for left, right in self._obstacles(above, below, edge)):
            return False
        return self._is_untaken(x, above, below, edge, lane)

    def _is_untaken(self, x: float, above: int, below: int, edge: Edge, lane: bool) -> bool:
        """Whether no other line runs there; lanes are shared by nobody, other lines by forks and joins."""
        bucket = int(x // LANE_PITCH)
        for other_x, first, last, other, other_lane in (
            line for near in (bucket - 1, bucket, bucket + 1) for line in self._lines[near]
        ):
            if abs(other_x - x) < CLEARANCE * 1.5 and first < below and above < last:
                related = other.source == edge.source or other.target == edge.target
                if lane or other_lane or not related:
                    return False
        return True

    def _take(self, x: float, above: int, below: int, edge: Edge, lane: bool) -> None:
        self._lines[int(x // LANE_PITCH)].append((x, above, below, edge, lane))

    def _in_lane(self, edge: Edge, start: float, end: float, outputs: int) -> Path:
        """A path through the nearest lane that is free."""
        above, below = self._rows[edge.source.node], self._rows[edge.target]
        walls = _merged(self._obstacles(above, below, edge))
        best: tuple[float, float, int] | None = None
        for index, (left, right) in enumerate(walls):
            for side, wall in ((1, right), (-1, left)):
                neighbour = walls[index + side] if 0 <= index + side < len(walls) else None
                limit = abs((neighbour[0] if side == 1 else neighbour[1]) - wall) if neighbour else float("inf")
                for lane in range(len(self.found) + 1):
                    distance = LANE_MARGIN + lane * LANE_PITCH
                    x = wall + side * distance
                    cost = abs(x - start) + abs(x - end) + (LEFT_PENALTY if side == -1 else 0.0)
                    if distance > limit - CLEARANCE or (best is not None and cost >= best[0]):
                        break
                    if self._is_untaken(x, above, below, edge, True):
                        best = cost, x, lane
                        break
        assert best is not None, "beyond the outermost wall there is always room"
        _, x, lane = best
        self._take(x, above, below, edge, True)
        side_leave = outputs == 1 and self._meets_side(edge, edge.source.node, x)
        side_enter = self._meets_side(edge, edge.target, x)
        return Path(
            (start, x, end),
            None if side_leave else above + 1,
            None if side_enter else below,
            lane,
            side_leave,
            side_enter,
        )

    def _meets_side(self, edge: Edge, node_id: str, x: float) -> bool:
        """Whether a lane can meet the side of a card: nothing stands or runs between the two."""
        center, row = self._centers[node_id], self._rows[node_id]
        side = center + CARD_WIDTH / 2 if x > center else center - CARD_WIDTH / 2
        left, right = sorted((side, x))
        if abs(x - center) < CARD_WIDTH / 2 + CLEARANCE:
            return False
        if any(a - CLEARANCE < right and left < b + CLEARANCE and not a < center < b for a, b in self._by_row[row]):
            return False
        for span in self._placement.spans.values():
            inside = span.first <= row <= span.last and span.left < right and left < span.right
            if inside and not self._begins_or_ends_in(span, edge):
                return False
        stubs = self._stubs[row, node_id == edge.source.node]
        if any(a <= right and left <= b and node_id != other for a, b, other in stubs):
            return False
        stubs.append((left, right, node_id))
        return True


def occupied(placement: Placement) -> dict[int, list[Interval]]:
    """The left and right side of every card, by row."""
    by_row: dict[int, list[Interval]] = defaultdict(list)
    for node_id, row in placement.rows.items():
        center = placement.centers[node_id]
        by_row[row].append((center - CARD_WIDTH / 2, center + CARD_WIDTH / 2))
    return by_row


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals that overlap, made one."""
    merged: list[Interval] = []
    for left, right in sorted(set(intervals)):
        if merged and left <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], right)
        else:
            merged.append((left, right))
    return merged


class Track(NamedTuple):
    """Where a horizontal part runs: its number, 0 nearest to the row beneath, and the x at which it goes down."""

    number: int
    downwards: float


@dataclass(frozen=True)
class _Part:
    """A horizontal part: it comes from above at one x and goes on downwards at the other."""

    edge: Edge
    from_above: float
    downwards: float
    ends: bool
    """Whether the card that it feeds is right below."""

    def is_related(self, other: _Part) -> bool:
        return self.edge.source == other.edge.source or self.edge.target == other.edge.target

    def meets(self, other: _Part) -> bool:
        """Whether the two would lie on one another on the same track."""
        (a, b), (c, d) = sorted((self.from_above, self.downwards)), sorted((other.from_above, other.downwards))
        return a <= d + CLEARANCE and c <= b + CLEARANCE and not self.is_related(other)

    def must_be_above(self, other: _Part) -> bool:
        """Whether it comes from above just where the other goes down: crossed, their ends would lie on one another."""
        return abs(self.from_above - other.downwards) < CLEARANCE and not self.is_related(other)


def find_tracks(paths: Mapping[Edge, Path]) -> dict[tuple[int, Edge], Track]:
    """The track of every horizontal part, by channel and connection."""
    channels: dict[int, list[_Part]] = defaultdict(list)
    for edge, path in paths.items():
        start, middle, end = path.x
        if path.leaves is not None:
            channels[path.leaves].append(_Part(edge, start, middle, path.enters is None and path.lane is None))
        if path.enters is not None:
            channels[path.enters].append(_Part(edge, middle, end, True))
    tracks: dict[tuple[int, Edge], Track] = {}
    for channel, parts in channels.items():
        for part, number in _tracks(parts):
            tracks[channel, part.edge] = Track(number, part.downwards)
    return tracks


def _tracks(parts: Sequence[_Part]) -> list[tuple[_Part, int]]:
    """The lowest tracks such that no two parts lie on one another, the ends above one another in order."""
    done: list[tuple[_Part, int]] = []
    waiting = list(parts)
    while waiting:
        free = (part for part in waiting if not any(part.must_be_above(other) for other in waiting if other != part))
        part = next(free, None) or _untangled(waiting)
        if part is None:
            continue
        waiting.remove(part)
        lowest = max((track + 1 for other, track in done if part.must_be_above(other)), default=0)
        taken = {track for other, track in done if part.meets(other)}
        done.append((part, next(track for track in range(lowest, len(parts) + lowest + 1) if track not in taken)))
    return done


def _untangled(waiting: list[_Part]) -> _Part | None:
    """Where connections change places: let one meet its card beside the middle; when none can, take the first."""
    for index, part in enumerate(waiting):
        if part.ends:
            waiting[index] = replace(part, downwards=part.downwards + ASIDE, ends=False)
            return None
    return waiting[0]
