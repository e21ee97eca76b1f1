"""Arrays that grow while a run goes on: what was appended, what it smooths to, and its outline at any distance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Series = tuple[Doubles, Doubles]
"""Steps, counted from 1, and a value at each."""

SMOOTHING = 0.97
"""Largest weight of the past in the smoothed curves."""

CATCHING_UP = 8
"""Steps after which the past weighs half: at the start the curve falls fast, and a long memory would lag behind it."""

STEADY = ceil(CATCHING_UP * SMOOTHING / (1 - SMOOTHING))
"""Steps after which the past weighs `SMOOTHING`."""

FINEST = 8
"""Values in the smallest stretches whose lowest and highest value are kept; finer ones are looked up each time."""

FEWEST_POINTS = 8
BLOCK = 64
"""Values that are smoothed by one product with a matrix."""


class GrowingArray:
    """float32 values that are appended in chunks; doubling storage keeps that cheap.

    `outline` is what a curve of them is drawn from. For that it keeps the lowest and the highest value of every
    stretch of 8, 16, 32, … values, brought up to date when asked: a million values are drawn as fast as a thousand.
    """

    def __init__(self) -> None:
        self._storage: Floats = np.empty(64, dtype=np.float32)
        self._length = 0
        self._levels: list[tuple[GrowingArray, GrowingArray]] = []

    def __len__(self) -> int:
        return self._length

    def extend(self, values: Floats | Sequence[float]) -> None:
        """Append values."""
        chunk = np.asarray(values, dtype=np.float32)
        needed = self._length + len(chunk)
        if needed > len(self._storage):
            grown = np.empty(max(needed, 2 * len(self._storage)), dtype=np.float32)
            grown[: self._length] = self._storage[: self._length]
            self._storage = grown
        self._storage[self._length : needed] = chunk
        self._length = needed

    def truncate(self, length: int) -> None:
        """Forget all but the first values."""
        self._length = min(self._length, length)
        for number, extremes in enumerate(self._levels):
            for level in extremes:
                level.truncate(self._length // (FINEST << number))

    @property
    def values(self) -> Floats:
        """A view of what is there; valid until the next extend."""
        return self._storage[: self._length]

    def outline(self, points: int, first: int = 0, last: int | None = None) -> Series:
        """A curve through the values from index `first` up to `last`, of at most `points` (8 or more) points.

        Where there are more values than that, every stretch of them gives its lowest and its highest one. Stretches
        begin at multiples of their length, so that a curve which grows does not flicker.
        """
        first, last = self._part(points, first, last)
        if last - first <= points:
            return np.arange(first + 1, last + 1, dtype=np.float64), self._storage[first:last].astype(np.float64)
        length = 2
        while (last - first) / length > points // 2 - 2:
            length *= 2
        begin, whole = first // length, last // length
        low, high = self._extremes(length, begin, whole)
        starts = np.arange(begin, whole, dtype=np.float64) * length
        steps = np.stack([starts + 1, starts + length], axis=1).reshape(-1)
        values = np.stack([low, high], axis=1).reshape(-1).astype(np.float64)
        rest = self._storage[whole * length : last]
        if len(rest):
            steps = np.append(steps, (whole * length + 1, last))
            values = np.append(values, (np.fmin.reduce(rest), np.fmax.reduce(rest)))
        return steps, values

    def sampled(self, points: int, first: int = 0, last: int | None = None) -> Series:
        """The same for values that are smooth: of every stretch its first one, and the last of all.

        Drawn through its extremes a smooth line would have teeth where it is steep.
        """
        first, last = self._part(points, first, last)
        length = 1
        while (last - first) / length > points - 2:
            length *= 2
        places = np.append(np.arange(-(-first // length) * length, last, length), last - 1)[: last - first]
        if len(places) > 1 and places[-1] == places[-2]:
            places = places[:-1]
        return places + 1.0, self._storage[places].astype(np.float64)

    def _part(self, points: int, first: int, last: int | None) -> tuple[int, int]:
        """The part of the values that is asked for. Raises ValueError for too few points."""
        if points < FEWEST_POINTS:
            raise ValueError(f"A curve of {points} points was asked for; {FEWEST_POINTS} is the least.")
        last = self._length if last is None else min(max(last, 0), self._length)
        return min(max(first, 0), last), last

    def _extremes(self, length: int, begin: int, end: int) -> tuple[Floats, Floats]:
        """Lowest and highest values of the stretches of a power of two from number `begin` up to `end`."""
        if length < FINEST:
            stretches = self._storage[begin * length : end * length]
            return _halved(stretches, np.fmin, length), _halved(stretches, np.fmax, length)
        number = (length // FINEST).bit_length() - 1
        self._catch_up(number)
        low, high = self._levels[number]
        return low.values[begin:end], high.values[begin:end]

    def _catch_up(self, number: int) -> None:
        """Bring the levels up to this one up to date: what is there stays as it is."""
        while len(self._levels) <= number:
            self._levels.append((GrowingArray(), GrowingArray()))
        below, factor = (self, self), FINEST
        for low, high in self._levels[: number + 1]:
            for level, finer, extreme in ((low, below[0], np.fmin), (high, below[1], np.fmax)):
                fresh = finer.values[len(level) * factor : len(finer) // factor * factor]
                level.extend(_halved(fresh, extreme, factor))
            below, factor = (low, high), 2


def _halved(values: Floats, extreme: np.ufunc, length: int) -> Floats:
    """The extreme of every `length` values, a power of two. Pair by pair, which is what a processor does fast."""
    while length > 1:
        values = extreme(values[0::2], values[1::2])
        length //= 2
    return values


class SmoothedArray(GrowingArray):
    """An exponential moving average whose memory grows with the curve: short at first, then fixed.

    Step n keeps `min(SMOOTHING, n / (n + CATCHING_UP))` of the average so far. Values that are not finite are passed
    over.
    """

    def __init__(self) -> None:
        super().__init__()
        self._average = float("nan")
        self._count = 0

    def extend(self, values: Floats | Sequence[float]) -> None:
        """Append the averages that these values lead to."""
        chunk = np.asarray(values, dtype=np.float64)
        finite = np.isfinite(chunk)
        numbers = chunk[finite]
        early = min(max(STEADY - self._count, 0), len(numbers))
        averages = [self._average, *self._early(numbers[:early])]
        steady = decaying_sums((1 - SMOOTHING) * numbers[early:], SMOOTHING, averages[-1])
        known = np.concatenate([averages, steady])
        self._count += len(numbers)
        self._average = float(known[-1])
        super().extend(known[np.cumsum(finite)].astype(np.float32))

    def _early(self, numbers: Doubles) -> list[float]:
        """The averages while the memory still grows."""
        averages, average = [], self._average
        for count, number in enumerate(numbers.tolist(), start=self._count):
            past = count / (count + CATCHING_UP)
            average = past * average + (1 - past) * number if count else number
            averages.append(average)
        return averages

    def follow(self, values: Floats) -> None:
        """Begin again with these values."""
        self.truncate(0)
        self._average, self._count = float("nan"), 0
        self.extend(values)


def decaying_sums(values: Doubles, past: float, before: float) -> Doubles:
    """The sums `y[k] = past · y[k-1] + values[k]` with `y[-1] = before`, for a past of 0 … 1.

    Blocks of values are summed by a triangular matrix; what they end with follows the same rule with the past of a
    whole block, so it is the same again for a 64th of the values.
    """
    if len(values) <= BLOCK:
        triangle, powers = _decay(past)
        count = len(values)
        return triangle[:count, :count] @ values + (powers[:count] * before if count else 0.0)
    whole = len(values) // BLOCK * BLOCK
    triangle, powers = _decay(past)
    sums = values[:whole].reshape(-1, BLOCK) @ triangle.T
    ends = decaying_sums(sums[:, -1], past**BLOCK, before)
    sums += np.append(before, ends[:-1])[:, None] * powers
    return np.append(sums.reshape(-1), decaying_sums(values[whole:], past, float(ends[-1])))


@lru_cache(maxsize=8)
def _decay(past: float) -> tuple[Doubles, Doubles]:
    """What a value weighs some steps later, as a matrix (later, earlier), and what came before the block weighs."""
    behind = np.arange(BLOCK)[:, None] - np.arange(BLOCK)[None, :]
    triangle: Doubles = np.where(behind >= 0, past ** np.maximum(behind, 0), 0.0)
    powers: Doubles = np.power(past, np.arange(1, BLOCK + 1), dtype=np.float64)
    return triangle, powers
