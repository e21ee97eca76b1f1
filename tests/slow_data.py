"""A data set that is listed, and whose samples are read, when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np

from models.data.facts import DataFacts
from models.data.samples import ArraySamples, Samples, Values
from models.data.sources import Progress, Source


class Slow(Source):
    """Forty samples of two classes; it is in no registry. Use it inside `waiting()`."""

    listing: ClassVar[threading.Event]
    reading: ClassVar[threading.Event]

    def open(self, progress: Progress | None = None) -> Samples:
        assert progress is not None
        while not self.listing.is_set():
            progress(1_234_567, 11_000_000)
            self.listing.wait(0.01)
        facts = DataFacts("Slow", 40, (4, 4, 1), ("a", "b"), white=255)
        return SlowSamples(facts, np.zeros((40, 4, 4, 1), np.uint8), np.arange(40) % 2)


class SlowSamples(ArraySamples):
    """Only the scan gets samples at once."""

    def read(self, index: int) -> Values:
        if threading.current_thread().name != "scan":
            Slow.reading.wait(20)
        return super().read(index)


@contextmanager
def waiting() -> Iterator[Slow]:
    """The source; listing and reading wait until their events are set, or for the end at the latest."""
    Slow.listing, Slow.reading = threading.Event(), threading.Event()
    try:
        yield Slow()
    finally:
        Slow.listing.set()
        Slow.reading.set()
