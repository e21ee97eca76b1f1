"""What goes wrong on the command line: the user's input, told in a sentence, or a bug of ours, told in a log file."""

from __future__ import annotations

import sys

from app.bug_log import log_bug
from models.analysis.diagram import DiagramError
from models.data.samples import shown
from models.data.sources import DataError
from models.files import FileError
from models.importing import ModelImportError
from models.network.project import ProjectError
from models.network.reader.values import PythonError
from models.training.runs.errors import RunError
from models.zoo.templates import TemplateError

BAD_INPUT = 2
OUR_BUG = 1


class CommandError(ValueError):
    """A command that cannot do what it was asked; the text says what was received, what was expected, what to do."""


USER_ERRORS = (
    CommandError, DataError, DiagramError, FileError, ModelImportError, ProjectError, PythonError, RunError,
    TemplateError,
)  # fmt: skip


def tell(text: str) -> None:
    """Say something that is no result: on standard error. Names of files in it cannot steer the terminal."""
    lines = "\n".join(map(shown, text.split("\n")))
    print(f"layerloom: {lines}", file=sys.stderr)


def exit_code_of(error: Exception) -> int:
    """Tell what went wrong: the user's input in its own words, a bug of ours by its log file. The code to exit with."""
    if isinstance(error, USER_ERRORS):
        tell(str(error))
        return BAD_INPUT
    tell(f"something went wrong that is our mistake, not yours. The details are in {log_bug()}: please report them.")
    return OUR_BUG
