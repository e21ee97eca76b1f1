"""`RunQueue`: runs that wait for one another, each a whole project, started one after the other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal

from app.training.queue_store import QueueStore
from app.training.training_controller import State, TrainingController
from models.files import FileError
from models.network.project import Project
from models.training.events import Failed, TrainingDone, TrainingStarted


@dataclass(frozen=True)
class QueuedRun:
    """A run that waits; `key` tells it from all others."""

    key: str
    project: Project

    @property
    def name(self) -> str:
        return self.project.name

    @property
    def details(self) -> str:
        """`Digits · AdamW, rate 0.001 · batch 64 · 15 epochs`."""
        plan = self.project.plan
        epochs = f"{plan.epochs:,} epoch{'s' if plan.epochs > 1 else ''}"
        optimizer = f"{plan.optimizer.type}, rate {plan.learning_rate:g}"
        return f"{self.project.data.title} · {optimizer} · batch {plan.batch_size} · {epochs}"


@dataclass(frozen=True)
class Outcome:
    """How a run of the queue ended, in a sentence, and whether well."""

    name: str
    message: str
    is_good: bool


class RunQueue(QObject):
    """The runs in their order. The first one starts when the engine is free, as long as the queue `is_going`.

    Adding a run while another one trains lets the queue go on by itself; otherwise it waits for `start`. A run that
    fails does not hold those behind it; the user's Stop does.

    Signals:
        changed: other runs wait, or whether they are started by themselves has changed.
        failed(str): the queue could not be kept on the disk.
        finished(outcomes): the last run has ended; one Outcome for each that the queue started.
    """

    changed = Signal()
    failed = Signal(str)
    finished = Signal(object)
    _turn = Signal()

    def __init__(
        self,
        store: QueueStore,
        training: TrainingController,
        start_project: Callable[[Project], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._training = training
        self._start_project = start_project
        self._runs: tuple[QueuedRun, ...] = ()
        self._started: QueuedRun | None = None
        self._outcomes: list[Outcome] = []
        self.is_going = False
        # In a turn of its own: what the views do with a run's last event comes before the next run.
        self._turn.connect(self._next, Qt.ConnectionType.QueuedConnection)
        training.state_changed.connect(self._turn)

    @property
    def runs(self) -> tuple[QueuedRun, ...]:
        """The runs that wait, the next one first."""
        return self._runs

    @property
    def started(self) -> QueuedRun | None:
        """The run of the queue that is under way."""
        return self._started

    # --- the list ---------------------------------------------------------------------------------------------------
    def restore(self) -> int:
        """Take over the runs that an earlier session left waiting; they wait for `start`. Returns how many."""
        found = [QueuedRun(key, project) for key, project in self._store.take_over()]
        if self._store.unreadable:
            names = ", ".join(self._store.unreadable)
            self.failed.emit(f"Some runs that waited in the queue could not be read: {names}.")
        if found:
            self._set((*found, *self._runs))
        return len(found)

    def add(self, project: Project) -> None:
        """Let a run of a project wait behind the others; its data set must be named by an absolute path."""
        run = QueuedRun(uuid.uuid4().hex, project)
        try:
            self._store.write(run.key, project)
        except FileError as error:
            self.failed.emit(f"The queue is kept in memory only: {error}")
        self.is_going = self.is_going or self._training.is_training
        self._set((*self._runs, run))

    def move(self, key: str, places: int) -> None:
        """Move a run by some places, upwards below zero; never beyond an end."""
        keys = [run.key for run in self._runs]
        if key not in keys:
            return
        runs = list(self._runs)
        at = keys.index(key)
        run = runs.pop(at)
        runs.insert(min(max(at + places, 0), len(runs)), run)
        self._set(tuple(runs))

    def remove(self, key: str) -> None:
        """Take a run out."""
        self._store.remove(key)
        self._set(tuple(run for run in self._runs if run.key != key))

    def clear(self) -> None:
        """Take every run out."""
        for run in self._runs:
            self._store.remove(run.key)
        self._set(())

    def _set(self, runs: tuple[QueuedRun, ...]) -> None:
        if runs != self._runs:
            self._runs = runs
            self._keep_order()
        self.changed.emit()

    def _keep_order(self) -> None:
        waiting: Sequence[QueuedRun] = (*((self._started,) if self._started else ()), *self._runs)
        try:
            if waiting:
                self._store.write_order([run.key for run in waiting])
        except FileError:
            pass  # the files themselves are there, and `add` told of a disk that takes nothing

    def close(self) -> None:
        """End the session; what waits is there again in the next one."""
        self.is_going = False
        self._store.close()

    # --- going on ---------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the waiting runs one after the other, the first one now if the engine is free."""
        if not self.is_going and self._started is None:
            self._outcomes.clear()
        self.is_going = bool(self._runs)
        self.changed.emit()
        self._turn.emit()

    def hold(self) -> None:
        """Let the runs wait until `start`; the one under way is not stopped."""
        if self.is_going:
            self.is_going = False
            self.changed.emit()

    def forget_started(self) -> None:
        """The run under way is stopped and nobody will hear of it, since another project was opened."""
        self.hold()
        if self._started is not None:
            self._store.remove(self._started.key)
            self._started = None

    def _next(self) -> None:
        if self._training.state is State.BROKEN and self._started is not None:
            self._runs, self._started = (self._started, *self._runs), None  # it has not had its turn
            self.hold()
        if not self.is_going or self._training.state is not State.IDLE:
            return
        if not self._runs:
            self._finish()
            return
        run, self._runs = self._runs[0], self._runs[1:]
        self._started = run
        self._start_project(run.project)
        self.changed.emit()

    def _finish(self) -> None:
        self.is_going = False
        outcomes, self._outcomes = tuple(self._outcomes), []
        self.changed.emit()
        if outcomes:
            self.finished.emit(outcomes)

    def follow(self, event: object) -> None:
        """Take in an event of the engine, after those who ask whether it is `started`'s."""
        run = self._started
        if run is None:
            return
        if isinstance(event, TrainingStarted):
            self._store.remove(run.key)  # from now on its own folder tells of it
        elif isinstance(event, TrainingDone):
            self._end(Outcome(run.name, event.message, event.reason != "diverged"))
        elif isinstance(event, Failed) and event.run_id is not None:
            self._end(Outcome(run.name, event.message, False))

    def _end(self, outcome: Outcome) -> None:
        assert self._started is not None
        self._outcomes.append(outcome)
        self._store.remove(self._started.key)
        self._started = None
