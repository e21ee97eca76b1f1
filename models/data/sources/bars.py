"""Generated bars: what translation does to a network that has not seen it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup


class Bars(Source):
    """Bars in random places; the class is their direction. Trained in one half, does a network know them in the other?

    The data set has its own parts: 60 % of the samples for training, 20 % each for validation and test. With training
    positions in the left half, the bars of the other two parts still lie everywhere: a convolutional network with
    global pooling, which is invariant to translation, knows them there as well; a dense one does not.
    """

    kind: ClassVar[str] = "bars"
    title: ClassVar[str] = "Bars"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    samples: int = Field(2000, ge=100, le=20_000, description="Number of images, evenly spread over the classes.")
    size: int = Field(28, ge=16, le=128, description="Pixels of each side.")
    classes: int = Field(4, ge=2, le=8, description="Number of directions, evenly spread over half a turn.")
    training_positions: Literal["everywhere", "left half"] = Field(
        "left half",
        description='Where the bars of training images lie; those of validation and test lie "everywhere".',
    )
    noise: float = Field(
        0.05, ge=0, le=0.5, allow_inf_nan=False, description="Standard deviation of the noise; white is 1."
    )
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Another number gives other images.")

    def glance(self) -> DataFacts:
        names = tuple(f"{180 * number / self.classes:.3g}°" for number in range(self.classes))
        return DataFacts("Bars", self.samples, (self.size, self.size, 1), names, has_parts=True)

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.bars import made_bars

        return made_bars(self, progress).samples(self.glance())
