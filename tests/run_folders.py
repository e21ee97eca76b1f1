"""Run folders in the real format, written without training: for tests, pictures and measurements."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.data.sources.digits import DIGITS_FACTS
from models.network.project import Project, write_project
from models.training.events import BatchesDone, EndReason, EpochDone, Event, TrainingDone, TrainingStarted
from models.training.optimizers.adam import Adam, AdamW
from models.training.optimizers.momentum import SGD
from models.training.plan import TrainingPlan
from models.training.run_log import line_of
from models.training.runs.layout import (
    ALIVE,
    CHECKPOINTS,
    DESCRIPTION,
    ENVIRONMENT,
    METRICS,
    PROJECT,
    Alive,
    RunDescription,
)
from models.training.runs.notes import RunNotes, write_notes
from models.zoo import template

ENVIRONMENT_TOLD = {
    "started": "2026-03-01T10:00:00+0000", "tensorflow": "2.20.0", "keras": "3.12.0", "numpy": "2.3.1",
    "python": "3.13.1", "platform": "Linux", "device": "CPU · 2 cores", "seed": 1,
}  # fmt: skip
NOW = time.time()
NO_NOTES = RunNotes()


@dataclass(frozen=True)
class WrittenRun:
    """What a written run is like; `reason` None leaves it without an end, `alive` as if somebody went on with it."""

    project: Project
    created: float = NOW - 3600
    epochs: int = 5
    planned: int = 5
    steps: int = 23
    reason: EndReason | None = "finished"
    alive: bool = False
    final_loss: float = 0.05
    accuracy: float = 0.97
    parameters: int = 61_706
    seed: int = 1
    notes: RunNotes = NO_NOTES
    data: str = "Digits"
    checkpoint: bool = False


def write_run(folder: Path, run: WrittenRun) -> Path:
    """Write a run's folder; returns it."""
    folder.mkdir(parents=True)
    description = RunDescription(
        id=folder.name, name=run.project.name, created=run.created, data=run.data, samples=1797, fingerprint="0" * 16,
        parameters=run.parameters, multiply_adds=run.parameters * 7,
    )  # fmt: skip
    (folder / DESCRIPTION).write_text(description.model_dump_json())
    write_project(folder / PROJECT, run.project)
    (folder / ENVIRONMENT).write_text(json.dumps(ENVIRONMENT_TOLD))
    (folder / METRICS).write_bytes(b"".join(map(line_of, events_of_run(run, folder.name))))
    if run.alive:
        alive = Alive(host=socket.gethostname(), process=os.getpid(), time=time.time())
        (folder / ALIVE).write_text(alive.model_dump_json())
    if run.checkpoint:
        (folder / CHECKPOINTS).mkdir()
        np.savez(folder / CHECKPOINTS / "step-00000010.npz", x=np.zeros(100))
    if run.notes != NO_NOTES:
        write_notes(folder, run.notes)
    return folder


def events_of_run(run: WrittenRun, run_id: str) -> list[Event]:
    """What such a run would have told."""
    random, project = np.random.default_rng(run.seed), run.project
    plan = project.plan.replace(epochs=run.planned)
    events: list[Event] = [
        TrainingStarted(
            run_id, project.network, DIGITS_FACTS, run.planned, run.steps, 1438, 359, "cross-entropy", "accuracy",
            plan=plan,
        )
    ]  # fmt: skip
    total = max(run.planned * run.steps, 1)
    for epoch in range(run.epochs):
        along = np.arange(epoch * run.steps, (epoch + 1) * run.steps) / total
        fall = np.exp(-5 * along)
        losses = (run.final_loss + (2.3 - run.final_loss) * fall) * random.lognormal(0, 0.12, run.steps)
        metrics = np.clip(run.accuracy + 0.01 - (run.accuracy - 0.1) * fall + random.normal(0, 0.02, run.steps), 0, 1)
        rates = np.full(run.steps, plan.learning_rate, np.float32)
        events.append(
            BatchesDone(
                run_id, epoch, run.steps, losses.astype(np.float32), metrics.astype(np.float32), 1490.0, rates, rates
            )
        )
        held = float(np.clip(run.accuracy - (run.accuracy - 0.1) * fall[-1] + random.normal(0, 0.006), 0, 1))
        held_loss = float(losses[-5:].mean() * 1.15 + 0.1 * along[-1])
        events.append(
            EpochDone(run_id, epoch, float(losses.mean()), float(metrics.mean()), held_loss, held, 0.7 + run.steps / 90)
        )
    if run.reason is not None:
        events.append(TrainingDone(run_id, run.reason, "Done.", run.epochs, 0.1, run.accuracy))
    return events


TAGS = ((), ("baseline",), ("paper",), ("paper", "final"), (), ("no augmentation",), ("try again",), ())
NOTES = ("", "", "Cosine made the last epochs better.", "", "Too large a rate: the loss jumps.", "")


def write_runs(folder: Path, count: int, steps: int = 23) -> list[Path]:
    """Write many runs of many kinds, the newest last."""
    random = np.random.default_rng(7)
    project = template("lenet5").network()
    networks = [("lenet5", project)]
    optimizers = (Adam(), SGD(), AdamW(), Adam(beta_1=0.8))
    written = []
    for number in range(count):
        size = 10 ** random.uniform(3.3, 6.6)
        good = 0.7 + 0.07 * (np.log10(size) - 3.3) + random.normal(0, 0.02)
        optimizer = optimizers[number % 4]
        plan = TrainingPlan(
            optimizer=optimizer, learning_rate=float(random.choice([0.1, 0.01, 0.003, 0.001])),
            batch_size=int(random.choice([32, 64, 128])), epochs=12, seed=number,
        )  # fmt: skip
        name = f"{('lenet', 'vgg-small', 'resnet-8', 'wide-net', 'two-layers')[number % 5]}-{number // 5 + 1}"
        run = WrittenRun(
            project=Project(name=name, network=networks[0][1], plan=plan),
            created=NOW - (count - number) * 5400.0, epochs=12, planned=12, steps=steps,
            final_loss=float(0.9 * (1 - good) + 0.02), accuracy=float(min(good, 0.994)), parameters=int(size),
            seed=number, data=("Digits", "MNIST-1D", "Flowers")[number % 3],
            notes=RunNotes(star=number % 7 == 3, tags=TAGS[number % 8], notes=NOTES[number % 6]),
        )  # fmt: skip
        written.append(write_run(folder / f"run-{number:05}_{name}", _varied(run, number, count)))
    return written


def _varied(run: WrittenRun, number: int, count: int) -> WrittenRun:
    """One is under way, some were stopped, interrupted or diverged."""
    if number == count - 1:
        return replace(run, epochs=7, reason=None, alive=True)
    if number % 11 == 5:
        return replace(run, epochs=4, reason="stopped")
    if number % 13 == 6:
        return replace(run, epochs=5, reason=None, checkpoint=True)
    return replace(run, epochs=3, reason="diverged") if number % 17 == 9 else run
