"""A real window that trains while it is measured: throughput, and the gaps between ticks of a timer in its thread."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from cases import Case
from PySide6.QtCore import QEventLoop, Qt, QTimer

from app.main_window import MainWindow
from app.settings import Settings
from app.training.hosts import make_host
from models.training.events import EpochDone, TrainingDone

TICK_MS = 5
PATIENCE_S = 600


class TimerGaps:
    """Times between the ticks of a timer in the window's thread, in milliseconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def figures(self) -> dict[str, float]:
        """Median, 99th percentile, longest, and how many."""
        gaps = np.array(self.gaps or [0.0])
        return {
            "p50": float(np.percentile(gaps, 50)),
            "p99": float(np.percentile(gaps, 99)),
            "max": float(gaps.max()),
            "ticks": len(gaps),
        }


def make_window(isolated: bool = False) -> MainWindow:
    """The window as a user has it, over settings of its own; with every live view there is."""
    folder = Path(tempfile.mkdtemp(prefix="layerloom-bench-window-"))
    settings = Settings(folder / "settings.ini")
    settings.isolate_training = isolated
    window = MainWindow(lambda emit: make_host(settings, emit), settings, folder / "autosave", folder / "runs")
    window.resize(1600, 1000)
    window.show()
    return window


def wait_until(done: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Let the window work until something is so. Raises TimeoutError."""
    loop, until = QEventLoop(), time.monotonic() + seconds
    timer = QTimer(interval=10)
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > until else None)
    timer.start()
    loop.exec()
    timer.stop()
    if not done():
        raise TimeoutError(f"the window was not done after {seconds:.0f} s")


def open_case(window: MainWindow, case: Case) -> None:
    """Open a case's project, with a block selected, and wait until it can be trained."""
    window.document.mark_saved()
    window.document.open(case.project())
    window.editor.select((case.watched,))
    wait_until(lambda: not window.runs.why_not())


def train(window: MainWindow, gaps: TimerGaps | None = None) -> float:
    """Train the open project to its end. Images per second, all included but the first epoch.

    With a single epoch there is none that could be measured: 0.
    """
    marks: list[float] = []
    ends: list[TrainingDone] = []

    def follow(event: object) -> None:
        if isinstance(event, EpochDone):
            marks.append(time.perf_counter())
        elif isinstance(event, TrainingDone):
            ends.append(event)

    window.training.event_received.connect(follow)
    window.runs.start()
    if gaps is not None:
        gaps.start()
    wait_until(lambda: bool(ends))
    if gaps is not None:
        gaps.stop()
    window.training.event_received.disconnect(follow)
    started = window.training.history.started
    assert started is not None
    return started.training_images * (len(marks) - 1) / (marks[-1] - marks[0]) if len(marks) > 1 else 0.0


def close(window: MainWindow) -> None:
    """Close the window without a question."""
    window.document.mark_saved()
    window.close()
