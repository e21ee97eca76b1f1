"""Which data set a word on the command line names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from app.cli.errors import CommandError
from models.data.preparation import Preparation
from models.data.sources import SOURCES, PathSource, Progress, Source, resolve
from models.files import is_there
from models.network.project import SUFFIX, Project, read_project


@dataclass(frozen=True)
class DataTarget:
    """A data set, and the project that it is part of, where there is one."""

    source: Source
    project: Project | None = None

    @property
    def preparation(self) -> Preparation:
        """The project's, or the usual one."""
        return Preparation() if self.project is None else self.project.preparation


def find_data(word: str) -> DataTarget:
    """The data set that a word names: a path, a project, or a kind that needs no path.

    Raises CommandError and the errors of projects and data.
    """
    path = Path(word)
    if path.suffix.lower() == SUFFIX:
        project = read_project(path)
        return DataTarget(resolve(project.data, path.absolute().parent), project)
    kind = SOURCES.get(word)
    if kind is not None and not issubclass(kind, PathSource):
        return DataTarget(kind())
    if not is_there(path):
        known = ", ".join(name for name, each in SOURCES.items() if not issubclass(each, PathSource))
        raise CommandError(
            f'there is no file or folder "{word}", and no data set of that name. Check the path, or name one of '
            f"{known}."
        )
    from models.data.recognition import recognise

    return DataTarget(recognise(path))


@contextmanager
def progress_bar(text: str) -> Iterator[Progress | None]:
    """A progress bar on standard error while something is done; None where nobody would see it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task(text, total=None)

        def show(done: int, total: int) -> None:
            _show(bars, task, done, total)

        yield show


def _show(bars: Bars, task: TaskID, done: int, total: int) -> None:
    bars.update(task, completed=done, total=total or None)
