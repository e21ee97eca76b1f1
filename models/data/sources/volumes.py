"""Generated 3-D volumes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

SOLIDS = ("ball", "box", "tube", "shell")


class Volumes(Source):
    """Small volumes with a ball, a box, a tube or a hollow shell, turned at random: for three-dimensional convolutions.

    From outside, a ball and a shell look the same: only slices through the middle tell them apart.
    """

    kind: ClassVar[str] = "volumes"
    title: ClassVar[str] = "Volumes"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    samples: int = Field(800, ge=40, le=5000, description="Number of volumes, evenly spread over the classes.")
    size: int = Field(16, ge=16, le=32, description="Voxels of each side.")
    noise: float = Field(
        0.1, ge=0, le=0.5, allow_inf_nan=False, description="Standard deviation of the noise; white is 1."
    )
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Another number gives other volumes.")

    def glance(self) -> DataFacts:
        return DataFacts("Volumes", self.samples, (self.size, self.size, self.size, 1), SOLIDS)

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.volumes import made_volumes

        return made_volumes(self, progress).samples(self.glance())
