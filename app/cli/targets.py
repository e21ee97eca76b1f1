"""What a command is about: a project, a template, a Keras model, Python source, or a notation, found by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.cli.errors import CommandError
from models.blocks import Shape
from models.files import is_file
from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.importing import read_model
from models.network.graph import Network
from models.network.notation import NotationError, parse_notation
from models.network.project import SUFFIX, Project, name_of, read_project
from models.zoo import TEMPLATES, template

PYTHON = ".py"
ONE_WORD = re.compile(r"[\w./\\~:-]+")
"""What may be a file's or a template's name as well as a notation."""


@dataclass(frozen=True)
class Target:
    """A network under a name.

    Attributes:
        project: the project that it comes from; None for the others.
        folder: from where the project's relative paths are read.
    """

    name: str
    network: Network
    project: Project | None = None
    folder: Path = Path()

    def as_project(self) -> Project:
        """The target as a project, a new one where it is none."""
        return self.project or Project(name=self.name[:200], network=self.network)


def find_target(target: str, input_shape: Shape | None = None, classes: int | None = None) -> Target:
    """The network that a word on the command line names.

    A template or a notation is adapted to an input shape and a number of classes. Raises CommandError and the errors
    of files, projects, imports and templates.
    """
    if target in TEMPLATES:
        return Target(TEMPLATES[target].title, template(target).network(input_shape, classes))
    path = Path(target)
    suffix = path.suffix.lower()
    if is_file(path) or (suffix in (SUFFIX, PYTHON, *MODEL_SUFFIXES) and ONE_WORD.fullmatch(target)):
        if input_shape or classes:
            raise CommandError(
                f"--input-shape and --classes adapt templates and notations, and {target} is a file. Leave them out, "
                f"or name one of the templates: {', '.join(TEMPLATES)}."
            )
        return _from_file(path, suffix)
    return Target("notation", _from_notation(target, input_shape, classes))


def _from_file(path: Path, suffix: str) -> Target:
    if suffix in MODEL_SUFFIXES:
        return Target(name_of(path), read_model(path).network)
    if suffix == PYTHON:
        from models.network.python_reader import read_python_file

        return Target(name_of(path), read_python_file(path))
    project = read_project(path)
    return Target(project.name, project.network, project, path.absolute().parent)


def _from_notation(text: str, input_shape: Shape | None, classes: int | None) -> Network:
    try:
        return parse_notation(text, input_shape, classes)
    except NotationError as error:
        if ONE_WORD.fullmatch(text):
            raise CommandError(
                f'"{text}" is no file, no template and no notation. The templates are {", ".join(TEMPLATES)}; '
                "a notation is for example 'input 28x28x1 -> conv 8 -> pool -> fc 10'."
            ) from error
        raise CommandError(f"the notation is wrong at {error}\n{error.caret(text)}") from error
