"""Where the cards, frames and connections of a network stand: computed, never stored, so that it is always tidy.

`placing` says which card stands in which row and column, `routing` how connections run between them; here both become
pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from models.network.graph import Edge, Network
from models.network.placing import CARD_WIDTH, COLUMN_PITCH, LANE_MARGIN, Frames, Placement, place
from models.network.routing import CLEARANCE, Interval, Path, Track, find_paths, find_tracks, occupied, port_offset

__all__ = ["CARD_HEIGHT", "CARD_WIDTH", "COLUMN_PITCH", "ROW_PITCH", "Box", "Layout", "Route", "Slot", "layout"]

CARD_HEIGHT, ROW_PITCH = 64.0, 84.0
ENTER, TRACK_PITCH = 6.0, 8.0
"""Above a card, and between tracks: where connections turn."""
HEADER, FOOTER = 42.0, 16.0
"""What a frame takes above its first and below its last row."""
HEADER_GAP = 12.0
"""Between a frame's header and its first card."""
SIDE_OFFSET = 9.0
"""Lanes leave a card's side below its middle and enter above it, so that two of them never seem to be one."""

Point = tuple[float, float]


class Box(NamedTuple):
    """The place of a card or a frame, in pixels at 100 %."""

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


class Route(NamedTuple):
    """A connection's corners from source to target; `lane` counts from the cards outwards, None without a lane."""

    points: tuple[Point, ...]
    lane: int | None = None


