"""`layerloom [PROJECT.loom]`: the window.

It is opened without the parser of the other commands, which alone takes a tenth of a second to import.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from app.cli.errors import BAD_INPUT, CommandError, tell
from app.display import why_no_display
from models.files import is_file
from models.network.project import SUFFIX


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for the window: nothing at all, or one file, which commands never look like."""
    if len(arguments) != 1:
        return not arguments
    path = Path(arguments[0])
    return path.suffix == SUFFIX or (is_file(path) and (path.suffix != "" or len(path.parts) > 1))


def open_window(arguments: Sequence[str]) -> None:
    """Open the window, with a project if one is named, and leave with its exit code. Raises CommandError."""
    project = Path(arguments[0]) if arguments else None
    if project is not None and not is_file(project):
        raise CommandError(f"there is no file {project}. Check its path, or start without one.")
    reason = why_no_display()
    if reason is not None:
        tell(reason)
        sys.exit(BAD_INPUT)
    load_qt()
    from app.window import run_window

    sys.exit(run_window(project))


def load_qt(module: str = "PySide6.QtWidgets") -> None:
    """Raise CommandError where Qt lacks a library of the system, as on bare servers."""
    try:
        import_module(module)
    except ImportError as error:
        raise CommandError(
            f"Qt cannot be loaded ({error}). Install the system libraries that the README names for bare Linux."
        ) from error
