"""CIFAR-10."""

from __future__ import annotations

from typing import ClassVar

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

CIFAR10_FACTS = DataFacts("CIFAR-10", 60_000, (32, 32, 3), CIFAR10_CLASSES, has_parts=True)


class Cifar10(Source):
    """CIFAR-10: 50,000 colour images of 32×32 pixels for training and 10,000 for test (Krizhevsky 2009); 170 MB."""

    kind: ClassVar[str] = "cifar10"
    title: ClassVar[str] = "CIFAR-10"
    group: ClassVar[SourceGroup] = SourceGroup.DOWNLOADED

    def glance(self) -> DataFacts:
        return CIFAR10_FACTS

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.keras_archives import cifar10

        return cifar10(CIFAR10_FACTS, progress)
