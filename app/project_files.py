"""`ProjectFiles`: which file the document belongs to: opening, saving, recent files and the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from PySide6.QtCore import QLockFile, QObject, Signal

from app.autosave import Autosave, Recovery, orphaned_weights
from app.document import Document
from app.questions import Answer, Questions
from app.settings import Settings
from models.data.sources import resolve
from models.files import FileError
from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.importing import ModelImportError, read_model
from models.network.project import SUFFIX, Project, ProjectError, StoredWeights, read_project, write_project
from models.network.weights_file import WEIGHTS_SUFFIX, WeightsError, located

PYTHON_SUFFIX = ".py"
KINDS = f"LayerLoom projects (*{SUFFIX})"


@dataclass(frozen=True, eq=False)
class _Reading:
    """A model that is being read, and where its weights are put meanwhile."""

    path: Path
    weights_file: Path
    given_up: Event = field(default_factory=Event)


class ProjectFiles(QObject):
    """Opens and saves the document. `may_leave` is asked before another project takes this one's place.

    `imports` is the folder for the weights of imported models until their projects are saved.

    Signals:
        path_changed: the document belongs to another file, or to none.
        failed(str): a file could not be opened or saved, with why and what to do.
        reading(str, str): a Keras model is being read, in words, and the level of the message.
        imported(str, str): a Keras model was opened, in words, and the level of the message: something to note or not.
    """

    path_changed = Signal()
    failed = Signal(str)
    reading = Signal(str, str)
    imported = Signal(str, str)
    _answered = Signal(object, object)

    def __init__(
        self,
        document: Document,
        autosave: Autosave,
        settings: Settings,
        questions: Questions,
        parent: QObject,
        may_leave: Callable[[], bool] = lambda: True,
        imports: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self._may_leave = may_leave
        self._document = document
        self._autosave = autosave
        self._settings = settings
        self._questions = questions
        self._lock: QLockFile | None = None
        self._imports = imports or autosave.folder / "imports"
        self._unsaved_weights: Path | None = None
        self._reading: _Reading | None = None
        self._thread: Thread | None = None
        self._answered.connect(self._take_imported)
        document.opened.connect(self._give_up_reading)
        self.path: Path | None = None

    @property
    def folder(self) -> Path:
        """Where file dialogs begin."""
        recent = self._settings.recent_files
        return self.path.parent if self.path else recent[0].parent if recent else Path.home()

    def base(self) -> Path:
        """From where a project's relative paths are read: its file's place."""
        return self.path.parent if self.path is not None else Path.cwd()

    def weights(self) -> StoredWeights | None:
        """The weights that the project starts with, by an absolute path."""
        stored = self._document.project.weights
        return located(stored, self.base()) if stored is not None else None

    # --- opening ----------------------------------------------------------------------------------------------------
    def new(self, project: Project, weights_file: Path | None = None) -> bool:
        """Start over with a project that has no file yet; False when the user would rather keep the present one.

        `weights_file` has its weights, under a name from `new_weights_file`; it is ours until the project is saved.
        """
        if not self._may_replace():
            return False
        self._take(None, None)
        self._forget_unsaved_weights()
        self._unsaved_weights = weights_file
        self._document.open(project)
        return True

    def new_weights_file(self) -> Path:
        """Where weights can wait until their project is saved."""
        return self._imports / f"{self._autosave.session}.{uuid4().hex}{WEIGHTS_SUFFIX}"

    def open(self, path: Path) -> bool:
        """Open a project, or a model or its source as a new one; False when that fails or the user would rather not."""
        path = path.absolute()
        if path.suffix.lower() in MODEL_SUFFIXES:
            return self.import_model(path)
        if path.suffix.lower() == PYTHON_SUFFIX:
            return self.read_source(path)
        try:
            project = read_project(path)
        except (ProjectError, FileError) as error:
            self.failed.emit(str(error))
            return False
        if path == self.path and not self._document.is_modified:
            return True
        project = _with_found_weights(project, path.parent)
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
        self._forget_unsaved_weights()
        self._document.open(project)
        return True

    def read_source(self, path: Path) -> bool:
        """Open the network that Python source builds, as a project without a file."""
        from models.network.python_reader import PythonError, read_python_file

        try:
            project = Project(name=path.stem[:200], network=read_python_file(path))
        except (PythonError, FileError) as error:
            self.failed.emit(str(error))
            return False
        if not self._may_replace():
            return False
        self._take(None, None)
        self._forget_unsaved_weights()
        self._document.open(project, modified=True)
        return True

    def import_model(self, path: Path) -> bool:
        """Begin to read a Keras model in a thread: a large one takes seconds. What became of it is told by signals.

        It becomes a project without a file; its weights wait in a folder of ours until it is saved.
        """
        self._give_up_reading()
        reading = _Reading(path, self.new_weights_file())
        self._reading = reading
        self.reading.emit(f"Reading {path.name} …", "ok")
        self._thread = Thread(target=self._read, args=(reading,), name="import", daemon=True)
        self._thread.start()
        return True

    def _read(self, reading: _Reading) -> None:
        """In the thread: the project of a model, or why there is none."""
        from models.importing.project import as_project, summary

        try:
            imported = read_model(reading.path)
            project = as_project(imported, reading.path.stem, reading.weights_file)
            answer: object = (project, summary(imported), imported.notes)
        except (ModelImportError, FileError) as error:
            answer = str(error)
        except Exception as error:  # a surprise is told too: nobody should wait for ever
            logging.getLogger(__name__).exception("a model could not be read")
            answer = f"{reading.path.name} could not be read: {error}. Choose another file."
        if reading.given_up.is_set():
            reading.weights_file.unlink(missing_ok=True)
        else:
            self._answered.emit(reading, answer)

    def _take_imported(self, reading: _Reading, answer: object) -> None:
        if reading is not self._reading:  # something else was opened in the meantime
            reading.weights_file.unlink(missing_ok=True)
            return
        self._reading = None
        if isinstance(answer, str):
            self.failed.emit(answer)
            return
        assert isinstance(answer, tuple)
        project, said, notes = answer
        if not self._may_replace():
            reading.weights_file.unlink(missing_ok=True)
            self.imported.emit(f"{reading.path.name} was not opened.", "ok")
            return
        self._take(None, None)
        self._forget_unsaved_weights()
        self._unsaved_weights = reading.weights_file if project.weights is not None else None
        self._document.open(project, modified=True)
        text = f"Imported {reading.path.name}: {said}. {_notes_text(notes)}"
        if project.weights is not None:
            text += " Keep training goes on from these weights, Train starts afresh."
        self.imported.emit(" ".join(text.split()), "warn" if notes else "ok")

    def _give_up_reading(self) -> None:
        """Wait no longer for a model that is being read."""
        if self._reading is not None:
            self._reading.given_up.set()
            self._reading = None

    def recover(self, recovery: Recovery) -> bool:
        """Bring back what a crashed session left, as unsaved changes to its file."""
        if not self._may_replace():
            return False
        lock = self._acquire(recovery.original) if recovery.original else None
        self._take(recovery.original if lock else None, lock)
        self._forget_unsaved_weights()
        stored = recovery.project.weights
        if stored is not None and Path(stored.path).is_relative_to(self._imports):
            self._unsaved_weights = Path(stored.path)
        self._document.open(recovery.project, modified=True)
        if self._autosave.write():  # what was recovered is safe again before its only copy goes
            recovery.discard()
        return True

    def sweep_imports(self) -> None:
        """Remove the weights of imports that crashed sessions left and that cannot be recovered."""
        with suppress(OSError):
            for file in orphaned_weights(self._imports, self._autosave.folder):
                file.unlink(missing_ok=True)

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
            with self._weights_beside(path) as weights:
                project = project.replace(weights=weights)
                write_project(path, project)
            project = _with_found_weights(project, path.parent)
        except FileError as error:
            if lock is not self._lock:
                lock.unlock()
            self.failed.emit(str(error))
            return False
        self._document.edit("Rename the project", project)
        self._document.mark_saved()
        self._take(path, lock)
        return True

    @contextmanager
    def _weights_beside(self, path: Path) -> Iterator[StoredWeights | None]:
        """The project's weights as its file names them, to whose folder they are copied where they are elsewhere.

        Weights that cannot be found stay named as they were: the file may come back. Raises FileError.
        """
        from models.network.weights_beside import is_beside, weights_beside

        stored = self.weights()
        with ExitStack() as stack:
            if stored is None:
                named = None
            elif is_beside(stored, path):
                named = StoredWeights(path=Path(stored.path).name, sha256=stored.sha256)
            else:
                try:
                    named = stack.enter_context(weights_beside(stored, path))
                except WeightsError:
                    named = stored
            yield named

    def close(self, keep_unsaved: bool = False) -> None:
        """Give the file up; with `keep_unsaved` the next session offers what is not saved."""
        reading = self._reading
        self._give_up_reading()
        if self._thread is not None:
            self._thread.join(10)
        if reading is not None:  # its answer may be under way
            reading.weights_file.unlink(missing_ok=True)
        if not keep_unsaved:
            self._forget_unsaved_weights()
        self._autosave.close(keep_unsaved)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _acquire(self, path: Path) -> QLockFile | None:
        """The lock of a project file; None when another window holds it. Where no lock can be made there is none."""
        lock = QLockFile(str(_lock_path(path)))
        lock.setStaleLockTime(0)
        held = not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError
        return None if held else lock

    def _forget_unsaved_weights(self) -> None:
        """Remove the weights of an import that nobody can come back to."""
        if self._unsaved_weights is not None:
            with suppress(OSError):
                self._unsaved_weights.unlink(missing_ok=True)
            self._unsaved_weights = None

    def _take(self, path: Path | None, lock: QLockFile | None) -> None:
        if self._lock is not None and self._lock is not lock:
            self._lock.unlock()
        self._lock, self.path, self._autosave.original = lock, path, path
        if path is not None:
            self._settings.add_recent(path)
        self.path_changed.emit()


def _with_found_weights(project: Project, folder: Path) -> Project:
    """The project with its weights by an absolute path: undoing "Save as" must not look for them elsewhere."""
    return project if project.weights is None else project.replace(weights=located(project.weights, folder))


def _notes_text(notes: tuple[str, ...]) -> str:
    """What to know of an import, the first things in full."""
    shown = " ".join(f"{note[:1].upper()}{note[1:]}" for note in notes[:3])
    return f"{shown} (And {len(notes) - 3} more: `layerloom import` lists them.)" if len(notes) > 3 else shown


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _holder(path: Path) -> str:
    """Who holds a project's lock, in words."""
    answer = QLockFile(str(_lock_path(path))).getLockInfo()
    if isinstance(answer, tuple):
        process, host, _program = answer
        return f"another LayerLoom window (process {process} on {host})"
    return "another LayerLoom window"
