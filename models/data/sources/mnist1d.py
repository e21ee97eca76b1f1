"""MNIST-1D."""

from __future__ import annotations

from importlib.util import find_spec
from typing import ClassVar

from pydantic import Field

from models.data.facts import DataError, DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

MNIST1D_FACTS = DataFacts("MNIST-1D", 5000, (40, 1), tuple("0123456789"), white=0.0, has_parts=True)


class Mnist1d(Source):
    """Digits as signals of 40 values, moved, scaled, sheared and under noise (MNIST-1D, Greydanus & Kobak 2024).

    4,000 are for training and 1,000 for test. The `mnist1d` package computes them; nothing is downloaded.
    """

    kind: ClassVar[str] = "mnist1d"
    title: ClassVar[str] = "MNIST-1D"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    seed: int = Field(42, ge=0, le=2**31 - 1, description="Another number gives other signals; the paper has 42.")

    def glance(self) -> DataFacts:
        if find_spec("mnist1d") is None:
            raise DataError(
                "MNIST-1D needs the package mnist1d, which is not installed. "
                "Install it with: python -m pip install 'layerloom[mnist1d]'"
            )
        return MNIST1D_FACTS

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.mnist1d import made_mnist1d

        return made_mnist1d(self, progress).samples(self.glance())
