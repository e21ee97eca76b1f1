"""The bundled digits."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np

from models.data.facts import DataFacts
from models.data.samples import ArraySamples, Indices, Samples, Values
from models.data.sources.base import Progress, Source, SourceGroup
from resources import resource

DIGITS_FACTS = DataFacts("Digits", 1797, (8, 8, 1), tuple("0123456789"))


class Digits(Source):
    """Handwritten digits: 1,797 scans of 8×8 pixels in 10 classes (UCI, Alpaydin & Kaynak 1998)."""

    kind: ClassVar[str] = "digits"
    title: ClassVar[str] = "Digits"
    group: ClassVar[SourceGroup] = SourceGroup.BUNDLED

    def glance(self) -> DataFacts:
        return DIGITS_FACTS

    def open(self, progress: Progress | None = None) -> Samples:
        return ArraySamples(DIGITS_FACTS, *_digits())


@cache
def _digits() -> tuple[Values, Indices]:
    """The scans as bytes 0 … 255, and their labels."""
    with np.load(resource("digits.npz"), allow_pickle=False) as archive:
        scans = archive["images"].astype(np.float32)
        return np.round(scans * (255 / 16)).astype(np.uint8)[..., None], archive["labels"].astype(np.int64)
