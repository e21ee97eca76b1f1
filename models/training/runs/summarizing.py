"""From a run's folder to its `RunSummary`. Only the lines that a list needs are parsed, so that thousands are quick."""

from __future__ import annotations

import csv
import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.files import FileError, check_regular, is_file, read_at_most
from models.network.project import ProjectError, read_project
from models.training.run_log import LARGEST
from models.training.runs.layout import (
    ALIVE,
    ALIVE_FOR_S,
    BEST,
    CHECKPOINTS,
    DESCRIPTION,
    METRICS,
    MODEL,
    NOTES,
    PROJECT,
    Alive,
    RunDescription,
    checkpoints_of,
)
from models.training.runs.notes import read_notes
from models.training.runs.summary import RunSummary, Status

MAX_DESCRIPTION = 2**20
OLD_METRICS, OLD_CHECKPOINT = "metrics.csv", "checkpoint.npz"
"""Files of runs that were written before there was a log."""

CLOCK_S = 2.0
"""Seconds by which two clocks of one machine may differ: of files and of processes."""


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return is_file(folder / DESCRIPTION) or (is_file(folder / PROJECT) and is_file(folder / OLD_METRICS))


def summarize(folder: Path) -> RunSummary | None:
    """What a list shows of a run; None for a folder that holds none, or one that cannot be read."""
    description = _description(folder)
    if description is None:
        return None
    log = _Log()
    try:
        check_regular(folder / METRICS)
        log.read((folder / METRICS).read_bytes())
    except (OSError, FileError):
        log.read_old(folder / OLD_METRICS)
    notes = read_notes(folder)
    status = _status(folder, log.end)
    return RunSummary(
        path=folder,
        id=description.id,
        name=description.name,
        created=description.created,
        status=status,
        data=description.data,
        parameters=description.parameters,
        multiply_adds=description.multiply_adds,
        size=sum(_size(path) for path in (*checkpoints_of(folder), folder / CHECKPOINTS / BEST, folder / MODEL)),
        resumable=status != "running" and bool(checkpoints_of(folder)),
        program=description.program,
        star=notes.star,
        tags=notes.tags,
        notes=notes.notes,
        **log.told(),
    )


def with_status(summary: RunSummary) -> RunSummary:
    """A summary from a cache, with what may have changed without a trace in the log: whether the run still lives."""
    if summary.status not in ("running", "interrupted"):
        return summary
    status = _status(summary.path, None)
    resumable = status != "running" and bool(checkpoints_of(summary.path))
    return replace(summary, status=status, resumable=resumable)


def is_alive(folder: Path) -> bool:
    """Whether somebody is writing the run: a process on this machine, or one elsewhere that was heard of lately."""
    try:
        alive = Alive.model_validate_json(read_at_most(folder / ALIVE, MAX_DESCRIPTION))
    except (FileError, ValueError):
        return False
    if alive.host != socket.gethostname():
        return abs(time.time() - _modified(folder / ALIVE)) < ALIVE_FOR_S
    import psutil  # late: a window opens without

    try:
        process = psutil.Process(alive.process)
        ended = process.status() == psutil.STATUS_ZOMBIE  # killed, and nobody has asked yet how it ended
        return not ended and bool(process.create_time() <= alive.time + CLOCK_S)
    except (psutil.Error, ValueError, OverflowError):
        return False


def _status(folder: Path, end: Status | None) -> Status:
    if end is not None:
        return end
    return "running" if is_alive(folder) else "interrupted"


def _description(folder: Path) -> RunDescription | None:
    try:
        return RunDescription.model_validate_json(read_at_most(folder / DESCRIPTION, MAX_DESCRIPTION))
    except FileError:
        return _old_description(folder)
    except ValueError:
        return None


def _old_description(folder: Path) -> RunDescription | None:
    """Of a run that was written before there was a description."""
    if not is_run(folder):
        return None
    try:
        project = read_project(folder / PROJECT)
    except (ProjectError, FileError):
        return None
    return RunDescription(id=folder.name, name=project.name, created=_modified(folder / PROJECT))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass
