"""Runs as tables for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.errors import CommandError
from app.settings_paths import runs_folder
from models.data.samples import shown
from models.files import is_folder
from models.network.project import Project, read_project
from models.training.runs.comparing import compare
from models.training.runs.layout import PROJECT
from models.training.runs.listing import list_runs
from models.training.runs.summarizing import summarize
from models.training.runs.summary import RunSummary

TABLE_WIDTH = 140
RESULTS = ("epochs", "steps", "loss", "metric", "held_out_loss", "held_out_metric", "best_metric", "seconds")


def runs_in(folder: Path | None) -> list[RunSummary]:
    """The runs below a folder, by default the user's own, the newest first. Raises CommandError where there is none."""
    place = folder or runs_folder()
    if folder is not None and not is_folder(place):
        raise CommandError(f"{place} is no folder. Give the folder that holds run folders.")
    return list_runs(place)


def summary_of(folder: Path) -> RunSummary:
    """What a list shows of one run. Raises CommandError for a folder that holds none."""
    found = summarize(folder.absolute())
    if found is None:
        raise CommandError(f"{folder} is no run: expected a folder that `layerloom train` or the window wrote.")
    return found


def report_of(run: RunSummary) -> dict[str, Any]:
    """A run as plain JSON values."""
    return {**asdict(run), "path": str(run.path), "created": datetime.fromtimestamp(run.created).isoformat()}


def comparison_of(first: Path, second: Path) -> dict[str, Any]:
    """What differs between two runs, as plain JSON values."""
    one, other = summary_of(first), summary_of(second)
    return {
        "first": report_of(one),
        "second": report_of(other),
        "differences": [asdict(found) for found in compare(_project(first), _project(second))],
    }


def show_runs(runs: list[RunSummary], console: Console) -> None:
    """The list for people."""
    if not runs:
        console.print("There are no runs here yet. `layerloom train PROJECT` makes one.", markup=False)
        return
    table = _table(console)
    table.add_column("Run", no_wrap=True)
    table.add_column("Project")
    table.add_column("Status", no_wrap=True)
    for heading in ("Epochs", "Parameters", "Accuracy", "Best", "Loss", "Time"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Tags")
    for run in runs:
        table.add_row(
            _cell(run.path.name),
            _cell(f"{'★ ' if run.star else ''}{run.name}"),
            run.status,
            f"{run.epochs}/{run.planned_epochs}",
            f"{run.parameters:,}",
            _share(run.held_out_metric if run.held_out_metric is not None else run.metric),
            _share(run.best_metric),
            _number(run.held_out_loss if run.held_out_loss is not None else run.loss),
            f"{run.seconds:,.0f} s",
            _cell(", ".join(run.tags)),
        )
    console.print(table)


def show_comparison(first: Path, second: Path, console: Console) -> None:
    """The comparison for people."""
    one, other = summary_of(first), summary_of(second)
    table = _table(console)
    table.add_column("")
    for run in (one, other):
        table.add_column(_cell(run.path.name), overflow="fold")
    for result in RESULTS:
        table.add_row(result, _number(getattr(one, result)), _number(getattr(other, result)))
    for found in compare(_project(first), _project(second)):
        table.add_row(_cell(f"{found.part}: {found.what}"), _cell(found.first), _cell(found.second))
    console.print(table)


def _project(run: Path) -> Project:
    return read_project(run / PROJECT)


def _table(console: Console) -> Table:
    if not console.is_terminal:  # in a pipe or a file the table need not fit into 80 columns
        console.width = max(console.width, TABLE_WIDTH)
    return Table(box=None, header_style="dim", padding=(0, 2, 0, 0))


def _cell(text: str) -> str:
    """Text of the user's, or of a file: no markup, and nothing that steers the terminal."""
    return escape(shown(text))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
