"""`RunsPresenter`: makes the Runs page when it is first looked at, and keeps it up to date while it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.layout import Views
from app.project_files import ProjectFiles
from app.questions import Questions
from app.settings import Settings
from app.settings_paths import run_lists_folder
from models.training.runs.summary import RunSummary

if TYPE_CHECKING:
    from app.runs.run_library import RunLibrary
    from app.runs.run_work import RunWork
    from widgets.runs.page import RunsPage

EVERY_MS = 1000
"""How often the folders are looked at while the page is seen."""

AT_MOST = 0.1
"""Share of the time that looking may take: thousands of runs on a slow disk are looked at less often."""


class RunsPresenter(QObject):
    """Between the runs' folders and the page.

    `folder` is where this application's runs go, `resume` goes on with one.
    """

    def __init__(
        self,
        folder: Path,
        files: ProjectFiles,
        views: Views,
        questions: Questions,
        settings: Settings,
        resume: Callable[[Path], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._files = files
        self._views = views
        self._questions = questions
        self._settings = settings
        self._resume = resume
        self._page: RunsPage | None = None
        self.library: RunLibrary | None = None
        self.work: RunWork | None = None
        self._compared: tuple[str, str] | None = None
        self._detailed = ""
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self._look)
        views.pages.currentChanged.connect(self._look_when_seen)

    @property
    def page(self) -> RunsPage | None:
        """The Runs page, once it has been looked at."""
        return self._page

    def show_page(self, run: Path | None = None) -> None:
        """Go to the Runs page, and to a run there."""
        self._views.pages.setCurrentWidget(self._views.runs_tab)
        if run is not None and self._page is not None:
            self._page.table.select([str(run)])

    def _is_seen(self) -> bool:
        return self._views.pages.currentWidget() is self._views.runs_tab

    # --- making -----------------------------------------------------------------------------------------------------
    def _look_when_seen(self) -> None:
        self._views.put_live_views_aside(self._is_seen())  # the page has curves of its own
        if self._is_seen():
            if self._page is None:
                self._make()
            self._look()
        else:
            self._timer.stop()
            if self._page is not None:
                self._page.details.keep_notes()

    def _make(self) -> None:
        from app.runs.run_library import RunLibrary  # late: the window's first paint needs none of it
        from app.runs.run_work import RunWork
        from widgets.runs.page import RunsPage

        self._page = page = RunsPage()
        others = self._settings.runs_folders
        self.library = library = RunLibrary((self._folder, *others), run_lists_folder(), self)
        self.work = RunWork(library, page, self._files, self._views, self._questions, self._settings, self)
        self._views.set_runs_page(page)
        state = self._settings.runs_columns
        if state is not None:
            page.table.restore_columns(state)
        page.set_folders(others)
        page.set_runs((), reading=True)
        self._connect(page, library)

    def _connect(self, page: RunsPage, library: RunLibrary) -> None:
        library.listed.connect(self._show_runs)
        library.curves_read.connect(page.set_curves)
        library.details_read.connect(self._show_details)
        library.compared.connect(self._show_comparison)
        library.failed.connect(self._views.messages.show_message)
        page.selection_changed.connect(self._read_selected)
        page.tab_shown.connect(self._compare)
        page.table.columns_changed.connect(self._remember_columns)
        page.actions_.resume.triggered.connect(self._with_current(lambda run: self._resume(run.path)))

    def _with_current(self, act: Callable[[RunSummary], object]) -> Callable[[], None]:
        """Do something with the run that the page shows."""

        def do() -> None:
            run = self._page.table.current_run if self._page is not None else None
            if run is not None:
                act(run)

        return do

    def _remember_columns(self) -> None:
        if self._page is not None:
            self._settings.runs_columns = self._page.table.columns_state()

    # --- looking ----------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        """Look for what is new, and again later, as long as the page is seen."""
        if self.library is None or not self._is_seen():
            return
        if self._views.pages.isVisible():
            self.library.refresh()
            self._read_curves()
        self._timer.start(max(EVERY_MS, round(self.library.seconds * 1000 / AT_MOST)))

    def _show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        page = self._page
        assert page is not None
        first = not page.table.runs
        page.set_runs(runs)
        if first and runs and not page.selected_runs:
            page.table.select([str(runs[0].path)])

    def _read_selected(self) -> None:
        """Read what the views show of the selected runs."""
        page, library = self._page, self.library
        if page is None or library is None:
            return
        self._read_curves()
        run = page.details.run
        shown = f"{run.path} {run.status} {run.epochs}" if run is not None else ""
        if run is not None and shown != self._detailed:
            library.read_details(run)
        self._detailed = shown
        self._compare()

    def _read_curves(self) -> None:
        page, library = self._page, self.library
        if page is not None and library is not None and page.drawn_runs:
            library.read_curves(page.drawn_runs, page.curves.missing)

    def _show_details(self, key: str, details: object) -> None:
        page = self._page
        if page is not None and page.details.run is not None and str(page.details.run.path) == key:
            page.details.set_details(details)  # type: ignore[arg-type]

    # --- comparing --------------------------------------------------------------------------------------------------
    def _compare(self, *_: object) -> None:
        """Compare the first two of the selected runs, while that is looked at."""
        page, library = self._page, self.library
        if page is None or library is None or not page.shows_comparison:
            return
        pair = page.pair
        keys = (str(pair[0].path), str(pair[1].path)) if pair is not None else None
        if keys != self._compared:
            self._compared = keys
            page.show_comparison(None)
            if pair is not None:
                library.compare(*pair)

    def _show_comparison(self, keys: tuple[str, str], answer: object) -> None:
        if self._page is not None and keys == self._compared:
            self._page.show_comparison(answer)

    def shut_down(self) -> None:
        """Keep what is being typed, and end the threads."""
        self._timer.stop()
        if self._page is not None:
            self._page.details.keep_notes()
        if self.library is not None:
            self.library.shut_down()
