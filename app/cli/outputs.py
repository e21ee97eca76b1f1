"""What commands write: text that any terminal or pipe takes, JSON, and project files that are new."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from app.cli.errors import CommandError
from models.files import is_there, reason
from models.network.project import SUFFIX, Project, write_project
from models.network.weights_beside import weights_beside


def accept_any_text() -> None:
    """Let signs that standard output cannot encode be written as question marks; its encoding stays."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON for standard output, escaped where its encoding lacks signs, so that nothing is lost."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    text = json.dumps(value, indent=indent, ensure_ascii=not unicode)
    return text if text.isascii() or _is_whole(text) else json.dumps(value, indent=indent)


def _is_whole(text: str) -> bool:
    """Whether a text can be written: paths may hold bytes that are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_output(again: bool = False) -> None:
    """Raise CommandError where what was printed cannot be written, as on a full disk; a reader that left is fine.

    `again` tries it with one more line, since Python forgets what it could not write.
    """
    try:
        if sys.stdout is not None:
            print(end="\n" if again else "", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        if not isinstance(error, BrokenPipeError):
            raise CommandError(f"the output could not be written: {reason(error)}") from error


def check_new_project(out: Path, force: bool, *others: Path) -> None:
    """Raise CommandError unless a project can be written here: its suffix, and nothing there without `force`."""
    if out.name == SUFFIX:
        raise CommandError(f"{out} is a suffix without a name. Write for example {out.with_name(f'network{SUFFIX}')}.")
    if out.suffix != SUFFIX:
        raise CommandError(f"{out} does not end in {SUFFIX}, as projects do. Write {out.stem}{SUFFIX} instead.")
    for file in (out, *others):
        if is_there(file) and not force:
            raise CommandError(f"{file} exists. Choose another name, or write over it with --force.")


def write_with_weights(out: Path, project: Project) -> Path | None:
    """Write a project file, and first the weights beside it that the project names by an absolute path; their file.

    What was there stays as it was until both are written, and where that fails. Raises FileError and WeightsError.
    """
    if project.weights is None:
        write_project(out, project)
        return None
    with weights_beside(project.weights, out) as beside:
        write_project(out, project.replace(weights=beside))
    return out.with_name(beside.path)
