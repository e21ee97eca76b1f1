"""`RunReader`: a run's curves from its log, read in a thread: that of a long run takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, Signal

from models.network.project import Project
from models.training.history import History
from models.training.runs.following import RunFollower

Then = Callable[[History], object]


class RunReader(QObject):
    """Reads one log at a time; only the last one that was asked for is told."""

    _finished = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._then: Then | None = None
        self._finished.connect(self._tell)

    @property
    def is_reading(self) -> bool:
        """Whether somebody waits for curves."""
        return self._then is not None

    def read(self, folder: Path, project: Project, then: Then) -> None:
        """Read the curves of the run in a folder, which trains this project, then call `then` with them."""
        self._then = then
        Thread(target=self._read, args=(folder, project, then), name="run log", daemon=True).start()

    def give_up(self) -> None:
        """Nobody waits any more."""
        self._then = None

    def _read(self, folder: Path, project: Project, then: Then) -> None:
        try:
            history = RunFollower(folder, project).read_all()
        except Exception:  # curves that cannot be read are missing, and the run goes on all the same
            history = History()
        with suppress(RuntimeError):  # the window has gone meanwhile
            self._finished.emit(then, history)

    def _tell(self, then: Then, history: History) -> None:
        if then is self._then:
            self._then = None
            then(history)
