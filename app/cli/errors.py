"""What goes wrong on the command line: the user's input, told in a sentence, or a bug of ours, told in a log file."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from app.settings_paths import log_folder
from app.version import layerloom_version
from models.data.sources import DataError
from models.files import FileError
from models.network.project import ProjectError
from models.zoo.templates import TemplateError

BAD_INPUT = 2
OUR_BUG = 1
LOG_NAME = "layerloom.log"


class CommandError(ValueError):
    """A command that cannot do what it was asked; the text says what was received, what was expected, what to do."""


USER_ERRORS = (CommandError, DataError, FileError, ProjectError, TemplateError)


def tell(text: str) -> None:
    """Say something that is no result: on standard error."""
    print(f"layerloom: {text}", file=sys.stderr)


def exit_code_of(error: Exception) -> int:
    """Tell what went wrong: the user's input in its own words, a bug of ours by its log file. The code to exit with."""
    if isinstance(error, USER_ERRORS):
        tell(str(error))
        return BAD_INPUT
    tell(f"something went wrong that is our mistake, not yours. The details are in {log_bug()}: please report them.")
    return OUR_BUG


def log_bug(details: str | None = None) -> Path:
    """Append a traceback, by default that of the exception being handled, to the log file; returns its path."""
    entry = (
        f"--- {datetime.now().isoformat(timespec='seconds')}  LayerLoom {layerloom_version()}  "
        f"Python {platform.python_version()}  {platform.platform()}\n"
        f"{' '.join(sys.argv)}\n{details or traceback.format_exc()}\n"
    )
    for folder in (log_folder(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / LOG_NAME).open("a", encoding="utf-8") as file:
                file.write(entry)
        except OSError:
            continue  # a home that cannot be written to: the temporary folder is next
        return folder / LOG_NAME
    sys.stderr.write(entry)
    return Path("(no place to write a log file: the traceback is above)")
