"""`RunFolder`: a training run as a folder that explains itself. It writes, and is told when."""

from __future__ import annotations

import json
import os
import platform
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from models.files import FileError, reason, sync_folder, write_atomically
from models.network.project import Project, write_project
from models.runtime.run.checkpoints import Checkpoint, CheckpointFiles
from models.runtime.run.tensorboard import EventFile
from models.training.events import BatchesDone, BlocksMeasured, Event
from models.training.run_log import append, joined, line_of
from models.training.runs.layout import (
    ALIVE,
    DESCRIPTION,
    ENVIRONMENT,
    METRICS,
    PROJECT,
    TENSORBOARD,
    Alive,
    RunDescription,
)

BLOCKS_EVERY_S = 5.0
"""Least seconds between two measurements of the blocks in the log: they are long."""


@dataclass(frozen=True, eq=False)
class RunIdentity:
    """What a run's folder says of it before the first step.

    Attributes:
        project: as trained.
        device: what computes, in words.
        known: the checkpoint that is gone on from, where the folder holds the run already.
    """

    description: RunDescription
    project: Project
    device: str
    known: Path | None = None


class RunFolder:
    """Writes one run, in one thread. Every method raises OSError with a readable text.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path, identity: RunIdentity) -> None:
        self.path = path
        self._identity = identity
        self._checkpoints = CheckpointFiles(path, identity.known)
        self._events: EventFile | None = None
        self._blocks_at = float("-inf")

    def begin(self, past: Iterable[Event] | None) -> None:
        """Write what is known before the first step.

        `past` is what the log begins with; None leaves the log that is there, since the run goes on.
        """
        write_atomically(
            self.path / DESCRIPTION, (self._identity.description.model_dump_json(indent=1) + "\n").encode()
        )
        write_project(self.path / PROJECT, self._identity.project)
        write_atomically(self.path / ENVIRONMENT, (json.dumps(self._environment(), indent=1) + "\n").encode())
        self.beat()
        if past is not None:
            write_atomically(self.path / METRICS, b"".join(map(line_of, past)))

    def _environment(self) -> dict[str, object]:
        return {
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "host": socket.gethostname(),
            "device": self._identity.device,
            "seed": self._identity.project.plan.seed,
        }

    def append(self, events: Iterable[Event]) -> None:
        """Add events to the log and to TensorBoard's."""
        told = list(self._sparse(events))
        if not told:
            return
        self._check_there()
        self._append(b"".join(map(line_of, told)), durably=False)
        if self._events is None:
            self._events = EventFile(self.path / TENSORBOARD)
        for event in told:
            self._events.add(event)
        self._events.flush()

    def _sparse(self, events: Iterable[Event]) -> Iterable[Event]:
        """Successive chunks of an epoch as one, and the blocks only every few seconds."""
        batches: list[BatchesDone] = []
        for event in events:
            if isinstance(event, BatchesDone) and (not batches or batches[-1].epoch == event.epoch):
                batches.append(event)
                continue
            if batches:
                yield joined(batches)
            batches = [event] if isinstance(event, BatchesDone) else []
            if isinstance(event, BlocksMeasured):
                now = time.monotonic()
                if now - self._blocks_at < BLOCKS_EVERY_S:
                    continue
                self._blocks_at = now
            if not isinstance(event, BatchesDone):
                yield event
        if batches:
            yield joined(batches)

    def _append(self, lines: bytes, durably: bool) -> None:
        path = self.path / METRICS
        try:
            with path.open("r+b") as file:  # a log that has gone is not made anew: that would be no log
                append(file, lines)
                if durably:
                    os.fsync(file.fileno())
        except OSError as error:
            raise FileError(f"{path} was not written: {reason(error)}") from error

    def write_checkpoint(self, checkpoint: Checkpoint, best: Checkpoint | None) -> Path:
        """Make durable what was logged, write the best one if it is new, then the checkpoint."""
        self._check_there()
        self._append(b"", durably=True)
        if best is not None:
            self._checkpoints.write_best(best)
        return self._checkpoints.write(checkpoint)

    def beat(self) -> None:
        """Say that the run goes on."""
        alive = Alive(host=socket.gethostname(), process=os.getpid(), time=time.time())
        write_atomically(self.path / ALIVE, alive.model_dump_json().encode())

    def check_and_beat(self) -> None:
        """Say that the run goes on, unless its folder has gone."""
        self._check_there()
        self.beat()

    def end(self) -> None:
        """Nothing more will be written."""
        if self._events is not None:
            self._events.close()
            self._events = None
        self._check_there()
        self._append(b"", durably=True)
        self.let_go()
        sync_folder(self.path)

    def let_go(self) -> None:
        """Say that nobody writes the run any more, where that can still be said."""
        with suppress(OSError):
            (self.path / ALIVE).unlink(missing_ok=True)

    def _check_there(self) -> None:
        check_there(self.path)


def check_there(folder: Path) -> None:
    """Raise FileError where a run's folder has gone: it must not come back with a part of the run in it."""
    if not (folder / PROJECT).is_file():
        raise FileError(f"{folder} has been removed or renamed, or its disk is no longer connected.")
