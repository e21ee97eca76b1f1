"""`Examples`: the bundled lessons in a menu, each opened as a new project together with what to notice."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from app.document import Document
from app.project_files import ProjectFiles
from models.files import FileError
from models.lessons import Lesson, LessonProject, lessons
from models.network.project import ProjectError
from widgets.message_bar import MessageBar


class Examples(QObject):
    """Opens lessons. What to notice stands in the message bar until it is closed or another project is opened."""

    def __init__(self, document: Document, files: ProjectFiles, messages: MessageBar, parent: QObject) -> None:
        super().__init__(parent)
        self._files = files
        self._messages = messages
        self._shown: tuple[Lesson, LessonProject] | None = None
        document.opened.connect(self._withdraw)

    def menu(self, parent: QMenu) -> QMenu:
        """Add the menu of all lessons to another one; it is filled when it is first shown."""
        menu = parent.addMenu("Examples")
        menu.aboutToShow.connect(lambda: self._fill(menu))
        return menu

    def open(self, lesson: Lesson, chosen: LessonProject) -> None:
        """Open a copy of a lesson's project, and tell what to do and to notice.

        Where the user would rather keep the present project, what it is about still stands.
        """
        before = self._shown
        try:
            project = chosen.read()
        except (FileNotFoundError, ProjectError, FileError) as error:
            self._messages.show_message(str(error))
            return
        if self._files.new(project):
            self._tell(lesson, chosen)
        elif before is not None:
            self._tell(*before)

    def _fill(self, menu: QMenu) -> None:
        if menu.actions():
            return
        try:
            found = lessons()
        except FileNotFoundError as error:
            menu.addAction(str(error)).setEnabled(False)
            return
        menu.setToolTipsVisible(True)
        for lesson in found:
            inner = menu.addMenu(lesson.title)
            inner.menuAction().setToolTip(lesson.summary)
            for project in lesson.projects:
                inner.addAction(project.title).triggered.connect(partial(self._open_chosen, lesson, project))

    def _open_chosen(self, lesson: Lesson, project: LessonProject, _checked: bool = False) -> None:
        self.open(lesson, project)

    def _tell(self, lesson: Lesson, opened: LessonProject) -> None:
        self._withdraw()
        self._shown = lesson, opened
        others = [project for project in lesson.projects if project != opened]
        choices = [(project.title, partial(self.open, lesson, project)) for project in others]
        self._messages.show_message(lesson_text(lesson), "ok", choices, lasting=True)

    def _withdraw(self) -> None:
        if self._shown is not None:
            self._messages.withdraw(lesson_text(self._shown[0]))
            self._shown = None


def lesson_text(lesson: Lesson) -> str:
    """What to do first and what to notice, as the message bar shows it; the rest stands in docs/lessons.md."""
    return f"{lesson.title}: {lesson.steps[0]}\nWhat to notice: {lesson.notice}"