class _Log:
    """What a list shows of a log, gathered line by line."""

    end: Status | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    planned: int = 0
    per_epoch: int = 0
    steps: int = 0
    epochs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def read(self, data: bytes) -> None:
        """Take a log in; torn and strange lines are passed over."""
        last_batches = b""
        for line in data.split(b"\n"):
            if line.startswith(b'{"event":"BatchesDone"'):
                last_batches = line
                continue
            self._take(line)
        self._take(last_batches)

    def read_old(self, path: Path) -> None:
        """Take in the table that runs had before."""
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    numbers = {name: float(text) for name, text in row.items() if text}
                    self.epochs[int(numbers.pop("epoch")) - 1] = numbers
        except (OSError, ValueError, KeyError, csv.Error):
            return
        self.end, self.planned = "finished", len(self.epochs)

    def _take(self, line: bytes) -> None:
        take = next((take for name, take in _TAKES.items() if line.startswith(b'{"event":"' + name + b'"')), None)
        if take is None:
            return
        try:
            take(self, json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return

    def start(self, told: dict[str, Any]) -> None:
        first = int(told["first_epoch"])
        self.plan, self.per_epoch, self.end = dict(told["plan"]), int(told["steps_per_epoch"]), None
        self.planned = first + int(told["epochs"])
        self.epochs = {number: epoch for number, epoch in self.epochs.items() if number < first}

    def batches(self, told: dict[str, Any]) -> None:
        self.steps = int(told["epoch"]) * self.per_epoch + int(told["step"])

    def epoch(self, told: dict[str, Any]) -> None:
        self.epochs[int(told["epoch"])] = told

    def done(self, told: dict[str, Any]) -> None:
        reason = told["reason"]
        self.end = reason if reason in ("finished", "stopped", "diverged") else None

    def told(self) -> dict[str, Any]:
        """The fields of a summary that the log tells."""
        optimizer = self.plan.get("optimizer", {})
        last = self.epochs[max(self.epochs)] if self.epochs else {}
        return {
            "optimizer": str(optimizer.get("type", "")) if isinstance(optimizer, dict) else "",
            "learning_rate": _number(self.plan.get("learning_rate")) or 0.0,
            "batch_size": int(_number(self.plan.get("batch_size")) or 0),
            "epochs": len(self.epochs),
            "planned_epochs": self.planned,
            "steps": self.steps,
            **{key: _number(last.get(key)) for key in ("loss", "metric", "held_out_loss", "held_out_metric")},
            "best_metric": _best(self.epochs.values()),
            "seconds": sum(_number(epoch.get("seconds")) or 0.0 for epoch in self.epochs.values()),
        }


_TAKES: dict[bytes, Callable[[_Log, dict[str, Any]], None]] = {
    b"TrainingStarted": _Log.start,
    b"BatchesDone": _Log.batches,
    b"EpochDone": _Log.epoch,
    b"TrainingDone": _Log.done,
}


def _best(epochs: Iterable[dict[str, Any]]) -> float | None:
    """The best metric on held-out samples, or on those trained on where nothing was held out."""
    told = list(epochs)
    held_out = [value for epoch in told if (value := _number(epoch.get("held_out_metric"))) is not None]
    trained = [value for epoch in told if (value := _number(epoch.get("metric"))) is not None]
    return max(held_out or trained, default=None)


def _number(value: object) -> float | None:
    """A number of a log; None for what is none, is not finite, or is larger than any that is written."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and -LARGEST < value < LARGEST else None  # type: ignore[operator, arg-type]


def stamp(folder: os.DirEntry[str]) -> tuple[int, ...] | None:
    """What changes whenever a run's summary does; None for a folder that holds no run."""
    told = [_stat(Path(folder.path, name)) for name in (METRICS, DESCRIPTION, NOTES, OLD_METRICS)]
    if told[1] == (0, 0) and told[3] == (0, 0):
        return None
    return tuple(number for pair in told for number in pair)


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
