"""`layerloom runs`: the runs on this machine, or in any folder, listed, compared and taken in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.outputs import json_text

runs_application = typer.Typer(add_completion=False, no_args_is_help=True)

RunsFolder = Annotated[
    Path | None, typer.Option("--folder", help="Where runs are; by default your own.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@runs_application.command("list")
def list_(folder: RunsFolder = None, as_json: AsJson = False) -> None:
    """List runs, the newest first."""
    from app.cli.run_tables import report_of, runs_in, show_runs

    found = runs_in(folder)
    if as_json:
        print(json_text([report_of(run) for run in found], indent=2))
    else:
        show_runs(found, Console())


@runs_application.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Another one.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what differs between two runs: architecture, plan, data, preparation, results."""
    from app.cli.run_tables import comparison_of, show_comparison

    if as_json:
        print(json_text(comparison_of(first, second), indent=2))
    else:
        show_comparison(first, second, Console())


@runs_application.command("import")
def import_(
    run: Annotated[Path, typer.Argument(help="A run folder from elsewhere.", show_default=False)],
    folder: RunsFolder = None,
) -> None:
    """Copy a run folder from elsewhere among your runs."""
    from app.settings_paths import runs_folder
    from models.training.runs.importing import import_run

    print(import_run(run, folder or runs_folder()))
