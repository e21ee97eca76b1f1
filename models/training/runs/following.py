"""`RunFollower`: a run's curves, read while whoever writes it goes on: another program, or another machine."""

from __future__ import annotations

from pathlib import Path

from models.files import FileError, check_regular
from models.network.project import Project
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    EpochDone,
    Event,
    LearningRateChanged,
    TrainingDone,
    TrainingStarted,
)
from models.training.history import History
from models.training.run_log import METRICS, events_of, whole_lines

MAX_READ = 16 * 2**20
"""Bytes of the log that are taken in at one time, so that a long one does not hold the window."""


class RunFollower:
    """Reads a run's log as it grows.

    Attributes:
        folder: of the run.
        history: its curves as far as they were read.
        done: how it ended; None while it goes on, or where it was interrupted.
    """

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder = folder
        self.history = History()
        self.done: TrainingDone | None = None
        self._network = project.network
        self._read = 0

    def poll(self) -> bool:
        """Take in what was written since the last time, whole lines only; whether there was anything.

        A log that has become shorter, as when a run was copied over, is read from its beginning.
        """
        data = self._more()
        whole = whole_lines(data)
        self._read += whole
        for event in events_of(data[:whole], self._network):
            self._apply(event)
        return whole > 0

    def read_all(self) -> History:
        """The curves to the end of what is written now."""
        while self.poll():
            pass
        return self.history

    def _more(self) -> bytes:
        try:
            check_regular(self.folder / METRICS)
            with (self.folder / METRICS).open("rb") as file:
                if file.seek(0, 2) < self._read:
                    self._read, self.history, self.done = 0, History(), None
                file.seek(self._read)
                data = file.read(MAX_READ)
                while len(data) >= MAX_READ and not whole_lines(data) and (more := file.read(MAX_READ)):
                    data += more  # a single line of that size
                return data
        except (OSError, FileError):
            return b""

    def _apply(self, event: Event) -> None:
        apply_to(self.history, event)
        if isinstance(event, TrainingDone):
            self.done = event
        elif isinstance(event, TrainingStarted):
            self.done = None


def apply_to(history: History, event: Event) -> None:
    """Let a history grow by an event; those that no curve shows change nothing."""
    match event:
        case TrainingStarted():
            history.start(event)
        case BatchesDone():
            history.add_batches(event)
        case EpochDone():
            history.add_epoch(event)
        case LearningRateChanged():
            history.add_rate_change(event)
        case BlocksMeasured():
            history.add_measured(event)
        case TrainingDone():
            history.end()
        case _:
            return
