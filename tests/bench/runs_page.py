"""Measures how long thousands of runs take to be listed and shown, and prints one line of JSON, in milliseconds.

`list_first`: of run folders that nobody has read yet, `list_again` in the next session, `look` for what is new, which
happens again and again; `fill`: the page filled and painted, `sort`, `filter` and `select` with painting; `same`: the
list shown anew with one run that has grown, and `points`: all of them painted as points.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from run_folders import write_runs

from app.application import create_application
from models.training.runs.listing import RunIndex
from models.training.runs.summary import RunSummary
from widgets.runs.columns import INDEX
from widgets.runs.model import key_of
from widgets.runs.page import POINTS, RunsPage

COUNT, REPEATS, SIZE = 3_000, 5, (1100, 700)


def main(count: int) -> None:
    application = create_application()
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "runs", Path(name) / "list.json"
        write_runs(folder, count)
        index = RunIndex(folder, cache)
        times = {
            "list_first": timed(index.refresh, 1),
            "list_again": timed(lambda: RunIndex(folder, cache).refresh()),
            "look": timed(index.refresh),
            **shown(application, index.refresh()),
        }
    print(json.dumps({"runs": count, **{name: round(value, 1) for name, value in times.items()}}))


def shown(application: QApplication, runs: list[RunSummary]) -> dict[str, float]:
    """What the page takes in the window's thread."""
    page = RunsPage()
    page.resize(*SIZE)
    page.show()
    table = page.table

    def painted(act: Callable[[], object]) -> Callable[[], object]:
        def do() -> None:
            act()
            application.processEvents()
            page.grab()

        return do

    orders = [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder] * REPEATS
    words = ["lenet status:finished", "", "accuracy>0.9 -star", ""] * REPEATS
    keys = [[key_of(run)] for run in runs[: REPEATS * 2]]
    grown = [[replace(runs[0], epochs=epoch), *runs[1:]] for epoch in range(REPEATS)]
    times = {
        "fill": timed(painted(lambda: page.set_runs(runs)), 1),
        "sort": timed(painted(lambda: table.sort_by(INDEX["accuracy"], orders.pop()))),
        "filter": timed(painted(lambda: table.set_filter(words.pop()))),
        "select": timed(painted(lambda: table.select(keys.pop()))),
        "same": timed(lambda: page.set_runs(grown.pop())),
    }
    page.show_tab(POINTS)
    return {**times, "points": timed(page.scatter.plane.grab)}


def timed(act: Callable[[], object], repeats: int = REPEATS) -> float:
    """Milliseconds, the median of several."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
