"""Generated 1-D signals."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import Progress, Source, SourceGroup

SIGNALS = ("sine", "square", "triangle", "sawtooth", "chirp", "pulse")


class Signals(Source):
    """Waves of six shapes, each at a random pitch, phase and height, under noise: for one-dimensional convolutions."""

    kind: ClassVar[str] = "signals"
    title: ClassVar[str] = "Signals"
    group: ClassVar[SourceGroup] = SourceGroup.GENERATED

    samples: int = Field(3000, ge=60, le=100_000, description="Number of signals, evenly spread over the classes.")
    steps: int = Field(64, ge=32, le=1024, description="Values of each signal.")
    noise: float = Field(
        0.2, ge=0, le=2, allow_inf_nan=False, description="Standard deviation of the noise; waves are about 1 high."
    )
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Another number gives other signals.")

    def glance(self) -> DataFacts:
        return DataFacts("Signals", self.samples, (self.steps, 1), SIGNALS, white=0.0)

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.generated.signals import made_signals

        return made_signals(self, progress).samples(self.glance())
