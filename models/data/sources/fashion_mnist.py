"""Fashion-MNIST."""

from __future__ import annotations

from typing import ClassVar

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

FASHION_MNIST_FACTS = DataFacts("Fashion-MNIST", 70_000, (28, 28, 1), GARMENTS, has_parts=True)


class FashionMnist(Source):
    """Clothes: 60,000 images of 28×28 pixels for training and 10,000 for test (Zalando, Xiao et al. 2017); 31 MB."""

    kind: ClassVar[str] = "fashion_mnist"
    title: ClassVar[str] = "Fashion-MNIST"
    group: ClassVar[SourceGroup] = SourceGroup.DOWNLOADED

    def glance(self) -> DataFacts:
        return FASHION_MNIST_FACTS

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.keras_archives import fashion_mnist

        return fashion_mnist(FASHION_MNIST_FACTS, progress)
