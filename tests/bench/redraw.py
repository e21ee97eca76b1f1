"""Measures how long the curves take to be drawn anew, and prints one line of JSON with medians in milliseconds.

For 10,000, 100,000 and 1,000,000 steps: a few new steps come, then the loss, the metric and the learning rate are drawn
and painted (`curves`); one of them alone (`plot`), which is what the window does in one turn of its loop; and
pyqtgraph's plain `setData` of all values with its painting (`plain`), in the same run and in turns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from app.application import create_application
from models.training.events import BatchesDone, EpochDone
from models.training.history import History
from widgets.curves import CurvesView

STEPS = (10_000, 100_000, 1_000_000)
SIZE = (1100, 270)
NEW, EPOCH = 20, 1_000

Floats = npt.NDArray[np.float32]


def noisy(first: int, count: int) -> Floats:
    """A loss that falls."""
    steps = np.arange(first, first + count)
    noise = np.random.default_rng(first).random(count)
    return (np.exp(-steps / 2e5) + 0.2 * noise).astype(np.float32)


def add(history: History, count: int) -> None:
    """Train for so many steps."""
    values = noisy(history.steps, count)
    rates = (0.01 * 0.5 ** (np.arange(history.steps, history.steps + count) / 2e5)).astype(np.float32)
    history.add_batches(BatchesDone("run", 0, 0, values, 1 - values, 1e4, rates, values * 3))


def milliseconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure(steps: int, rounds: int) -> dict[str, float]:
    """Medians of several rounds, after one that warms up."""
    history = History()
    for _ in range(steps // EPOCH):
        add(history, EPOCH)
        history.add_epoch(EpochDone("run", len(history.epochs), 0.5, 0.5, 0.6, 0.6, 1.0))
    view = CurvesView()
    view.resize(*SIZE)
    view.show()
    view.set_history(history)
    plain = pg.PlotWidget()
    plain.resize(SIZE[0] // 3, SIZE[1])
    plain.show()
    curve = plain.plot(pen="w")
    QApplication.processEvents()

    def draw_all() -> None:
        view.refresh()
        for plot in view.plots:
            plot.viewport().repaint()

    def draw_one() -> None:
        view.refresh_one()
        view.plots[view._turn].viewport().repaint()

    def draw_plain() -> None:
        curve.setData(np.arange(history.steps), history.losses.values)
        plain.viewport().repaint()

    taken: dict[str, list[float]] = {"curves": [], "plot": [], "plain": []}
    for _ in range(rounds + 1):
        for name, work in (("curves", draw_all), ("plot", draw_one), ("plain", draw_plain)):
            add(history, NEW)
            taken[name].append(milliseconds(work))
    view.close()
    plain.close()
    return {name: float(np.median(times[1:])) for name, times in taken.items()}


if __name__ == "__main__":
    create_application()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(json.dumps({str(steps): measure(steps, rounds) for steps in STEPS}))
