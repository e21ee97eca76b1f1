"""Bundled lessons: their projects open and fit their data, and what the lesson says to notice is what comes out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.analysis import analyse
from models.data.steps.preprocessing import GreyWorld
from models.lessons import FOLDER, Lesson, LessonProject, lessons
from models.network.project import Project, project_to_json
from models.training.commands import Train
from models.training.events import EpochDone, Event, Failed, TrainingDone
from resources import resource

PAGE = Path(__file__).parents[2] / "docs" / "lessons.md"
PROJECTS = {project.file: project for lesson in lessons() for project in lesson.projects}
TITLES = {lesson.title: lesson for lesson in lessons()}

CLOSE = 0.12
"""How far another machine's rounding may take an accuracy, over all epochs; another seed takes it as far."""

MARGIN = 0.03
"""Less than what the lessons tell apart differs by, with any of three seeds."""


def trained(project: Project, epochs: int | None = None) -> TrainingDone:
    """Train a lesson's project as it stands, or for some epochs only."""
    from models.runtime.engine import Engine

    events: list[Event] = []
    plan = project.plan if epochs is None else project.plan.replace(epochs=epochs)
    Engine(events.append).handle(Train("run-1", project.network, project.data, plan, preparation=project.preparation))
    failures = [event.message for event in events if isinstance(event, Failed)]
    assert not failures
    assert sum(isinstance(event, EpochDone) for event in events) == plan.epochs
    done = events[-1]
    assert isinstance(done, TrainingDone)
    return done


@pytest.mark.parametrize("file", PROJECTS)
def test_every_project_opens_as_it_is_saved_and_has_no_problem(file: str) -> None:
    chosen = PROJECTS[file]
    project = chosen.read()
    assert project_to_json(project) == chosen.path.read_text("utf-8")
    assert project.name == Path(file).stem
    analysis = analyse(project.network, project.data.glance())
    assert analysis.problems == ()


def test_nothing_else_is_bundled() -> None:
    assert {path.name for path in resource(FOLDER).iterdir()} == {"index.json", *PROJECTS}


def test_both_networks_for_mnist1d_have_2050_parameters() -> None:
    for chosen in TITLES["MNIST-1D"].projects:
        assert analyse(chosen.read().network).parameters == 2050, chosen.title


def test_what_is_compared_differs_in_what_is_compared_only() -> None:
    dense, dense_grey, conv, conv_grey = (chosen.read() for chosen in TITLES["Yellow or blue"].projects)
    for plain, grey in ((dense, dense_grey), (conv, conv_grey)):
        without = [step for step in grey.preparation.preprocessing if not isinstance(step, GreyWorld)]
        assert grey.replace(name=plain.name, preparation=grey.preparation.replace(preprocessing=without)) == plain
    for title in ("MNIST-1D", "Bars in unseen places"):
        first, second = (chosen.read() for chosen in TITLES[title].projects)
        assert first.replace(name=second.name, network=second.network) == second


@pytest.mark.parametrize("title", TITLES)
def test_the_page_tells_what_the_lesson_tells(title: str) -> None:
    lesson = TITLES[title]
    page = " ".join(PAGE.read_text("utf-8").split())
    assert f"## {title}" in page
    for text in (lesson.summary, lesson.notice, lesson.why, *lesson.steps):
        assert text in page
    for chosen in lesson.projects:
        assert f"`{chosen.file}`" in page
        assert f"{chosen.accuracy:.1%}".replace("%", " %") in page


@pytest.mark.parametrize("file", ["../secret.loom", "/etc/x.loom", "a.npz", ""])
def test_a_lesson_names_files_of_its_own_folder_only(file: str) -> None:
    with pytest.raises(ValidationError):
        LessonProject(title="Other", file=file, accuracy=0.5)


def test_a_lesson_without_projects_is_none() -> None:
    with pytest.raises(ValidationError):
        Lesson(title="Empty", summary="Nothing.", steps=("Nothing.",), notice="Nothing.", why="Nothing.", projects=())


def test_a_lessons_project_trains_one_epoch() -> None:
    done = trained(PROJECTS["mnist1d-conv.loom"].read(), epochs=1)
    assert done.reason == "finished"
    assert done.held_out_metric is not None


@pytest.mark.slow
@pytest.mark.parametrize("title", TITLES)
def test_what_a_lesson_tells_comes_out(title: str) -> None:
    """Every accuracy is near the one that is told, and whatever is told to be better is."""
    measured = []
    for chosen in TITLES[title].projects:
        accuracy = trained(chosen.read()).held_out_metric
        assert accuracy is not None
        assert accuracy == pytest.approx(chosen.accuracy, abs=CLOSE), chosen.title
        measured.append(accuracy)
    assert all(better > worse + MARGIN for worse, better in pairwise(measured))
