"""Autosave: unsaved work is on the disk within seconds, and is offered again after a crash."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from app.document import Document
from models.files import FileError, write_atomically
from models.network.project import Project, ProjectError, project_from_json, project_to_json
from models.network.weights_file import WEIGHTS_SUFFIX

DELAY_MS = 2000
"""Time after an edit until it is on the disk."""
DAY_S = 24 * 60 * 60


@dataclass(frozen=True)
class Recovery:
    """Work that a crashed session left behind."""

    file: Path
    project: Project
    original: Path | None
    saved_at: datetime

    def discard(self) -> None:
        """Forget it for good."""
        self.file.unlink(missing_ok=True)
        self.file.with_suffix(".lock").unlink(missing_ok=True)


class Autosave(QObject):
    """Writes the document of this session to a file of its own while it has unsaved changes.

    A lock file beside it tells a living session from a crashed one.

    Signals:
        failed(str): an autosave could not be written; told once, until one works again.
    """

    failed = Signal(str)

    def __init__(self, folder: Path, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        with suppress(OSError):  # editing goes on without; the first autosave says so
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._document = document
        self._file = folder / f"session-{uuid.uuid4().hex}.json"
        self._lock = QLockFile(str(self._file.with_suffix(".lock")))
        self._lock.setStaleLockTime(0)
        self._lock.tryLock(0)
        self._told = False
        self.original: Path | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.write)
        document.changed.connect(self._schedule)
        document.saved_state_changed.connect(self._schedule)

    @property
    def session(self) -> str:
        """What files of this session alone are called."""
        return self._file.stem

    def _schedule(self, *_: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def write(self) -> bool:
        """Write now, unless there are no unsaved changes; whether the work is safe."""
        if not self._document.is_modified:
            self._forget()
            return True
        record = {
            "original": str(self.original) if self.original else None,
            "saved_at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "project": json.loads(project_to_json(self._document.project)),
        }
        try:
            write_atomically(self._file, json.dumps(record).encode("utf-8"))
            self._told = False
            return True
        except FileError as error:
            if not self._told:
                self.failed.emit(f"Autosave does not work: {error}")
            self._told = True
            return False

    def close(self, keep: bool = False) -> None:
        """End the session. There is nothing to recover from a clean end, unless nobody could be asked: `keep`."""
        self._timer.stop()
        if not keep:
            self._forget()
        self._lock.unlock()

    def _forget(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


def find_recoveries(folder: Path) -> list[Recovery]:
    """What crashed sessions left behind, the latest first. Files of living sessions and damaged ones are left alone."""
    found = []
    for file in folder.glob("session-*.json"):
        if _is_running(file):
            continue
        recovery = _read(file)
        if recovery is not None:
            found.append(recovery)
    return sorted(found, key=lambda recovery: recovery.saved_at, reverse=True)


def orphaned_weights(imports: Path, folder: Path) -> list[Path]:
    """Weights of imported models that crashed sessions left and that no autosave in `folder` names any more.

    Files are called `<session>.<anything>`; parts of files are orphans when nobody wrote to them for a day.
    """
    named = [file.read_bytes() for file in folder.glob("session-*.json")]
    latest = time.time() - DAY_S
    parts = [part for part in imports.glob(".*.part") if part.stat().st_mtime < latest]
    return parts + [
        file
        for file in imports.glob(f"*{WEIGHTS_SUFFIX}")
        if not any(file.name.encode() in text for text in named)
        and not _is_running(folder / file.name.partition(".")[0])
    ]


def _is_running(file: Path) -> bool:
    """Whether the session of an autosave file is still there."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        return True
    lock.unlock()
    return False


def _read(file: Path) -> Recovery | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        project = project_from_json(json.dumps(record["project"]), file.name)
        original = Path(record["original"]) if record["original"] else None
        return Recovery(file, project, original, datetime.fromisoformat(record["saved_at"]))
    except (OSError, ValueError, KeyError, TypeError, ProjectError):
        return None
