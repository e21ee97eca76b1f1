"""Training throughput with all live views on against bare `model.fit`, and the window's timer gaps meanwhile.

Both train LeNet-5 on the digits at 32×32, batch 64, in this one process and in turns.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from app.application import create_application
from app.main_window import MainWindow
from app.settings import Settings
from models.network.project import Project
from models.runtime.host import run_engine
from models.training.events import TrainingDone
from models.training.plan import TrainingPlan
from models.zoo import template

EPOCHS = 20
BATCH = 64


class TimerGaps:
    """Times between the ticks of a 5 ms timer in the window's thread, in milliseconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=5)
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


def bare_fit() -> float:
    """Images per second of `model.fit(x, y)`, its first epoch (tracing) left out."""
    import keras
    from prepared_data import inputs, run_data

    from models.runtime.builder import build_model

    network = template("lenet5").network()
    data = run_data(network)
    x, y = inputs(data, data.training), data.labels[data.training]
    model = build_model(network, "bare")
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
    start = time.perf_counter()
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return len(x) * EPOCHS / (time.perf_counter() - start)


def window_run(window: MainWindow, gaps: TimerGaps) -> float:
    """Images per second of a run in the window, validation and live views included, its first epoch left out."""
    marks: list[tuple[int, float]] = []
    loop = QEventLoop()

    def follow(event: object) -> None:
        if type(event).__name__ == "EpochDone":
            marks.append((event.epoch, time.perf_counter()))  # type: ignore[attr-defined]
        elif isinstance(event, TrainingDone):
            loop.quit()

    window.training.event_received.connect(follow)
    window.runs.start()
    gaps.start()
    loop.exec()
    gaps.stop()
    window.training.event_received.disconnect(follow)
    started = window.training.history.started
    assert started is not None
    seconds = marks[-1][1] - marks[0][1]
    return started.training_images * (len(marks) - 1) / seconds


def main(rounds: int) -> None:
    create_application()
    folder = Path(tempfile.mkdtemp())
    window = MainWindow(run_engine, Settings(folder / "s.ini"), folder / "autosave", folder / "runs")
    window.show()
    plan = TrainingPlan(epochs=EPOCHS + 1, batch_size=BATCH)
    window.document.open(Project(name="lenet", network=template("lenet5").network(), plan=plan))
    window.editor.select(("conv2d_2",))
    wait = QEventLoop()
    ready = QTimer(interval=20)
    ready.timeout.connect(lambda: None if window.runs.why_not() else wait.quit())
    ready.start()
    wait.exec()
    ready.stop()
    gaps, fits, runs = TimerGaps(), [], []
    for _ in range(rounds):
        fits.append(bare_fit())
        runs.append(window_run(window, gaps))
    window.document.mark_saved()
    window.close()
    ratios = [run / fit for run, fit in zip(runs, fits, strict=True)]
    ordered = np.sort(gaps.gaps)
    print(
        json.dumps(
            {
                "fit_images_per_second": fits,
                "window_images_per_second": runs,
                "ratios": ratios,
                "gap_p50_ms": float(np.percentile(ordered, 50)),
                "gap_p99_ms": float(np.percentile(ordered, 99)),
                "gap_max_ms": float(ordered[-1]),
                "ticks": len(ordered),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
