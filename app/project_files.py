"""`ProjectFiles`: which file the document belongs to: opening, saving, recent files and the lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal

from app.autosave import Autosave, Recovery
from app.document import Document
from app.questions import Answer, Questions
from app.settings import Settings
from models.data.sources import resolve
from models.files import FileError
from models.network.project import SUFFIX, Project, ProjectError, read_project, write_project

KINDS = f"LayerLoom projects (*{SUFFIX})"


class ProjectFiles(QObject):
    """Opens and saves the document. `may_leave` is asked before another project takes this one's place.

    Signals:
        path_changed: the document belongs to another file, or to none.
        failed(str): a file could not be opened or saved, with why and what to do.
    """

    path_changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        autosave: Autosave,
        settings: Settings,
        questions: Questions,
        parent: QObject,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(parent)
        self._may_leave = may_leave
        self._document = document
        self._autosave = autosave
        self._settings = settings
        self._questions = questions
        self._lock: QLockFile | None = None
        self.path: Path | None = None

    @property
    def folder(self) -> Path:
        """Where file dialogs begin."""
        recent = self._settings.recent_files
        return self.path.parent if self.path else recent[0].parent if recent else Path.home()

    def base(self) -> Path:
        """From where a project's relative paths are read: its file's place."""
        return self.path.parent if self.path is not None else Path.cwd()

    # --- opening ----------------------------------------------------------------------------------------------------
    def new(self, project: Project) -> bool:
        """Start over with a project that has no file yet; False when the user would rather keep the present one."""
        if not self._may_replace():
            return False
        self._take(None, None)
        self._document.open(project)
        return True

    def open(self, path: Path) -> bool:
        """Open a project; False when that fails or the user would rather not."""
        path = path.absolute()
        try:
            project = read_project(path)
        except (ProjectError, FileError) as error:
            self.failed.emit(str(error))
            return False
        if path == self.path and not self._document.is_modified:
            return True
        if not self._may_replace():
            return False
        lock = self._acquire(path)
        if lock is None and path != self.path:
            if not self._questions.open_locked(path, _holder(path)):
                return False
            self._take(None, None)
            self._document.open(project.replace(name=f"{project.name} (copy)"), modified=True)
            return True
        self._take(path, lock or self._lock)
        self._document.open(project)
        return True

    def recover(self, recovery: Recovery) -> bool:
        """Bring back what a crashed session left, as unsaved changes to its file."""
        if not self._may_replace():
            return False
        lock = self._acquire(recovery.original) if recovery.original else None
        self._take(recovery.original if lock else None, lock)
        self._document.open(recovery.project, modified=True)
        if self._autosave.write():  # what was recovered is safe again before its only copy goes
            recovery.discard()
        return True

    def _may_replace(self) -> bool:
        return self._may_leave() and self.may_discard()

    def may_discard(self) -> bool:
        """Whether the present project can go: it is saved, or the user saves it now, or lets it go."""
        if not self._document.is_modified:
            return True
        answer = self._questions.save_changes(self._document.project.name)
        return self.save() if answer is Answer.YES else answer is Answer.NO

    # --- saving -----------------------------------------------------------------------------------------------------
    def save(self) -> bool:
        """Save to the project's file; asks for one when there is none. False when nothing was saved."""
        return self.save_to(self.path) if self.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Save to a file that the user chooses."""
        suggestion = self.folder / f"{self._document.project.name}{SUFFIX}"
        path = self._questions.save_path(suggestion, "Save project", KINDS, SUFFIX)
        return self.save_to(path) if path is not None else False

    def save_to(self, path: Path) -> bool:
        """Save to this file, whose name becomes the project's."""
        path = path.absolute()
        lock = self._lock if path == self.path else self._acquire(path)
        if lock is None:
            self.failed.emit(f"{path.name} is open in {_holder(path)}. Save under another name.")
            return False
        project = self._document.project
        if path != self.path:
            project = project.replace(name=path.stem, data=resolve(project.data, self.base()))
        try:
            write_project(path, project)
        except FileError as error:
            if lock is not self._lock:
                lock.unlock()
            self.failed.emit(str(error))
            return False
        self._document.edit("Rename the project", project)
        self._document.mark_saved()
        self._take(path, lock)
        return True

    def close(self) -> None:
        """Give the file up."""
        self._autosave.close()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _acquire(self, path: Path) -> QLockFile | None:
        """The lock of a project file; None when another window holds it. Where no lock can be made there is none."""
        lock = QLockFile(str(_lock_path(path)))
        lock.setStaleLockTime(0)
        held = not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError
        return None if held else lock

    def _take(self, path: Path | None, lock: QLockFile | None) -> None:
        if self._lock is not None and self._lock is not lock:
            self._lock.unlock()
        self._lock, self.path, self._autosave.original = lock, path, path
        if path is not None:
            self._settings.add_recent(path)
        self.path_changed.emit()


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _holder(path: Path) -> str:
    """Who holds a project's lock, in words."""
    answer = QLockFile(str(_lock_path(path))).getLockInfo()
    if isinstance(answer, tuple):
        process, host, _program = answer
        return f"another LayerLoom window (process {process} on {host})"
    return "another LayerLoom window"
