"""`RunWork`: what the user does to runs: stars, tags and notes, restoring, importing, the trash, further folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices

from app.layout import Views
from app.project_files import ProjectFiles
from app.questions import Questions
from app.runs.run_library import RunLibrary
from app.settings import Settings
from models.files import FileError
from models.network.project import Project
from models.training.runs.importing import import_run
from models.training.runs.notes import read_notes, write_notes
from models.training.runs.restoring import restore_project
from models.training.runs.summarizing import is_alive, is_run
from models.training.runs.summary import RunSummary
from widgets.runs.page import RunsPage
from widgets.runs.texts import started_text

Trashed = tuple[Path, Path]
"""Where a folder was, and where it is in the trash."""


class RunWork(QObject):
    """Answers what the page asks for; all that takes time is done in the background."""

    def __init__(
        self,
        library: RunLibrary,
        page: RunsPage,
        files: ProjectFiles,
        views: Views,
        questions: Questions,
        settings: Settings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._page = page
        self._files = files
        self._views = views
        self._questions = questions
        self._settings = settings
        actions = page.actions_
        for views_of_notes in (page.table, page.details):
            views_of_notes.star_wanted.connect(lambda key, star: self._note(key, star=star))
            views_of_notes.tags_wanted.connect(lambda key, tags: self._note(key, tags=tags))
            views_of_notes.notes_wanted.connect(lambda key, text: self._note(key, notes=text))
        page.table.copied.connect(lambda text: self._say(text, "ok"))
        page.import_wanted.connect(self.ask_for_run)
        page.folder_wanted.connect(self.ask_for_folder)
        page.folder_unwanted.connect(self.forget_folder)
        actions.restore.triggered.connect(self._with_current(self.restore))
        actions.open_folder.triggered.connect(self._with_current(lambda run: _open_folder(run.path)))
        actions.trash.triggered.connect(lambda: self.trash(self._page.selected_runs))

    def _with_current(self, act: Callable[[RunSummary], object]) -> Callable[[], None]:
        def do() -> None:
            run = self._page.table.current_run
            if run is not None:
                act(run)

        return do

    def _say(self, text: str, level: str, choices: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        self._views.messages.show_message(text, level, choices)

    # --- what is said of a run --------------------------------------------------------------------------------------
    def _note(self, key: str, **changes: object) -> None:
        """Keep a star, tags or notes in the run's folder."""
        self._library.work(partial(_write_note, Path(key), changes), lambda _done: self._library.refresh_soon())

    # --- restoring --------------------------------------------------------------------------------------------------
    def restore(self, run: RunSummary) -> None:
        """Open a run's project as it was trained, with its weights, as a new one without a file."""
        weights_file = self._files.new_weights_file()
        self._library.work(
            partial(_restore, run.path, weights_file), lambda answer: self._open(run, weights_file, *answer)
        )

    def _open(self, run: RunSummary, weights_file: Path, project: Project, problem: str) -> None:
        if not self._files.new(project, weights_file if project.weights is not None else None):
            weights_file.unlink(missing_ok=True)
            return
        self._views.pages.setCurrentWidget(self._views.canvas)
        text = f"This is {run.name} as it was trained, {started_text(run.created)}."
        if project.weights is not None:
            text += " Keep training goes on from its weights, Train starts afresh."
        choices = (("Back to the runs", lambda: self._views.pages.setCurrentWidget(self._views.runs_tab)),)
        self._say(f"{text} {problem}".strip(), "warn" if problem else "ok", choices)

    # --- the trash --------------------------------------------------------------------------------------------------
    def trash(self, runs: Sequence[RunSummary]) -> None:
        """Move runs' folders to the trash; never one that somebody is writing."""
        paths = [run.path for run in runs]
        if paths:
            self._library.work(partial(_trash, paths), self._tell_of_trashed)

    def _tell_of_trashed(self, answer: tuple[list[Trashed], list[str]]) -> None:
        trashed, problems = answer
        self._library.refresh_soon()
        if trashed:
            what = trashed[0][0].name if len(trashed) == 1 else f"{len(trashed):,} runs"
            undo = (("Undo", partial(self._take_back, trashed)),) if all(place.name for _, place in trashed) else ()
            self._say(f"{what} went to the trash.", "ok", undo)
        if problems:
            self._say(" ".join(problems[:3]), "bad")

    def _take_back(self, trashed: list[Trashed]) -> None:
        self._library.work(partial(_take_back, trashed), lambda _done: self._library.refresh_soon())

    # --- further runs -----------------------------------------------------------------------------------------------
    def ask_for_run(self) -> None:
        """Let the user choose a run's folder, and copy it among the others."""
        folder = self._questions.data_folder("Import a run folder", self._files.folder)
        if folder is not None:
            self.import_run(folder)

    def import_run(self, folder: Path) -> None:
        """Copy a run's folder among the others; a folder of runs is offered to be shown."""
        if not is_run(folder) and _holds_runs(folder):
            choices = (("Show its runs", partial(self.add_folder, folder)),)
            self._say(f"{folder.name} is no run: it is a folder of runs.", "warn", choices)
            return
        self._say(f"Importing {folder.name} …", "ok")
        self._library.work(
            partial(import_run, folder, self._library.folders[0], self._library.go_on), self._tell_of_imported
        )

    def _tell_of_imported(self, path: Path) -> None:
        self._say(f"{path.name} was imported.", "ok")
        self._page.select_when_listed(str(path))
        self._library.refresh_soon()

    def ask_for_folder(self) -> None:
        """Let the user choose a folder of runs that is to be shown, too."""
        folder = self._questions.data_folder("Add a runs folder", self._files.folder)
        if folder is not None:
            self.add_folder(folder)

    def add_folder(self, folder: Path) -> None:
        """Show the runs of a folder from now on, also those that another machine writes there."""
        folder = folder.absolute()
        if is_run(folder):
            choices = (("Import it", partial(self.import_run, folder)),)
            self._say(f"{folder.name} is one run, not a folder of runs.", "warn", choices)
        elif folder in self._library.folders:
            self._say(f"The runs of {folder} are shown already.", "ok")
        else:
            self._set_folders([*self._settings.runs_folders, folder])
            self._say(f"The runs of {folder} are shown, and followed while they are trained.", "ok")

    def forget_folder(self, folder: Path) -> None:
        """Show a folder's runs no longer; they stay where they are."""
        self._set_folders([other for other in self._settings.runs_folders if other != folder])

    def _set_folders(self, others: list[Path]) -> None:
        self._settings.runs_folders = others
        self._page.set_folders(others)
        self._library.set_folders((self._library.folders[0], *others))


