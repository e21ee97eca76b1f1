"""Rows and columns of the cards: which node stands beneath which, and which side by side.

A node stands one row below the lowest node that feeds it. Branches stand side by side under the node they leave, and
the node that joins them returns to its column: both follow from the dominator tree (Cooper, Harvey & Kennedy 2001),
whose subtrees are what hangs together. What never reaches the output, such as an auxiliary head, stands aside. The
members of a frame are laid out by themselves and then placed as one large card.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.network.graph import Network

CARD_WIDTH, COLUMN_PITCH = 430.0, 478.0
LANE_MARGIN, LANE_PITCH = 20.0, 14.0
FRAME_PADDING = 18.0
"""Between a frame and the cards and lanes in it, at the sides."""

GAP = COLUMN_PITCH - CARD_WIDTH
ROOT = ""
"""What every node of a scope hangs on: no node has an empty id."""

Frames = Mapping[str, Collection[str]]
"""The ids of the nodes in every frame, those in frames inside it included."""


@dataclass(frozen=True)
class Span:
    """Where a frame stands: its sides in pixels, its rows, and how many frames begin (end) there, one in another."""

    left: float
    right: float
    first: int
    last: int
    above: int
    below: int


@dataclass(frozen=True)
class Placement:
    """Rows counted from 0 and middles of the cards in pixels by node, and the frames from the outermost in."""

    rows: Mapping[str, int]
    centers: Mapping[str, float]
    spans: Mapping[str, Span]


def place(network: Network, frames: Frames) -> Placement:
    """Place every node. The same network always gives the same placement, in a time nearly linear in its nodes."""
    nesting = _Nesting(network, frames)
    scopes: dict[str, _Scope] = {}
    for scope_id in reversed((ROOT, *nesting.frames)):  # the innermost first: their sizes are needed outside
        scopes[scope_id] = _Scope(nesting.items[scope_id], nesting.feeding[scope_id], nesting.exits[scope_id], scopes)
    return _absolute(network, nesting, scopes)


class _Nesting:
    """Which items stand in which scope: the nodes and frames directly in a frame, or in the whole network."""

    def __init__(self, network: Network, frames: Frames) -> None:
        self.frames = sorted((name for name in frames if frames[name]), key=lambda name: -len(set(frames[name])))
        inside: dict[str, list[str]] = defaultdict(list)
        for frame in self.frames:
            for node_id in frames[frame]:
                inside[node_id].append(frame)
        output = network.output_node
        if not self.frames:
            self._flat(network, output.id if output is not None else None)
            return
        self.items: dict[str, list[str]] = {scope: [] for scope in (ROOT, *self.frames)}
        self.feeding: dict[str, dict[str, tuple[str, ...]]] = {scope: {} for scope in self.items}
        self.exits: dict[str, set[str]] = {scope: set() for scope in self.items}
        paths = {node.id: (ROOT, *inside.get(node.id, ()), node.id) for node in network.nodes}
        for node in network.nodes:
            self._add(paths[node.id], [paths[source.node] for source in node.inputs])
        if output is not None:
            self.exits[ROOT].add(paths[output.id][1])

    def _flat(self, network: Network, output: str | None) -> None:
        """Without frames all is in one scope."""
        self.items = {ROOT: [node.id for node in network.nodes]}
        self.feeding = {ROOT: {node.id: _once([source.node for source in node.inputs]) for node in network.nodes}}
        self.exits = {ROOT: {output} if output is not None else set()}

    def _add(self, path: Sequence[str], sources: Sequence[Sequence[str]]) -> None:
        for scope, item in pairwise(path):
            feeding = self.feeding[scope]
            if item not in feeding:
                feeding[item] = ()
                self.items[scope].append(item)
        for source in sources:
            depth = next(i for i, (a, b) in enumerate(zip(path, source, strict=False)) if a != b)
            self._feed(path[depth - 1], path[depth], source[depth])
            for scope, item in zip(path[depth:], path[depth + 1 :], strict=False):
                self._feed(scope, item, ROOT)  # from outside of this scope
            for scope, item in zip(source[depth:], source[depth + 1 :], strict=False):
                self.exits[scope].add(item)

    def _feed(self, scope: str, item: str, source: str) -> None:
        known = self.feeding[scope][item]
        if source not in known:
            self.feeding[scope][item] = (*known, source)


class _Scope:
    """The items of one scope, placed relative to its upper middle."""

    def __init__(
        self,
        items: Sequence[str],
        feeding: Mapping[str, tuple[str, ...]],
        exits: Collection[str],
        inner: Mapping[str, _Scope],
    ) -> None:
        self._inner = inner
        self._feeding = _with_loose(items, feeding)
        self.tops: dict[str, int] = {}
        self._bottoms = {ROOT: 0}
        self.height: int
        for item in items:
            self.tops[item] = max([self._bottoms[source] for source in self._feeding[item]])
            self._bottoms[item] = self.tops[item] + (inner[item].height if item in inner else 1)
        self.height = max(self._bottoms.values())
        self._above = _dominators(items, self._feeding)
        self._alive = _reaching(items, self._feeding, exits)
        self._offsets: dict[str, float] = {}
        extent = self._assemble(items)
        self.left, self.right = extent.left - FRAME_PADDING + GAP / 2, extent.right + FRAME_PADDING - GAP / 2
        self.centers = {ROOT: 0.0}
        for item in items:
            self.centers[item] = self.centers[self._above[item]] + self._offsets[item]

    def _assemble(self, items: Sequence[str]) -> _Outline:
        """Work from the leaves of the dominator tree to its root: each subtree is placed before what it hangs on."""
        children: dict[str, list[str]] = defaultdict(list)
        for item in items:
            children[self._above[item]].append(item)
        outlines: dict[str, _Outline] = {}
        for item in (*reversed(items), ROOT):
            outlines[item] = self._around(item, children[item], outlines)
        return outlines[ROOT]

    def _around(self, item: str, children: Sequence[str], outlines: dict[str, _Outline]) -> _Outline:
        """An item with all that hangs on it."""
        if not children:
            whole = _Outline()
        elif len(children) == 1 and self._feeding[children[0]] == (item,):
            whole = outlines.pop(children[0])
            self._offsets[children[0]] = 0.0
        else:
            whole = self._side_by_side(item, children, outlines)
        if item != ROOT:
            left, right = -COLUMN_PITCH / 2, COLUMN_PITCH / 2
            if item in self._inner:
                left, right = self._inner[item].left - GAP / 2, self._inner[item].right + GAP / 2
            for row in range(self.tops[item], self._bottoms[item]):
                whole.add(row, left, right)
        return whole

    def _side_by_side(self, item: str, children: Sequence[str], outlines: dict[str, _Outline]) -> _Outline:
        """Branches beside each other, joins in the middle beneath them, what leads nowhere aside."""
        whole = _Outline()
        alive = [child for child in children if child in self._alive]
        branches = [child for child in alive if self._feeding[child] == (item,)]
        joins = [child for child in alive if self._feeding[child] != (item,)]
        reach = 0.0 if len(branches) == 1 else -sum(outlines[child].width for child in branches) / 2
        for child in branches:
            outline = outlines.pop(child)
            self._offsets[child] = 0.0 if len(branches) == 1 else round(reach - outline.left)
            reach += outline.width
            whole = whole.joined(outline, self._offsets[child])
        for child in joins:
            if item in self._feeding[child]:
                whole.widen(range(self._bottoms[item], self.tops[child]))
        for child in joins:
            outline = outlines.pop(child)
            self._offsets[child] = outline.nearest(whole)
            whole = whole.joined(outline, self._offsets[child])
        for child in children:
            if child in outlines:
                outline = outlines.pop(child)
                self._offsets[child] = max(0.0, outline.rightwards(whole))
                whole = whole.joined(outline, self._offsets[child])
        return whole


class _Outline:
    """The left and right ends of a subtree in each of its rows, gaps included; x = 0 is the subtree's root."""

    def __init__(self) -> None:
        self._ends: dict[int, tuple[float, float]] = {}
        self._shift = 0.0
        self.left = self.right = 0.0

    @property
    def width(self) -> float:
        return self.right - self.left

    def add(self, row: int, left: float, right: float) -> None:
        """Take this part of a row as well."""
        self.left, self.right = min(self.left, left), max(self.right, right)
        left, right = left - self._shift, right - self._shift
        known = self._ends.get(row)
        if known is not None:
            left, right = min(known[0], left), max(known[1], right)
        self._ends[row] = left, right

    def widen(self, rows: Iterable[int]) -> None:
        """Keep room for a lane at the right of these rows, where anything stands in them."""
        for row in rows:
            if row in self._ends:
                left, right = self._ends[row]
                self._ends[row] = left, right + LANE_PITCH
                self.right = max(self.right, right + self._shift + LANE_PITCH)

    def joined(self, other: _Outline, offset: float) -> _Outline:
        """Both, the other moved sideways. Neither may be used any more: the larger becomes the result."""
        large, small, shift = self, other, offset
        left, right = min(self.left, other.left + offset), max(self.right, other.right + offset)
        if len(other._ends) > len(self._ends):
            large, small, shift = other, self, 0.0
            other._shift += offset
        for row, (a, b) in small._ends.items():
            large.add(row, a + small._shift + shift, b + small._shift + shift)
        large.left, large.right = left, right
        return large

    def rightwards(self, other: _Outline) -> float:
        """How far to the right this one must move to stand at the right of the other, in rows that both have."""
        shift = other._shift - self._shift
        return max((other._ends[row][1] + shift - self._ends[row][0] for row in self._common(other)), default=0.0)

    def nearest(self, other: _Outline) -> float:
        """The smallest move sideways that brings the two apart."""
        shift = other._shift - self._shift
        right = self.rightwards(other)
        left = min((other._ends[row][0] + shift - self._ends[row][1] for row in self._common(other)), default=0.0)
        if right <= 0 or left >= 0:
            return 0.0
        return right if right <= -left else left

    def _common(self, other: _Outline) -> list[int]:
        fewer, more = sorted((self._ends, other._ends), key=len)
        return [row for row in fewer if row in more]


