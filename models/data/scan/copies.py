"""Samples that are the same, or look the same: found by sorting, never by comparing each with each."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import numpy.typing as npt

from models.data.images import Floats
from models.data.samples import Indices, Samples, Values
from models.data.scan.cache import Pair, Results
from models.data.scan.looking import Looked, read_small
from models.data.scan.records import Records, grey, sampled, shrunk
from models.data.sources.base import Progress

FAR = 6
"""Bits in which the hashes of two pictures may differ for these to be compared."""

BANDS = np.arange(0, 64, 16, dtype=np.uint64)
"""Where the 16-bit parts of a hash begin. Two hashes that differ in three bits or fewer share a part."""

NEIGHBOURS = 32
"""Of the pictures that share a part of their hash, in order of their means, so many behind each are looked at."""

MEANS = 0.03
ASPECTS = 0.1
"""How far means (of white) and aspect ratios (of themselves) may differ."""

MOST_COMPARED = 5000
"""Pairs that are read and compared at most, those with the closest hashes first: what there is to gain ends there."""

INDEX_BITS = 30
"""A data set has fewer samples than this has numbers."""

SIDE = 32
"""Pixels of the sides of pictures that are compared."""

DIFFERENCE = 0.03
CORRELATION = 0.985
"""Mean difference (of white) and correlation of pictures that look the same. The second is for those with little in
them: two thin strokes on black differ in few pixels wherever they are."""

Pairs = npt.NDArray[np.int64]
"""(pairs, 2) indices of samples, the smaller first."""


# --- the same ---------------------------------------------------------------------------------------------------------
def exact_groups(records: Records, usable: Indices) -> list[Indices]:
    """Groups of two or more samples with the same digest, each in order."""
    if not len(usable):
        return []
    digests = records["digest"][usable]
    order = np.lexsort((digests[:, 1], digests[:, 0]))  # stable: indices stay in order
    ordered, digests = usable[order], digests[order]
    starts = np.flatnonzero(np.r_[True, (digests[1:] != digests[:-1]).any(1)])
    sizes = np.diff(np.r_[starts, len(ordered)])
    groups = [ordered[start : start + size] for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True)]
    return sorted(groups, key=lambda group: int(group[0]))


# --- looking the same -------------------------------------------------------------------------------------------------
def look_alikes(
    looked: Looked, copies: Iterable[Indices], results: Results, progress: Progress | None = None
) -> list[Indices]:
    """Groups of pictures that are not the same but look so; their exact copies are among them. In order."""
    records, samples = looked.records, looked.samples
    copies = list(copies)
    first = np.ones(len(records), bool)
    for group in copies:
        first[group[1:]] = False
    distinct = looked.usable[first[looked.usable]]
    pairs = candidates(records, distinct, samples.facts.white or _range(records, distinct))
    alike = _confirmed(looked, pairs, results, progress)
    copies_of = {int(group[0]): group for group in copies}
    return [
        np.sort(np.concatenate([copies_of.get(int(index), np.array([index])) for index in group]))
        for group in groups_of(alike)
    ]


def candidates(records: Records, indices: Indices, white: float) -> Pairs:
    """Pairs of pictures whose hashes, means and aspect ratios are close: of very many those with the closest hashes."""
    indices = indices[records["hash"][indices] != 0]
    hashes, means = records["hash"][indices], records["mean"][indices]
    aspects = records["shape"][indices, 0] / np.maximum(records["shape"][indices, 1], 1)
    found = np.zeros(0, np.int64)  # distance and two indices in one number, so that sorting is quick
    for band in BANDS:
        part = (hashes >> band) & np.uint64(0xFFFF)
        order = np.lexsort((means, part))
        for shift in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
            one, other = order[:-shift], order[shift:]
            same = part[one] == part[other]
            if not same.any():
                break
            one, other = one[same], other[same]
            distance = np.bitwise_count(hashes[one] ^ hashes[other]).astype(np.int64)
            close = (distance <= FAR) & (np.abs(means[one] - means[other]) <= MEANS * white)
            close &= np.abs(aspects[one] - aspects[other]) <= ASPECTS * np.minimum(aspects[one], aspects[other])
            one, other, distance = indices[one[close]], indices[other[close]], distance[close]
            keys = distance << 2 * INDEX_BITS | np.minimum(one, other) << INDEX_BITS | np.maximum(one, other)
            found = np.unique(np.concatenate([found, keys]))[:MOST_COMPARED]
    one, other = found >> INDEX_BITS & (1 << INDEX_BITS) - 1, found & (1 << INDEX_BITS) - 1
    return np.stack([one, other], axis=1)


def groups_of(pairs: Iterable[Iterable[int]]) -> list[Indices]:
    """Groups of what is joined by pairs, directly or through others: disjoint, each in order, by their first."""
    parents: dict[int, int] = {}

    def root(index: int) -> int:
        while (parent := parents.setdefault(index, index)) != index:
            parents[index] = parents[parent]
            index = parent
        return index

    for one, other in pairs:
        first, last = sorted((root(int(one)), root(int(other))))
        parents[last] = first
    groups: dict[int, list[int]] = {}
    for index in sorted(parents):
        groups.setdefault(root(index), []).append(index)
    return [np.array(group, np.int64) for group in groups.values() if len(group) > 1]


def _confirmed(looked: Looked, pairs: Pairs, results: Results, progress: Progress | None) -> list[tuple[int, int]]:
    """The pairs that look the same when they are read again and compared; earlier comparisons count."""
    digests = looked.records["digest"]
    keys = {(a, b): _key(digests[a].tobytes(), digests[b].tobytes()) for a, b in pairs.tolist()}
    known = results.comparisons(list(keys.values()))
    unknown = [pair for pair, key in keys.items() if key not in known]
    if unknown:
        white = looked.samples.facts.white or _range(looked.records, looked.usable)
        compared = _compared(looked.samples, unknown, white, progress)
        new = {keys[pair]: alike for pair, alike in compared.items()}
        results.keep_comparisons(new)
        known |= new
    return [pair for pair, key in keys.items() if known.get(key, False)]


def _key(one: bytes, other: bytes) -> Pair:
    """Two pictures' digests, in an order that does not depend on the files' names."""
    return (one, other) if one <= other else (other, one)


def _compared(
    samples: Samples, pairs: list[tuple[int, int]], white: float, progress: Progress | None
) -> dict[tuple[int, int], bool]:
    """Which pairs look the same, without those that can no longer be read."""
    indices = sorted({index for pair in pairs for index in pair})
    pictures = read_small(samples, indices, partial(small_picture, side=SIDE), progress)
    return {
        (one, other): look_the_same(pictures[one], pictures[other], white)
        for one, other in pairs
        if one in pictures and other in pictures
    }


def small_picture(values: Values, side: int) -> Floats:
    """A picture (height, width, channels) as (3 or 1, side, side) means, in colour: grey alone tells too little."""
    small = shrunk(sampled(values[None]), side, side)
    return small[0].transpose(2, 0, 1) if small.shape[-1] == 3 else grey(small)


def look_the_same(one: Floats, other: Floats, white: float) -> bool:
    """Whether two small pictures differ hardly: in no more than compressing or resizing changes."""
    first, second = np.broadcast_arrays(one, other)
    if np.abs(first - second).mean() >= DIFFERENCE * white:
        return False
    first, second = first - first.mean(), second - second.mean()
    spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return spread > 0 and float((first * second).sum()) > CORRELATION * spread


def _range(records: Records, indices: Indices) -> float:
    """The range of values, for pictures of which nobody says what is white."""
    if not len(indices):
        return 1.0
    return float(records["high"][indices].max() - records["low"][indices].min()) or 1.0
