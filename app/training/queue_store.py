"""`QueueStore`: runs that wait, as project files in a folder of the session's own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QLockFile

from models.files import FileError, read_at_most, write_atomically
from models.network.project import SUFFIX, Project, ProjectError, read_project, write_project

ORDER = "order.json"
MAX_ORDER = 2**20


class QueueStore:
    """Keeps the projects of waiting runs on the disk, each in a file of its own.

    A lock beside the folder tells a living session from one that has ended. Nothing is made before it is needed.

    Attributes:
        unreadable: names of files that could not be read when the last session's runs were taken over.
    """

    def __init__(self, folder: Path) -> None:
        self._all = folder
        self._own = folder / uuid.uuid4().hex
        self._lock = _lock_of(self._own)
        self.unreadable: list[str] = []

    def take_over(self) -> list[tuple[str, Project]]:
        """The runs that sessions which have ended left waiting, by their keys, the oldest session first."""
        taken: list[tuple[str, Project]] = []
        for folder in sorted(_folders(self._all), key=_changed):
            lock = _lock_of(folder)
            if folder == self._own or not lock.tryLock(0):
                continue
            for key in _order(folder):
                project = self._taken(folder, key)
                if project is not None:
                    taken.append((key, project))
            _remove(folder, lock)
        if taken:
            with suppress(FileError):  # they are safe, only their order is not
                self.write_order([key for key, _ in taken])
        return taken

    def _taken(self, folder: Path, key: str) -> Project | None:
        """Move a run's file here and read it."""
        source, target = folder / f"{key}{SUFFIX}", self._file(key)
        try:
            project = read_project(source)
            self._open()
            source.replace(target)
        except (ProjectError, FileError, OSError):
            self.unreadable.append(source.name)
            return None
        return project

    def write(self, key: str, project: Project) -> None:
        """Keep a run. Raises FileError."""
        self._open()
        write_project(self._file(key), project)

    def write_order(self, keys: Sequence[str]) -> None:
        """Keep the order of the runs. Raises FileError."""
        self._open()
        write_atomically(self._own / ORDER, json.dumps(list(keys)).encode())

    def remove(self, key: str) -> None:
        """Forget a run."""
        with suppress(OSError):
            self._file(key).unlink(missing_ok=True)

    def close(self) -> None:
        """End the session: what waits stays for the next one, and an empty folder goes."""
        if not self._own.exists():
            return
        if any(self._own.glob(f"*{SUFFIX}")):
            self._lock.unlock()
        else:
            _remove(self._own, self._lock)

    def _open(self) -> None:
        if self._lock.isLocked():
            return
        try:
            self._all.mkdir(parents=True, exist_ok=True)
            self._lock.tryLock(0)  # before the folder is there for others to take over
            self._own.mkdir(exist_ok=True)
        except OSError as error:
            raise FileError(
                f"{self._own} cannot be made: {error}. Free some space, or let the folder be written."
            ) from error

    def _file(self, key: str) -> Path:
        return self._own / f"{key}{SUFFIX}"


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _changed(folder: Path) -> float:
    """When something came into a folder or left it; 0 where another session has just taken the folder over."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _order(folder: Path) -> list[str]:
    """The keys in a folder in their order; those that it does not name come last."""
    found = sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))
    try:
        told = json.loads(read_at_most(folder / ORDER, MAX_ORDER))
    except (FileError, ValueError, RecursionError):
        told = []
    order = [key for key in told if key in found] if isinstance(told, list) else []
    return [*order, *(key for key in found if key not in order)]


def _remove(folder: Path, lock: QLockFile) -> None:
    """Remove a session's folder, unless there is something in it that is not ours, and its lock."""
    with suppress(OSError):
        (folder / ORDER).unlink(missing_ok=True)
        folder.rmdir()
    lock.unlock()
