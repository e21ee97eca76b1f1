"""What is read of a run's folder when it is looked at: its plan, its environment and its files, in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.files import FileError, read_at_most
from models.network.project import ProjectError, read_project
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.plan_words import blocks_text
from models.training.runs.layout import ENVIRONMENT, PROJECT
from models.training.runs.summary import RunSummary
from models.training.snapshots import read_snapshot, snapshots_of
from widgets.runs.details import RunDetails
from widgets.runs.facts import Fact
from widgets.runs.texts import size_text
from widgets.runs.thumbnails import Floats

MAX_ENVIRONMENT = 2**20
MOST_FILES = 12
SHOWN_ALWAYS = ("batch_size", "epochs", "seed")
NAMES = {
    "tensorflow": "TensorFlow", "keras": "Keras", "python": "Python", "numpy": "NumPy", "device": "device",
    "platform": "system", "layerloom": "LayerLoom", "host": "machine",
}  # fmt: skip


def read_details(run: RunSummary) -> RunDetails:
    """Plan, environment and files of a run; what cannot be read is named."""
    problem = ""
    plan: tuple[Fact, ...] = ()
    try:
        plan = plan_facts(read_project(run.path / PROJECT).plan)
    except (ProjectError, FileError) as error:
        problem = str(error)
    return RunDetails(plan, environment_facts(run.path), file_facts(run.path), *last_filters(run.path), problem=problem)


def last_filters(folder: Path) -> tuple[Floats | None, str, int]:
    """The filters of the first convolution in a run's last snapshot (number, height, width), their node and epochs."""
    past = snapshots_of(folder)
    snapshot = read_snapshot(past[max(past)]) if past else None
    if snapshot is None:
        return None, "", 0
    for node, kernel in snapshot.filters.items():
        if min(kernel.shape[:2]) > 1:  # of 1×1 there is nothing to see
            return np.moveaxis(kernel[:, :, 0], -1, 0), node, snapshot.epochs
    return None, "", 0


def plan_facts(plan: TrainingPlan) -> tuple[Fact, ...]:
    """The optimizer, the schedule, and all that is not as it is by default."""
    facts = [("optimizer", _called(plan.optimizer)), ("learning rate", f"{plan.learning_rate:g}")]
    facts.append(("schedule", _called(plan.schedule)))
    for name in type(plan).model_fields:
        value = getattr(plan, name)
        told = name in ("optimizer", "learning_rate", "schedule")
        if not told and (name in SHOWN_ALWAYS or value != getattr(DEFAULT_PLAN, name)):
            facts.append((name.replace("_", " "), blocks_text(plan) if name == "blocks" else _text(value)))
    return tuple(facts)


def environment_facts(folder: Path) -> tuple[Fact, ...]:
    """What `environment.json` says; nothing where there is none."""
    try:
        told = json.loads(read_at_most(folder / ENVIRONMENT, MAX_ENVIRONMENT))
    except (FileError, ValueError, RecursionError):
        return ()
    if not isinstance(told, dict):
        return ()
    known = [(NAMES[name], _text(told[name])) for name in NAMES if told.get(name)]
    plain = (str, int, float)
    others = [
        (str(name).replace("_", " "), _text(value))
        for name, value in told.items()
        if name not in (*NAMES, "started", "seed") and isinstance(value, plain) and value != ""
    ]
    return (*known, *others[:MOST_FILES])


def file_facts(folder: Path) -> tuple[Fact, ...]:
    """The files of a run and their sizes; folders by the sum of theirs."""
    try:
        entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return ()
    facts = []
    for path in entries[:MOST_FILES]:
        sizes = _sizes(path)
        count = f"{len(sizes)} files, " if path.is_dir() else ""
        facts.append((f"{path.name}{'/' if path.is_dir() else ''}", f"{count}{size_text(sum(sizes))}"))
    if len(entries) > MOST_FILES:
        facts.append(("", f"and {len(entries) - MOST_FILES} more"))
    return tuple(facts)


def _sizes(path: Path) -> list[int]:
    try:
        if path.is_dir() and not path.is_symlink():
            return [inner.lstat().st_size for inner in path.rglob("*") if inner.is_file()]
        return [path.lstat().st_size]
    except OSError:
        return []


def _called(value: object) -> str:
    """An optimizer or a schedule: its class, and its fields that are not as they are by default."""
    fields = type(value).model_fields  # type: ignore[attr-defined]
    told = [f"{name} {_text(getattr(value, name))}" for name, field in fields.items()
            if getattr(value, name) != field.default]  # fmt: skip
    return ", ".join([type(value).__name__, *told])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(_text, value)) if len(value) <= 6 else f"{len(value)} of them"
    return str(value)
