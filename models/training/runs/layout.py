"""What a run's folder holds, by name, and the two small files that say what the run is and whether it lives."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from models.training.run_log import METRICS

DESCRIPTION, PROJECT, ENVIRONMENT, ALIVE, NOTES = (
    "run.json", "project.loom", "environment.json", "alive.json", "notes.json",
)  # fmt: skip
CHECKPOINTS, BEST, MODEL, TENSORBOARD, SNAPSHOTS = (
    "checkpoints", "best.npz", "model.keras", "tensorboard", "snapshots",
)  # fmt: skip

LAST_DAY = 32_503_680_000.0
"""The year 3000, in seconds since 1970."""

ALIVE_EVERY_S = 5.0
"""Seconds after which a run that goes on writes `alive.json` anew."""

ALIVE_FOR_S = 60.0
"""Seconds after which a run on another machine counts as interrupted when it has not been heard of."""

__all__ = [
    "ALIVE", "ALIVE_EVERY_S", "ALIVE_FOR_S", "BEST", "CHECKPOINTS", "DESCRIPTION", "ENVIRONMENT", "METRICS", "MODEL",
    "NOTES", "PROJECT", "SNAPSHOTS", "TENSORBOARD", "Alive", "RunDescription", "checkpoints_of",
]  # fmt: skip


class RunDescription(BaseModel):
    """`run.json`: what a run is, written once before its first step.

    Attributes:
        id: of this run, anywhere.
        created: seconds since 1970.
        data: the data set's name; `samples` and `fingerprint` tell whether it is still the same.
        parameters, multiply_adds: of the network.
        program: what started it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    format: Literal["layerloom-run"] = "layerloom-run"
    version: Annotated[int, Field(ge=1)] = 1
    id: str
    name: str
    created: float
    data: str = ""
    samples: int = 0
    fingerprint: str = ""
    parameters: int = 0
    multiply_adds: int = 0
    program: Literal["window", "command line"] = "window"

    @field_validator("created")
    @classmethod
    def _within_the_calendar(cls, created: float) -> float:
        """What no calendar shows becomes its first or last day, so that the run is listed all the same."""
        return min(max(created, 0.0), LAST_DAY) if not math.isnan(created) else 0.0


class Alive(BaseModel):
    """`alive.json`: who is writing the run; it is there while the run goes on."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    host: str
    process: int
    time: float


def checkpoints_of(folder: Path) -> list[Path]:
    """A run's checkpoints, the latest first; the best one is not among them."""
    try:
        found = [path for path in (folder / CHECKPOINTS).iterdir() if path.name.startswith("step-")]
    except OSError:
        return []
    return sorted((path for path in found if path.suffix == ".npz"), key=lambda path: path.name, reverse=True)
