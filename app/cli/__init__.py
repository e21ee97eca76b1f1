"""The command line. Neither Qt nor TensorFlow is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.cli.errors import USER_ERRORS, exit_code_of
from app.cli.opening import open_window, opens_window
from app.cli.outputs import accept_any_text, check_output


def main() -> None:
    """Run the command line. Exit codes: 0 done, 2 bad input (one sentence), 1 our bug (traceback in a log file)."""
    accept_any_text()
    try:
        try:
            _run(sys.argv[1:])
        except SystemExit:
            check_output()
            raise
        except OSError as error:
            if error.filename is None and not isinstance(error, USER_ERRORS):  # from printing, perhaps
                check_output(again=True)
            raise
    except Exception as error:
        sys.exit(exit_code_of(error))


def _run(arguments: Sequence[str]) -> None:
    if opens_window(arguments):
        open_window(arguments)
    from app.cli.application import application

    # A notation that begins with an arrow is no option.
    application(args=[f" {word}" if word.startswith("->") else word for word in arguments], prog_name="layerloom")
