"""`InterruptedRuns`: runs that were cut short are offered when the window opens, the latest first."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from threading import Event, Thread

from PySide6.QtCore import QObject, Signal

from app.settings import Settings
from app.time_words import ago_text
from app.training.runs import Runs
from app.training.training_controller import TrainingController
from models.training.events import TrainingStarted
from models.training.runs.layout import METRICS, checkpoints_of
from models.training.runs.listing import RunIndex
from models.training.runs.summary import RunSummary
from widgets.message_bar import MessageBar

MOST_OFFERED = 3
"""The others are on the Runs page."""


class _GivenUp(Exception):
    """Nobody waits for the list any more."""


class InterruptedRuns(QObject):
    """Looks for them in a thread: there may be thousands of runs.

    Signals:
        show_wanted(path): the user wants to see a run.
    """

    show_wanted = Signal(object)
    _found = Signal(object)

    def __init__(
        self,
        runs: Runs,
        training: TrainingController,
        settings: Settings,
        messages: MessageBar,
        cache: Path | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._runs = runs
        self._settings = settings
        self._messages = messages
        self._cache = cache
        self._given_up = Event()
        self._thread: Thread | None = None
        self._offers: list[str] = []
        training.event_received.connect(self._follow)
        self._found.connect(self._offer)

    def look(self) -> None:
        """Look for interrupted runs in the background, once."""
        if self._thread is None:
            self._thread = Thread(target=self._look, name="interrupted runs", daemon=True)
            self._thread.start()

    def shut_down(self) -> None:
        """Look no further."""
        self._given_up.set()
        if self._thread is not None:
            self._thread.join(5)

    def _look(self) -> None:
        def check(_done: int, _total: int) -> None:
            if self._given_up.is_set():
                raise _GivenUp

        try:
            found = RunIndex(self._runs.folder, self._cache).refresh(check)
        except _GivenUp:
            return
        cut_short = [(run, _left_at(run.path)) for run in found if run.status == "interrupted" and run.resumable]
        cut_short.sort(key=lambda pair: pair[1], reverse=True)
        if not self._given_up.is_set():
            self._found.emit(cut_short)

    def _offer(self, found: list[tuple[RunSummary, float]]) -> None:
        dismissed = set(self._settings.dismissed_runs)
        offered = [(run, left_at) for run, left_at in found if run.path.name not in dismissed][:MOST_OFFERED]
        for run, left_at in reversed(offered):  # the message shown last stands in front
            choices = (
                ("Resume", partial(self._resume, run)),
                ("Show", partial(self.show_wanted.emit, run.path)),
                ("Dismiss", partial(self._settings.dismiss_run, run.path.name)),
            )
            text = offer_text(run, time.time() - left_at)
            self._offers.append(text)
            self._messages.show_message(text, "warn", choices, lasting=True)

    def _follow(self, event: object) -> None:
        """While a run goes on no other one can be resumed; the Runs page still has them."""
        if isinstance(event, TrainingStarted):
            for text in self._offers:
                self._messages.withdraw(text)
            self._offers.clear()

    def _resume(self, run: RunSummary) -> None:
        self._runs.resume(run.path)


def offer_text(run: RunSummary, seconds: float) -> str:
    """`“LeNet” was interrupted 3 minutes ago in epoch 6 of 15. It can be resumed from its last checkpoint.`"""
    epoch = min(run.epochs + 1, max(run.planned_epochs, 1))
    where = f" in epoch {epoch} of {run.planned_epochs}" if run.planned_epochs else ""
    return f"“{run.name}” was interrupted {ago_text(seconds)}{where}. It can be resumed from its last checkpoint."


def _left_at(folder: Path) -> float:
    """When a run was last written, in seconds since 1970."""
    times = []
    for path in (folder / METRICS, *checkpoints_of(folder)[:1]):
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)
