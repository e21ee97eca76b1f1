"""MNIST."""

from __future__ import annotations

from typing import ClassVar

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

MNIST_FACTS = DataFacts("MNIST", 70_000, (28, 28, 1), tuple("0123456789"), has_parts=True)


class Mnist(Source):
    """Handwritten digits: 60,000 images of 28×28 pixels for training and 10,000 for test (LeCun et al. 1998); 11 MB."""

    kind: ClassVar[str] = "mnist"
    title: ClassVar[str] = "MNIST"
    group: ClassVar[SourceGroup] = SourceGroup.DOWNLOADED

    def glance(self) -> DataFacts:
        return MNIST_FACTS

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.keras_archives import mnist

        return mnist(MNIST_FACTS, progress)
