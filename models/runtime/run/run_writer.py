"""`RunWriter`: the thread that writes a run's folder, so that training does not wait for the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from models.runtime.run.run_folder import RunFolder
from models.training.runs.layout import ALIVE_EVERY_S

Job = Callable[[], object]


class RunWriter:
    """Does one job after the other; between them it says every few seconds that the run goes on.

    The first job that fails is the last one: what comes after is let go.

    Attributes:
        folder: what jobs write to. Nobody else may touch it until `close`.
        error: why nothing is written any more; None while all is well.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.error: Exception | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._put = self._done = 0
        self._changed = threading.Condition()
        self._beat_at = time.monotonic() + ALIVE_EVERY_S
        self._thread = threading.Thread(target=self._run, name="run writer", daemon=True)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether all jobs are done."""
        return self._put == self._done

    def put(self, job: Job) -> None:
        """Have something done after all that was asked for before."""
        self._put += 1
        self._jobs.put(job)

    def wait(self) -> None:
        """Until all jobs are done."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_idle)

    def close(self) -> None:
        """Do what is left, then end."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=max(self._beat_at - time.monotonic(), 0.01))
            except Empty:
                self._attempt(self._beat)
                continue
            if job is None:
                break
            self._attempt(job)
            if time.monotonic() >= self._beat_at:
                self._attempt(self._beat)
            with self._changed:
                self._done += 1
                self._changed.notify_all()
        self.folder.let_go()

    def _attempt(self, job: Job) -> None:
        if self.error is not None:
            self._beat_at = time.monotonic() + ALIVE_EVERY_S
            return
        try:
            job()
        except Exception as error:  # whatever it is, training goes on without
            self.error = error
            self.folder.let_go()

    def _beat(self) -> None:
        self._beat_at = time.monotonic() + ALIVE_EVERY_S
        self.folder.check_and_beat()