def _once(ids: Sequence[str]) -> tuple[str, ...]:
    """Every id once, in order."""
    return tuple(dict.fromkeys(ids)) if len(ids) > 1 else tuple(ids)


def _with_loose(items: Sequence[str], feeding: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What stands above each item: its sources; for a loose one the one before it, to keep it in the stack."""
    before = ROOT
    result = {}
    for item in items:
        result[item] = feeding[item] or (before,)
        before = item
    return result


def _dominators(items: Sequence[str], feeding: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The nearest item through which every path to an item runs."""
    above: dict[str, str] = {}
    depth = {ROOT: 0}
    for item in items:
        common, *others = feeding[item]
        for source in others:
            while common != source:
                if depth[common] >= depth[source]:
                    common = above[common]
                else:
                    source = above[source]
        above[item], depth[item] = common, depth[common] + 1
    return above


def _reaching(items: Sequence[str], feeding: Mapping[str, Sequence[str]], exits: Collection[str]) -> set[str]:
    """The items from which a way leads to one of these; all when there are none."""
    reaching = set(exits) or set(items)
    for item in reversed(items):
        if item in reaching:
            reaching.update(feeding[item])
    return reaching


def _absolute(network: Network, nesting: _Nesting, scopes: Mapping[str, _Scope]) -> Placement:
    """The places in the whole network."""
    rows: dict[str, int] = {}
    centers: dict[str, float] = {}
    origins = {ROOT: (0, 0.0)}
    for scope_id in (ROOT, *nesting.frames):  # the outermost first
        top, middle = origins[scope_id]
        scope = scopes[scope_id]
        for item in nesting.items[scope_id]:
            place = top + scope.tops[item], middle + scope.centers[item]
            if item in scopes:
                origins[item] = place
            else:
                rows[item], centers[item] = place
    spans: dict[str, Span] = {}
    for frame in reversed(nesting.frames):
        (first, middle), scope = origins[frame], scopes[frame]
        last = first + scope.height - 1
        children = [spans[item] for item in nesting.items[frame] if item in spans]
        above = 1 + max((child.above for child in children if child.first == first), default=0)
        below = 1 + max((child.below for child in children if child.last == last), default=0)
        spans[frame] = Span(middle + scope.left, middle + scope.right, first, last, above, below)
    ids = [node.id for node in network.nodes]
    return Placement(
        {node_id: rows[node_id] for node_id in ids},
        {node_id: centers[node_id] for node_id in ids},
        {frame: spans[frame] for frame in nesting.frames},
    )
