"""`layerloom data`: its commands and their options; what they do lives in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.network.project import SUFFIX

data_application = typer.Typer(add_completion=False, no_args_is_help=True)

DataPath = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help=f"A folder, an array file, a zip, a {SUFFIX} file for its data set, or the name of a bundled one: digits.",
        show_default=False,
    ),
]


@data_application.command()
def scan(
    path: DataPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every name, instead of text.")] = False,
    split: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.9, help="Share to hold out: says which copies would be on both sides.", show_default=False
        ),
    ] = None,
    cache: Annotated[bool, typer.Option(help="Keep results of files, and use those of unchanged ones.")] = True,
) -> None:
    """Read every sample of a data set and say what deserves a second look."""
    from app.cli.data_scan import scan_data

    scan_data(path, as_json, split, cache)


@data_application.command()
def preview(
    path: DataPath,
    out: Annotated[Path, typer.Option(help="The .png file to write.")] = Path("preview.png"),
    count: Annotated[int, typer.Option(min=1, max=64, help="Samples of each class; with --prepared in all.")] = 8,
    prepared: Annotated[
        bool,
        typer.Option("--prepared", help="Show samples as stored above what the network gets of them in training."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Draw samples of every class on one sheet. Only --prepared needs TensorFlow."""
    from app.cli.data_preview import preview_data

    preview_data(path, out, count, prepared, force)
