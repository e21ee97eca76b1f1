"""Lessons: bundled projects that belong together, with what to do and what to notice."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.network.project import Project, read_project
from resources import resource

FOLDER = "examples"
INDEX = f"{FOLDER}/index.json"

Text = Annotated[str, Field(min_length=1)]


class LessonProject(BaseModel):
    """One project of a lesson.

    Attributes:
        title: what it is called beside the others, as `Dense`.
        file: its name among the bundled examples.
        accuracy: share of its held-out samples that were right when it was trained as it stands.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: Text
    file: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.loom$")]
    accuracy: Annotated[float, Field(ge=0, le=1)]

    @property
    def path(self) -> Path:
        """Where the bundled file is. Raises FileNotFoundError where the installation lacks it."""
        return resource(f"{FOLDER}/{self.file}")

    def read(self) -> Project:
        """The project. Raises FileNotFoundError, ProjectError or FileError with a readable text."""
        return read_project(self.path)


class Lesson(BaseModel):
    """Projects to be trained one after the other, and compared.

    Attributes:
        summary: what it is about, in a sentence.
        steps: what to do, in order.
        notice: what to notice, in a sentence or two, with the numbers that were measured.
        why: how that comes about.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: Text
    summary: Text
    steps: Annotated[tuple[Text, ...], Field(min_length=1)]
    notice: Text
    why: Text
    projects: Annotated[tuple[LessonProject, ...], Field(min_length=1)]


class _Index(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    lessons: tuple[Lesson, ...]


@cache
def lessons() -> tuple[Lesson, ...]:
    """All bundled lessons, in the order of the menu. Raises FileNotFoundError where the installation lacks them."""
    return _Index.model_validate_json(resource(INDEX).read_text("utf-8")).lessons
