"""The menu of lessons: what is chosen is opened as a new project, and what to notice is told."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu, QPushButton
from scripted import ScriptedQuestions

from app.examples import lesson_text
from app.main_window import MainWindow
from app.questions import Answer
from models.lessons import Lesson, LessonProject, lessons


def examples_menu(window: MainWindow) -> QMenu:
    """The menu of lessons, as it is when it is shown."""
    menu = next(found for found in window.findChildren(QMenu) if found.title() == "Examples")
    menu.aboutToShow.emit()
    return menu


def choose(window: MainWindow, lesson: Lesson, project: LessonProject) -> None:
    inner = next(action.menu() for action in examples_menu(window).actions() if action.text() == lesson.title)
    next(action for action in inner.actions() if action.text() == project.title).trigger()


def test_the_menu_has_every_lesson_with_its_projects(window: MainWindow) -> None:
    for _ in range(2):  # showing it again adds nothing
        actions = examples_menu(window).actions()
        assert [action.text() for action in actions] == [lesson.title for lesson in lessons()]
        for action, lesson in zip(actions, lessons(), strict=True):
            assert action.toolTip() == lesson.summary
            assert [inner.text() for inner in action.menu().actions()] == [each.title for each in lesson.projects]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.title)
def test_a_project_opens_as_a_copy_without_a_file(window: MainWindow, lesson: Lesson) -> None:
    choose(window, lesson, lesson.projects[1])
    assert window.document.project == lesson.projects[1].read()
    assert window.files.path is None
    assert window.views.messages.text == lesson_text(lesson)


def test_the_message_offers_the_lessons_other_projects(window: MainWindow) -> None:
    lesson = lessons()[0]
    choose(window, lesson, lesson.projects[0])
    buttons = {button.text(): button for button in window.views.messages.findChildren(QPushButton)}
    assert list(buttons) == [project.title for project in lesson.projects[1:]]
    buttons[lesson.projects[2].title].click()
    assert window.document.project == lesson.projects[2].read()
    assert window.views.messages.text == lesson_text(lesson)


def test_what_to_notice_goes_with_its_project(window: MainWindow) -> None:
    lesson = lessons()[0]
    choose(window, lesson, lesson.projects[0])
    window.views.messages.clear_all()  # as when training begins
    assert window.views.messages.text == lesson_text(lesson)
    window.new_project("lenet5")
    assert window.views.messages.text != lesson_text(lesson)


def test_who_keeps_the_present_project_keeps_its_lesson(window: MainWindow, questions: ScriptedQuestions) -> None:
    first, second = lessons()[:2]
    choose(window, first, first.projects[0])
    window.editor.select(("dense",))
    window.editor.delete()
    changed = window.document.project
    questions.save = Answer.CANCEL
    choose(window, second, second.projects[0])
    assert window.document.project is changed
    assert window.views.messages.text == lesson_text(first)


def test_a_file_that_is_missing_is_told(window: MainWindow) -> None:
    present = window.document.project
    window.examples.open(lessons()[0], LessonProject(title="Gone", file="gone.loom", accuracy=0))
    assert "gone.loom is missing from the installation" in window.views.messages.text
    assert window.document.project is present
