"""Generated scenes under tinted light: why colours are normalized."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

COLOURS = ("yellow", "blue")


class YellowOrBlue(Source):
    """Grey scenes with a yellow or blue spot under strongly tinted light: which colour is it really?

    The light is so yellow or so blue that a blue spot often has the pixels of a yellow one, and the other way round:
    raw colours hardly tell them apart. The rest of the scene does, because it is grey: its mean colour is the colour of
    the light, and divided by it (grey world, a preprocessing step) the spot's true colour shows. Spots lie anywhere and
    others are grey, so a dense network on raw pixels does badly; a convolutional one can compare each spot with what
    is around it.
    """

    kind: ClassVar[str] = "yellow_or_blue"
    title: ClassVar[str] = "Yellow or blue"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    samples: int = Field(2000, ge=20, le=10_000, description="Number of images, one half of each class.")
    size: int = Field(32, ge=16, le=128, description="Pixels of each side.")
    spots: int = Field(1, ge=1, le=4, description="Coloured spots in each image, all of the same colour.")
    tint: float = Field(
        1.2,
        ge=0,
        le=2,
        allow_inf_nan=False,
        description="Strength of the light's tint: 0 is white light, from about 0.5 on the spot's raw colour misleads.",
    )
    noise: float = Field(
        0.02, ge=0, le=0.3, allow_inf_nan=False, description="Standard deviation of the noise; white is 1."
    )
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Another number gives other images.")

    def glance(self) -> DataFacts:
        return DataFacts("Yellow or blue", self.samples, (self.size, self.size, 3), COLOURS, has_boxes=True)

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.yellow_or_blue import made_yellow_or_blue

        return made_yellow_or_blue(self, progress).samples(self.glance())