# --- in the background ------------------------------------------------------------------------------------------------
def _write_note(run: Path, changes: dict[str, object]) -> None:
    if not run.is_dir():
        raise FileError(f"{run.name} is gone: nothing was noted.")
    write_notes(run, read_notes(run).replace(**changes))


def _restore(run: Path, weights_file: Path) -> tuple[Project, str]:
    """The project of a run, and what is wrong with its weights where they cannot be read."""
    try:
        return restore_project(run, weights_file), ""
    except FileError as error:
        from models.network.project import read_project
        from models.training.runs.layout import PROJECT

        return read_project(run / PROJECT).replace(weights=None), f"Its weights were not opened: {error}"


def _trash(paths: Sequence[Path]) -> tuple[list[Trashed], list[str]]:
    """The folders that went to the trash, and why the others did not."""
    trashed, problems = [], []
    for path in paths:
        if is_alive(path):
            problems.append(f"{path.name} is being trained: stop it first.")
            continue
        moved, place = _move_to_trash(path)
        if moved:
            trashed.append((path, Path(place)))
        elif path.exists():
            problems.append(
                f"{path.name} was not removed: there is no trash for {path.parent}, or it may not be written to. "
                "Open its folder and delete it there."
            )
    return trashed, problems


def _move_to_trash(path: Path) -> tuple[bool, str]:
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    with suppress(OSError):  # without it Qt finds no trash on Linux
        Path(data).mkdir(parents=True, exist_ok=True)
    file = QFile(str(path))  # the static method does not say where it went
    return bool(file.moveToTrash()), file.fileName()


def _take_back(trashed: Sequence[Trashed]) -> None:
    """Bring folders back from the trash."""
    for path, place in trashed:
        if path.exists() or not place.exists():
            raise FileError(f"{path.name} was not brought back: look for it in the trash.")
        shutil.move(place, path)
        with suppress(OSError):  # what desktops on Linux keep about it
            (place.parent.with_name("info") / f"{place.name}.trashinfo").unlink()


def _holds_runs(folder: Path) -> bool:
    try:
        return any(is_run(path) for path in folder.iterdir() if path.is_dir())
    except OSError:
        return False


def _open_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
