"""`RunLibrary`: lists runs, reads their curves and changes their folders in the background, so that no window waits."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.runs.run_details import read_details
from app.settings_paths import run_list_file
from models.files import FileError
from models.network.project import Project, ProjectError, read_project
from models.training.runs.comparing import compare
from models.training.runs.errors import RunError
from models.training.runs.following import RunFollower
from models.training.runs.layout import PROJECT
from models.training.runs.listing import RunIndex
from models.training.runs.summary import RunSummary
from widgets.runs.curve_data import RunCurves, curves_of
from widgets.runs.model import key_of

MOST_FOLLOWED = 64
"""Runs whose curves are kept, so that going back to them costs nothing."""

Job = Callable[[], object]
T = TypeVar("T")


class GivenUp(Exception):
    """Nobody waits for this any more."""


class RunLibrary(QObject):
    """The runs below some folders. All methods and signals belong to the window's thread.

    Signals:
        listed(object): all runs, the newest first; only where something has changed.
        curves_read(object): curves by the runs' keys, of those asked for last.
        details_read(key, RunDetails): what is in a run's folder.
        compared(pair, answer): two runs' keys, and their differences or, as text, why there are none.
        done(object), failed(str): what became of a piece of work.

    Attributes:
        folders: whose subfolders are runs.
        seconds: that the last listing took.
    """

    listed = Signal(object)
    curves_read = Signal(object)
    details_read = Signal(str, object)
    compared = Signal(object, object)
    failed = Signal(str)
    _found = Signal(object)

    def __init__(self, folders: Sequence[Path], cache_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders = tuple(folders)
        self.seconds = 0.0
        self.runs: tuple[RunSummary, ...] | None = None
        self._cache_folder = cache_folder
        self._indices: dict[Path, RunIndex] = {}
        self._followers: OrderedDict[str, RunFollower] = OrderedDict()
        self._unsent: set[str] = set()
        self._following: tuple[tuple[str, ...], frozenset[str]] = ((), frozenset())
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._wanted: dict[str, Event] = {}
        self._busy: set[str] = set()
        self._closed = Event()
        self._found.connect(lambda deliver: deliver())

    # --- listing ----------------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Look at the folders again, unless that is under way."""
        if "list" not in self._busy:
            self._busy.add("list")
            self._start("list", partial(self._list, self.folders))

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Show the runs below these."""
        self.folders = tuple(folders)
        self.refresh_soon()

    def refresh_soon(self) -> None:
        """Look again in any case, also where a look is under way that began before."""
        self._start("list", partial(self._list, self.folders))

    def _list(self, folders: tuple[Path, ...]) -> None:
        """In the lister's thread."""
        began, found = perf_counter(), []
        for folder in folders:
            if folder not in self._indices:
                self._indices[folder] = RunIndex(folder, run_list_file(folder, self._cache_folder))
            found.append(self._indices[folder].refresh(self.go_on))
        runs = found[0] if len(found) == 1 else _merged(found)
        self._tell(partial(self._take_runs, folders, tuple(runs), perf_counter() - began))

    def _take_runs(self, folders: tuple[Path, ...], runs: tuple[RunSummary, ...], seconds: float) -> None:
        self._busy.discard("list")
        self.seconds = seconds
        if folders == self.folders and runs != self.runs:
            self.runs = runs
            self.listed.emit(runs)

    # --- reading ----------------------------------------------------------------------------------------------------
    def read_curves(self, runs: Sequence[RunSummary], missing: Iterable[str]) -> None:
        """Read what is new of these runs' curves, and all of those that are `missing`, by their keys.

        Others that were asked for are let go. While the same ones are being read nothing is begun anew.
        """
        wanted = (tuple(key_of(run) for run in runs), frozenset(missing))
        if "curves" in self._busy and wanted == self._following:
            return
        self._following = wanted
        self._busy.add("curves")
        self._start("curves", partial(self._follow, tuple(runs), set(wanted[1]), self._want("curves")))

    def _follow(self, runs: tuple[RunSummary, ...], missing: set[str], given_up: Event) -> None:
        """In the curves' thread. What is read of a long log is shown at once, piece by piece."""
        try:
            self._follow_to_the_end(runs, missing, given_up)
        finally:
            self._tell(partial(self._end_following, given_up))

    def _end_following(self, given_up: Event) -> None:
        if self._wanted.get("curves") is given_up:
            self._busy.discard("curves")

    def _follow_to_the_end(self, runs: tuple[RunSummary, ...], missing: set[str], given_up: Event) -> None:
        waiting = {key_of(run): run for run in runs}
        while waiting and not given_up.is_set():
            found: dict[str, RunCurves] = {}
            for key, run in list(waiting.items()):
                if given_up.is_set():
                    return
                follower = self._follower(key, run)
                if follower.poll():
                    self._unsent.add(key)
                else:
                    del waiting[key]
                if key in self._unsent or key in missing:
                    found[key] = curves_of(follower.history, run.status == "running")
            if found:
                missing -= found.keys()
                self._unsent -= found.keys()
                self._tell(partial(self.curves_read.emit, found))

    def _follower(self, key: str, run: RunSummary) -> RunFollower:
        if key not in self._followers:
            try:
                project = read_project(run.path / PROJECT)
            except (ProjectError, FileError):
                project = Project()  # the curves are there all the same
            self._followers[key] = RunFollower(run.path, project)
            if len(self._followers) > MOST_FOLLOWED:
                self._followers.popitem(last=False)
        self._followers.move_to_end(key)
        return self._followers[key]

    def read_details(self, run: RunSummary) -> None:
        """Read what is in a run's folder."""
        given_up = self._want("details")

        def read() -> None:
            if not given_up.is_set():
                self._tell(partial(self.details_read.emit, key_of(run), read_details(run)))

        self._start("details", read)

    def compare(self, first: RunSummary, second: RunSummary) -> None:
        """Read what differs between two runs."""
        given_up, pair = self._want("comparison"), (key_of(first), key_of(second))

        def read() -> None:
            if given_up.is_set():
                return
            try:
                projects = [read_project(run.path / PROJECT) for run in (first, second)]
                answer: object = compare(*projects)
            except (ProjectError, FileError) as error:
                answer = str(error)
            self._tell(partial(self.compared.emit, pair, answer))

        self._start("details", read)

    # --- working ----------------------------------------------------------------------------------------------------
    def work(self, job: Callable[[], T], done: Callable[[T], object]) -> None:
        """Do something to runs in the background, one thing after another; `done` gets what it returns.

        What it raises with a text for the user is told by `failed`.
        """

        def run() -> None:
            try:
                answer = job()
            except (ProjectError, FileError, RunError, OSError) as error:
                self._tell(partial(self.failed.emit, str(error)))
                return
            self._tell(partial(done, answer))

        self._start("work", run)

    def go_on(self, _done: int, _total: int) -> None:
        """For work in the background that takes long: raises GivenUp once the window is closing."""
        if self._closed.is_set():
            raise GivenUp

    # --- threads ----------------------------------------------------------------------------------------------------
    def _want(self, what: str) -> Event:
        """What is set once this is wanted no more; what was wanted before is so at once."""
        self._wanted.get(what, Event()).set()
        self._wanted[what] = Event()
        return self._wanted[what]

    def _start(self, thread: str, job: Job) -> None:
        if self._closed.is_set():
            return
        if thread not in self._threads:
            self._threads[thread] = ThreadPoolExecutor(1, thread_name_prefix=f"runs-{thread}")
        self._threads[thread].submit(self._safely, job)

    def _safely(self, job: Job) -> None:
        """A surprise is told too: a silent thread would leave the window waiting for ever."""
        try:
            job()
        except GivenUp:
            return
        except Exception as error:
            logging.getLogger(__name__).exception("runs could not be read")
            self._tell(partial(self._take_surprise, f"The runs could not be read: {error}"))

    def _take_surprise(self, text: str) -> None:
        self._busy.clear()
        self.failed.emit(text)

    def _tell(self, deliver: Job) -> None:
        """In the window's thread, unless the window is closing."""
        if not self._closed.is_set():
            self._found.emit(deliver)

    def shut_down(self) -> None:
        """End the threads. What was noted is still written; a copy under way is given up."""
        self._closed.set()
        for wanted in self._wanted.values():
            wanted.set()
        for name, thread in self._threads.items():
            thread.shutdown(wait=True, cancel_futures=name != "work")


def _merged(found: Sequence[Sequence[RunSummary]]) -> list[RunSummary]:
    """The runs of several folders, the newest first; each folder once."""
    runs = {run.path: run for runs in found for run in runs}
    return sorted(runs.values(), key=lambda run: run.created, reverse=True)
