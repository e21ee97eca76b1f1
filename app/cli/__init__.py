"""The command line. Neither Qt nor TensorFlow is imported before a command needs it."""

from __future__ import annotations

import sys

from app.cli.errors import exit_code_of
from app.cli.opening import open_window, opens_window


def main() -> None:
    """Run the command line. Exit codes: 0 done, 2 bad input (one sentence), 1 our bug (traceback in a log file)."""
    arguments = sys.argv[1:]
    try:
        if opens_window(arguments):
            open_window(arguments)
        from app.cli.application import application

        application(prog_name="layerloom")
    except Exception as error:
        sys.exit(exit_code_of(error))
