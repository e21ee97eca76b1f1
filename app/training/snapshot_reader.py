"""`SnapshotReader`: lists and reads a run's snapshots in a thread, since its folder may be far away."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from PySide6.QtCore import QObject, Signal

from models.training.snapshots import Snapshot, read_snapshot, snapshot_path, snapshots_of

MOST_KEPT = 12
"""Snapshots that stay in memory: going back and forth reads nothing twice."""

Task = tuple[Path, int | None] | None
"""A run's folder, and the epochs behind the snapshot that is wanted, or None for a list of all. No task: the end."""


class SnapshotReader(QObject):
    """Reads in the order of what was asked; of several wanted snapshots only the last one.

    Signals:
        listed(Path, object): a run's folder and the epochs whose snapshots it holds, in order.
        read(Path, int, object): a run's folder, the epochs asked for, and the Snapshot; None for one that is damaged.
    """

    listed = Signal(object, object)
    read = Signal(object, int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._wanted: tuple[Path, int] | None = None
        self._thread: Thread | None = None

    def list_all(self, run: Path) -> None:
        """Ask which snapshots there are."""
        self._ask((run, None))

    def want(self, run: Path, epochs: int) -> None:
        """Ask for one; those asked for before and not begun are left out."""
        self._wanted = (run, epochs)
        self._ask((run, epochs))

    def give_up(self) -> None:
        """No snapshot is wanted any more."""
        self._wanted = None

    def shut_down(self) -> None:
        """End the thread after what it is reading."""
        if self._thread is not None:
            self._wanted = None
            self._tasks.put(None)
            self._thread.join(5.0)
            self._thread = None

    def _ask(self, task: Task) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="snapshots", daemon=True)
            self._thread.start()
        self._tasks.put(task)

    def _work(self) -> None:
        kept: dict[tuple[Path, int], Snapshot] = {}
        while (task := self._tasks.get()) is not None:
            run, epochs = task
            if epochs is None:
                kept.clear()  # those behind where a run was taken up again are written anew
                self.listed.emit(run, tuple(snapshots_of(run)))
            elif (run, epochs) == self._wanted:
                snapshot = kept.get((run, epochs)) or read_snapshot(snapshot_path(run, epochs))
                if snapshot is not None:
                    kept[run, epochs] = snapshot
                    if len(kept) > MOST_KEPT:
                        del kept[next(iter(kept))]
                self.read.emit(run, epochs, snapshot)
