"""`Made`: the arrays of a computed data set; and `kept`, which computes them once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.data.facts import DataError, DataFacts
from models.data.memory import physical_memory
from models.data.samples import ArraySamples, Boxes, Indices, Values
from models.data.sources.base import Progress, Source

Floats = npt.NDArray[np.float32]

AT_ONCE = 250
"""Samples that are drawn in one go: enough for numpy, few enough to stop between."""

AnySource = TypeVar("AnySource", bound=Source)


@dataclass(frozen=True, eq=False)
class Made:
    """A data set's arrays as ArraySamples has them. Nobody may write to them, since several readers share them."""

    values: Values
    labels: Indices
    parts: npt.NDArray[np.int8] | None = None
    masks: Values | None = None
    boxes: tuple[Boxes, ...] | None = None

    def __post_init__(self) -> None:
        for array in (self.values, self.labels, self.parts, self.masks, *(self.boxes or ())):
            if array is not None:
                array.setflags(write=False)

    def samples(self, facts: DataFacts) -> ArraySamples:
        return ArraySamples(facts, self.values, self.labels, self.parts, self.masks, self.boxes)


def kept(make: Callable[[AnySource, Progress | None], Made]) -> Callable[[AnySource, Progress | None], Made]:
    """Keep what was made last, for as long as the same settings are asked for; more could be much memory.

    Two threads that ask at once both make it, and get the same.
    """
    lock = Lock()
    last: list[tuple[AnySource, Made]] = []

    def made(source: AnySource, progress: Progress | None) -> Made:
        with lock:
            if last and last[0][0] == source:
                return last[0][1]
            last.clear()  # the old arrays go before the new ones come
        new = make(source, progress)
        with lock:
            last[:] = [(source, new)]
        return new

    return made


def check_memory(size: int) -> None:
    """Raise DataError where a data set of `size` bytes would take more than half of the machine's memory."""
    memory = physical_memory()
    if size > memory // 2:
        raise DataError(
            f"This data set would take {size / 1e9:.1f} GB, which is more than half of this machine's memory "
            f"({memory / 1e9:.1f} GB). Ask for fewer or smaller samples."
        )


def balanced_labels(generator: np.random.Generator, samples: int, classes: int) -> Indices:
    """(samples,) labels in random order, each class as often as the others, give or take one."""
    return generator.permutation(np.arange(samples, dtype=np.int64) % classes)


def clouds(generator: np.random.Generator, samples: int, size: int, cells: int) -> Floats:
    """(samples, size, size) soft random patterns in −1 … 1: `cells` random values along each axis, joined by slopes."""
    corners = generator.uniform(-1, 1, (samples, cells, cells)).astype(np.float32)
    places = np.linspace(0, cells - 1, size, dtype=np.float32)
    slopes = np.clip(1 - np.abs(places[:, None] - np.arange(cells, dtype=np.float32)), 0, 1)
    return np.asarray(slopes @ corners @ slopes.T, dtype=np.float32)


def to_bytes(shares: Floats) -> npt.NDArray[np.uint8]:
    """Values in 0 … 1 as bytes 0 … 255; what lies outside is cut."""
    return np.round(np.clip(shares, 0, 1) * 255).astype(np.uint8)


def portions(samples: int, progress: Progress | None, at_once: int = AT_ONCE) -> Iterator[slice]:
    """The samples in portions; progress is told before each, and once at the end."""
    for start in range(0, samples, at_once):
        if progress is not None:
            progress(start, samples)
        yield slice(start, min(start + at_once, samples))
    if progress is not None:
        progress(samples, samples)