class Slot(NamedTuple):
    """Where a block would stand that is inserted: its place, and the row that has to make room (None: it is free)."""

    box: Box
    row: int | None


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows (from 0) and columns (0 in the middle, fractions allowed) of the nodes; `opened` is a row kept empty."""

    network: Network
    placement: Placement
    paths: Mapping[Edge, Path]
    tracks: Mapping[tuple[int, Edge], Track]
    members: Frames
    opened: int | None = None

    def of(self, network: Network) -> Layout:
        """The same layout for a network that is wired alike; what was worked out of it already is kept."""
        again = copy(self)
        object.__setattr__(again, "network", network)
        return again

    def with_gap(self, row: int | None) -> Layout:
        """The same layout with an empty row before this one."""
        return replace(self, opened=row)

    @property
    def rows(self) -> Mapping[str, int]:
        return self.placement.rows

    @cached_property
    def columns(self) -> dict[str, float]:
        return {node_id: center / COLUMN_PITCH for node_id, center in self.placement.centers.items()}

    @cached_property
    def boxes(self) -> dict[str, Box]:
        """The card of every node."""
        centers, tops = self.placement.centers, self._tops
        half = CARD_WIDTH / 2
        return {node_id: Box(centers[node_id] - half, tops[row]) for node_id, row in self.placement.rows.items()}

    @cached_property
    def frames(self) -> dict[str, Box]:
        """The frame of every open composite, its header included, from the outermost in."""
        boxes = {}
        for frame, span in self.placement.spans.items():
            top = self._tops[span.first] - span.above * HEADER
            bottom = self._tops[span.last] + CARD_HEIGHT + span.below * FOOTER
            boxes[frame] = Box(span.left, top, span.right - span.left, bottom - top)
        return boxes

    @cached_property
    def routes(self) -> dict[Edge, Route]:
        """The path of every connection."""
        return {edge: self._route(edge, path) for edge, path in self.paths.items()}

    def port(self, node_id: str, output: int) -> Point:
        """Where connections leave from an output of a node."""
        outputs = len(self.network.node(node_id).block.output_names)
        box = self.boxes[node_id]
        return box.center[0] + port_offset(output, outputs), box.bottom

    def slot(self, edge: Edge | None) -> Slot:
        """Where a block dropped on an edge would stand (None: behind the output)."""
        if edge is None:
            output = self.network.output_node
            row = max(self.rows.values(), default=-1) + 1
            return Slot(Box(self._left(output.id) if output else -CARD_WIDTH / 2, self._top(row)), None)
        source, target, path = edge.source.node, edge.target, self.paths[edge]
        if path.lane is not None:
            return Slot(self._slot_in_lane(edge, path.x[1]), None)
        row = self.rows[source] + 1
        joins = len(self.network.node(target).inputs) > 1
        below_source = joins and self._is_free(self.placement.centers[source], row, self.rows[target] - 1)
        left = self._left(source if below_source else target)
        taken = any(a < left + CARD_WIDTH and left < b for a, b in self._by_row.get(row, ()))
        if taken:
            return Slot(Box(left, self._top(row) - self._above(row)), row)
        return Slot(Box(left, self._top(row)), None)

    def _slot_in_lane(self, edge: Edge, lane: float) -> Box:
        """Beside the lane where that is free, otherwise beyond all cards that the connection passes."""
        start, end = self.boxes[edge.source.node], self.boxes[edge.target]
        y = (start.center[1] + end.center[1]) / 2 - CARD_HEIGHT / 2
        rows = range(self.rows[edge.source.node], self.rows[edge.target] + 1)
        passed = [interval for row in rows for interval in self._by_row[row]]
        x = lane - LANE_MARGIN / 2
        if any(left < x + CARD_WIDTH and x < right for left, right in passed):
            x = max(right for _, right in passed) + LANE_MARGIN
        return Box(x, y)

    def beside(self, box: Box, right: bool) -> Box:
        """Where a block stands that is about to become a branch beside a card or a frame."""
        gap = COLUMN_PITCH - CARD_WIDTH
        return Box(box.right + gap if right else box.x - gap - CARD_WIDTH, box.y + (box.height - CARD_HEIGHT) / 2)

    # --- heights ----------------------------------------------------------------------------------------------------
    @cached_property
    def _channels(self) -> dict[int, tuple[float, float, float]]:
        """What is above each row: the footers of frames that end there, the tracks beyond the first, the headers."""
        footers: dict[int, float] = defaultdict(float)
        headers: dict[int, float] = defaultdict(float)
        extra: dict[int, float] = defaultdict(float)
        for span in self.placement.spans.values():
            headers[span.first] = max(headers[span.first], span.above * HEADER + HEADER_GAP - ENTER)
            footers[span.last + 1] = max(footers[span.last + 1], span.below * FOOTER)
        for (channel, _), track in self.tracks.items():
            extra[channel] = max(extra[channel], track.number * TRACK_PITCH)
        rows = headers.keys() | footers.keys() | extra.keys()
        return {row: (footers[row], extra[row], headers[row]) for row in rows}

    @cached_property
    def _tops(self) -> dict[int, float]:
        """The upper rim of the cards in each row, and of one row more."""
        tops: dict[int, float] = {}
        below = max(self.rows.values(), default=-1) + 1
        top = 0.0
        for row in range(below + 1):
            top += sum(self._channels.get(row, ())) + (ROW_PITCH if row == self.opened else 0.0)
            tops[row] = top
            top += ROW_PITCH
        return tops

    def _top(self, row: int) -> float:
        """The upper rim of a card in a row that makes room: not moved itself."""
        return self._tops[row] - (ROW_PITCH if row == self.opened else 0.0)

    def _above(self, row: int) -> float:
        """What stands between a row and the place where another row would be put in above it."""
        _, extra, headers = self._channels.get(row, (0.0, 0.0, 0.0))
        return extra + headers

    def _left(self, node_id: str) -> float:
        return self.placement.centers[node_id] - CARD_WIDTH / 2

    # --- routes -----------------------------------------------------------------------------------------------------
    def _turn(self, channel: int, edge: Edge) -> float:
        """The height of a connection's horizontal part."""
        _, _, headers = self._channels.get(channel, (0.0, 0.0, 0.0))
        return self._tops[channel] - headers - ENTER - self.tracks[channel, edge].number * TRACK_PITCH

    def _route(self, edge: Edge, path: Path) -> Route:
        start, end = self.boxes[edge.source.node], self.boxes[edge.target]
        x1, x, x2 = path.x
        if x1 == x == x2 and path.lane is None:
            return Route(((x1, start.y + CARD_HEIGHT), (x1, end.y)))  # most are straight
        points: list[Point] = []
        if path.side_leave:
            y = start.center[1] + SIDE_OFFSET
            points += [(start.right if x > x1 else start.x, y), (x, y)]
        else:
            points.append((x1, start.bottom))
            if path.leaves is not None:
                y = self._turn(path.leaves, edge)
                x = self.tracks[path.leaves, edge].downwards
                points += [(x1, y), (x, y)]
        if path.side_enter:
            y = end.center[1] - SIDE_OFFSET
            points += [(x, y), (end.right if x > x2 else end.x, y)]
        else:
            if path.enters is not None:
                y = self._turn(path.enters, edge)
                points += [(x, y), (self.tracks[path.enters, edge].downwards, y)]
            points.append((points[-1][0], end.y))
        return Route(tuple(points), path.lane)

    @cached_property
    def _by_row(self) -> dict[int, list[Interval]]:
        return occupied(self.placement)

    def _is_free(self, x: float, first: int, last: int) -> bool:
        """Whether a vertical line meets no card in rows first … last."""
        intervals = (interval for row in range(first, last + 1) for interval in self._by_row.get(row, ()))
        return not any(left - CLEARANCE < x < right + CLEARANCE for left, right in intervals)


def layout(network: Network, frames: Frames | None = None, before: Layout | None = None) -> Layout:
    """Lay a network out, the members of each frame as one block with a title.

    The same network always gives the same layout, in a time nearly linear in its nodes. `before` is the layout of the
    network before an edit: where nothing was connected otherwise, all stays as it was.
    """
    frames = frames or {}
    if before is not None and before.opened is None and _same_wiring(before, network, frames):
        return before.of(network)
    placement = place(network, frames)
    paths = find_paths(network, placement)
    return Layout(network, placement, paths, find_tracks(paths), frames)


def _same_wiring(before: Layout, network: Network, frames: Frames) -> bool:
    """Whether two networks differ in settings and names only."""
    if len(before.network) != len(network) or before.members != frames:
        return False
    return all(
        old is new
        or (
            (old.id, old.inputs) == (new.id, new.inputs)
            and old.block.auxiliary == new.block.auxiliary
            and len(old.block.output_names) == len(new.block.output_names)
        )
        for old, new in zip(before.network.nodes, network.nodes, strict=True)
    )
