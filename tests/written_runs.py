"""Run folders in the real format, made without training."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from models.data.facts import DataFacts
from models.data.sources import Digits
from models.data.sources.digits import DIGITS_FACTS
from models.files import write_atomically
from models.network.project import Project, write_project
from models.training.events import BatchesDone, EndReason, EpochDone, Event, TrainingDone, TrainingStarted
from models.training.plan import TrainingPlan
from models.training.run_log import METRICS, line_of
from models.training.runs.layout import CHECKPOINTS, DESCRIPTION, PROJECT, RunDescription
from models.zoo import template


def run_project(name: str = "lenet", **plan: object) -> Project:
    """A project as it is trained."""
    return Project(name=name, network=template("lenet5").network(), data=Digits(), plan=TrainingPlan(**plan))


def run_events(
    project: Project, epochs: int = 3, steps: int = 5, end: EndReason | None = "finished", best: float = 0.9
) -> list[Event]:
    """What a run tells whose loss falls and whose accuracy rises to `best`; without an end it was interrupted."""
    facts: DataFacts = DIGITS_FACTS
    events: list[Event] = [
        TrainingStarted(
            "run", project.network, facts, project.plan.epochs, steps, 1438, 359, "loss", "accuracy", plan=project.plan
        )
    ]
    for epoch in range(epochs):
        values = np.exp(-0.3 * (epoch + np.arange(1, steps + 1) / steps)).astype(np.float32)
        rates = np.full(steps, project.plan.learning_rate, np.float32)
        events.append(BatchesDone("run", epoch, steps, values, 1 - values, 1500.0, rates, values))
        reached = best * (1 - math.exp(-1 - epoch))
        events.append(EpochDone("run", epoch, float(values.mean()), reached, float(values[-1]), reached, 0.5))
    if end is not None:
        events.append(TrainingDone("run", end, "Ended.", epochs, 0.1, best))
    return events


def write_run(folder: Path, project: Project, events: Iterable[Event], created: float = 1e9, **told: object) -> Path:
    """Write a run's folder; `told` are fields of its description."""
    write_project(folder / PROJECT, project)
    description = RunDescription(id=folder.name, name=project.name, created=created, data="Digits", **told)
    write_atomically(folder / DESCRIPTION, description.model_dump_json().encode())
    (folder / METRICS).write_bytes(b"".join(map(line_of, events)))
    (folder / CHECKPOINTS).mkdir()
    (folder / CHECKPOINTS / "step-0000000015.npz").write_bytes(b"x" * 100)
    return folder
