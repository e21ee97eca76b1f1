"""`RunSummary`: one run in a list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["running", "interrupted", "finished", "stopped", "diverged"]


@dataclass(frozen=True)
class RunSummary:
    """What a list of runs shows of one.

    Attributes:
        path: its folder.
        id, name: of the run and of its project.
        created: seconds since 1970.
        status: `interrupted` has no end, and nobody is writing it: it can be resumed where `resumable`.
        data: the data set's name.
        parameters, multiply_adds: of the network.
        optimizer, learning_rate, batch_size: as planned.
        epochs, planned_epochs: done, and to be done in all.
        steps: taken.
        loss, metric: of the last epoch, on the training samples.
        held_out_loss, held_out_metric: of the last epoch; `best_metric` of the best one.
        seconds: of training.
        size: bytes of the folder's checkpoints and model.
        star, tags, notes: what the user says of it.
    """

    path: Path
    id: str
    name: str
    created: float
    status: Status
    data: str = ""
    parameters: int = 0
    multiply_adds: int = 0
    optimizer: str = ""
    learning_rate: float = 0.0
    batch_size: int = 0
    epochs: int = 0
    planned_epochs: int = 0
    steps: int = 0
    loss: float | None = None
    metric: float | None = None
    held_out_loss: float | None = None
    held_out_metric: float | None = None
    best_metric: float | None = None
    seconds: float = 0.0
    size: int = 0
    resumable: bool = False
    program: str = "window"
    star: bool = False
    tags: tuple[str, ...] = ()
    notes: str = ""
