"""`RunSaver`: what of a run goes to its folder and when, and what is said when it cannot be written."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue

from models.files import FileError
from models.runtime.exporters import save_keras
from models.runtime.failures import RequestError
from models.runtime.live_model import LiveModel
from models.runtime.run.checkpoints import Checkpoint
from models.runtime.run.run_folder import RunFolder, check_there
from models.runtime.run.run_writer import RunWriter
from models.training.events import CheckpointWritten, Event, Failed
from models.training.run_log import LOGGED
from models.training.runs.layout import MODEL

SAVING = "Saving the run"
GOES_ON = "This run is no longer saved; training goes on, and its weights stay in memory. Save it elsewhere."
FLUSH_S = 1.0
"""Seconds between two writings of the log."""


class RunSaver:
    """Saves one run. Only `drain`, `finish` and `move` wait for the disk, and nothing raises but `move`.

    Attributes:
        has_begun: whether the folder holds what a run begins with.
    """

    def __init__(self, run_id: str) -> None:
        self.has_begun = False
        self._run_id = run_id
        self._writer: RunWriter | None = None
        self._pending: list[Event] = []
        self._news: SimpleQueue[CheckpointWritten] = SimpleQueue()
        self._flushed_at = self._checkpoint_at = time.monotonic()
        self._checkpointing = False

    @property
    def path(self) -> Path | None:
        """The folder that the run is saved in; None while it is not saved."""
        return self._writer.folder.path if self._writer is not None else None

    @property
    def seconds_since_checkpoint(self) -> float:
        """How much a crash would cost."""
        return time.monotonic() - self._checkpoint_at

    @property
    def takes_checkpoints(self) -> bool:
        """Whether the run is saved, and the last checkpoint is no longer being written."""
        return self._writer is not None and not self._checkpointing

    def begin(self, folder: RunFolder, past: Iterable[Event] | None) -> None:
        """Save into a folder from now on; `past` is what its log begins with, None to go on with the one there is."""
        self._writer = RunWriter(folder)
        events = None if past is None else list(past)

        def begin() -> None:
            folder.begin(events)
            self.has_begun = True

        self._writer.put(begin)

    def note(self, event: Event) -> None:
        """Take in an event for the log."""
        if self._writer is not None and type(event).__name__ in LOGGED:
            self._pending.append(event)

    def checkpoint(self, checkpoint: Checkpoint, best: Checkpoint | None = None) -> None:
        """Have a checkpoint written, and the best one before it where that is new."""
        writer = self._writer
        if writer is None:
            return
        self.flush()
        self._checkpointing, self._checkpoint_at = True, time.monotonic()
        state = checkpoint.state

        def write() -> None:
            path = writer.folder.write_checkpoint(checkpoint, best)
            self._news.put(CheckpointWritten(self._run_id, state.steps, state.epoch, str(path), best is not None))

        writer.put(write)

    def poll(self) -> list[Event]:
        """What has happened meanwhile: checkpoints that are on the disk, or, once, why nothing is saved any more."""
        told: list[Event] = []
        while True:
            try:
                written = self._news.get_nowait()
            except Empty:
                break
            self._checkpointing = False
            told.append(written)
            self.note(written)
        if self._writer is not None and self._writer.error is not None:
            told.append(self._give_up(self._writer.error))
        elif time.monotonic() - self._flushed_at >= FLUSH_S and self._writer is not None and self._writer.is_idle:
            self.flush()
        return told

    def finish(self, last: Iterable[Event] = ()) -> list[Event]:
        """Write all that is left, these events at the end, and close the folder."""
        if self._writer is None:
            return []
        told = self.drain()
        writer = self._writer
        if writer is None:
            return told
        for event in last:
            self.note(event)
        self.flush()
        writer.put(writer.folder.end)
        writer.close()
        if writer.error is not None:
            told.append(self._give_up(writer.error))
        self._writer = None
        return told

    def drain(self) -> list[Event]:
        """Wait until all is on the disk; what `poll` says then."""
        if self._writer is None:
            return []
        self.flush()
        self._writer.wait()
        return self.poll()

    def move(self, folder: RunFolder, past: Iterable[Event], checkpoint: Checkpoint, best: Checkpoint | None) -> None:
        """Write everything into another folder, and save there from now on. Raises FileError, and stays, if it cannot.

        Waits until it is there.
        """
        other = RunSaver(self._run_id)
        other.begin(folder, past)
        other.checkpoint(checkpoint, best)
        failed = [event for event in other.drain() if isinstance(event, Failed)]
        if failed:
            raise FileError(failed[0].message.removesuffix(GOES_ON).strip())
        if self._writer is not None:
            self.flush()
            self._writer.close()
        self.has_begun = True
        self._writer, self._news, self._pending = other._writer, other._news, []
        self._checkpointing, self._checkpoint_at = False, time.monotonic()

    def write_model(self, live: LiveModel, name: str) -> None:
        """Write the whole model, once all that was asked for before is on the disk."""
        if self._writer is None or self._writer.error is not None:
            return
        path = self._writer.folder.path
        try:
            check_there(path)
            save_keras(live, path / MODEL, name)
        except OSError as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Somebody else could not write to the folder."""
        if self._writer is not None and self._writer.error is None:
            self._writer.error = error

    def flush(self) -> None:
        """Have the log written now."""
        self._flushed_at = time.monotonic()
        if self._writer is None or not self._pending:
            return
        events, self._pending = self._pending, []
        folder = self._writer.folder
        self._writer.put(lambda: folder.append(events))

    def _give_up(self, error: Exception) -> Failed:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._pending, self._checkpointing = None, [], False
        text = str(error) if isinstance(error, OSError | RequestError) else f"{type(error).__name__}: {error}."
        return Failed(SAVING, f"{text} {GOES_ON}")
