"""`RunIndex`: all runs below a folder, listed quickly: what has not changed since last time is not read again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.files import FileError, read_at_most, write_atomically
from models.training.runs.summarizing import stamp, summarize, with_status
from models.training.runs.summary import RunSummary

CACHE_VERSION = 1
MAX_CACHE = 256 * 2**20

Progress = Callable[[int, int], None]
Stamp = tuple[int, ...]


class RunIndex:
    """The runs below one folder.

    Not for use in several threads at once.

    Attributes:
        folder: whose subfolders are runs.
    """

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        """`cache`: a file to remember the list in between sessions; None remembers nothing."""
        self.folder = folder
        self._cache = cache
        self._known: dict[str, tuple[Stamp, RunSummary]] | None = None

    def refresh(self, progress: Progress | None = None) -> list[RunSummary]:
        """All runs as they are now, the newest first. A folder that cannot be read has none.

        `progress` is called with how many are done, and of how many; what it raises ends the work.
        """
        known = self._known if self._known is not None else self._remembered()
        entries = _folders(self.folder)
        found: dict[str, tuple[Stamp, RunSummary]] = {}
        for number, entry in enumerate(entries):
            now = stamp(entry)
            before = known.get(entry.name)
            if now is not None and before is not None and before[0] == now:
                found[entry.name] = (now, with_status(before[1]))
            elif now is not None and (summary := summarize(Path(entry.path))) is not None:
                found[entry.name] = (now, summary)
            if progress is not None:
                progress(number + 1, len(entries))
        changed = found.keys() != known.keys() or any(found[name][0] != known[name][0] for name in found)
        self._known = found
        if changed:
            self._remember(found)
        return sorted((summary for _, summary in found.values()), key=lambda run: run.created, reverse=True)

    # --- between sessions -------------------------------------------------------------------------------------------
    def _remembered(self) -> dict[str, tuple[Stamp, RunSummary]]:
        """What was known when the list was last written; a cache that is damaged or another folder's knows nothing."""
        if self._cache is None:
            return {}
        try:
            told = json.loads(read_at_most(self._cache, MAX_CACHE))
            if told["version"] != CACHE_VERSION or told["folder"] != str(self.folder):
                return {}
            return {name: (tuple(stamp_), self._summary(name, values)) for name, stamp_, values in told["runs"]}
        except (FileError, ValueError, KeyError, TypeError, RecursionError):
            return {}

    def _remember(self, found: dict[str, tuple[Stamp, RunSummary]]) -> None:
        if self._cache is None:
            return
        runs = [(name, stamp_, _plain(summary)) for name, (stamp_, summary) in found.items()]
        told = {"version": CACHE_VERSION, "folder": str(self.folder), "runs": runs}
        try:
            write_atomically(self._cache, json.dumps(told, separators=(",", ":")).encode("utf-8", "replace"))
        except FileError:
            return  # it is only a cache

    def _summary(self, name: str, values: dict[str, Any]) -> RunSummary:
        return RunSummary(path=self.folder / name, **{**values, "tags": tuple(values["tags"])})


def list_runs(folder: Path) -> list[RunSummary]:
    """All runs below a folder as they are now, the newest first."""
    return RunIndex(folder).refresh()


def _plain(summary: RunSummary) -> dict[str, Any]:
    values = asdict(summary)
    del values["path"]
    return values


def _folders(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []
