"""Generated pictures of shapes, with masks and boxes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

SHAPES = ("circle", "square", "triangle", "star", "cross")
BACKGROUND = "background"


class Shapes(Source):
    """Circles, squares, triangles, stars and crosses on a cloudy background, with masks and boxes.

    Shapes are turned and placed at random, do not overlap, and may be lighter or darker than what is around them; in
    pictures with one shape all classes cover the same area on average, so that brightness does not tell them apart.

    A mask is 0 in the background, elsewhere 1 + the shape's place in the list of shapes. A box ends with a number of
    `class_names`, which begin with the background where masks are learned.
    """

    kind: ClassVar[str] = "shapes"
    title: ClassVar[str] = "Shapes"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    samples: int = Field(2000, ge=50, le=10_000, description="Number of images, evenly spread over the shapes.")
    size: int = Field(64, ge=32, le=128, description="Pixels of each side.")
    colour: bool = Field(False, description="Three channels with colours in place of one channel of greys.")
    objects: int = Field(
        1,
        ge=1,
        le=4,
        description="Most shapes in one image; with several, its class is that of the one with the largest area.",
    )
    target: Literal["class", "mask"] = Field(
        "class", description='What is learned: the "class" of each image, or of each pixel, its "mask".'
    )
    noise: float = Field(
        0.05, ge=0, le=0.5, allow_inf_nan=False, description="Standard deviation of the noise; white is 1."
    )
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Another number gives other images.")

    def glance(self) -> DataFacts:
        return DataFacts(
            "Shapes",
            self.samples,
            (self.size, self.size, 3 if self.colour else 1),
            SHAPES if self.target == "class" else (BACKGROUND, *SHAPES),
            target=self.target,
            has_masks=True,
            has_boxes=True,
        )

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.shapes import made_shapes

        return made_shapes(self, progress).samples(self.glance())
