"""The log file of our own mistakes: tracebacks, with what they happened on."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from app.settings_paths import log_folder
from app.version import layerloom_version

LOG_NAME = "layerloom.log"


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
            with (folder / LOG_NAME).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(entry)
        except OSError:
            continue  # a home that cannot be written to: the temporary folder is next
        return folder / LOG_NAME
    sys.stderr.write(entry)
    return Path("(no place to write a log file: the traceback is above)")
