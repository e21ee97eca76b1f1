"""`layerloom import`: a Keras model as a project, with its weights in a file beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.outputs import check_new_project
from models.files import FileError, is_file, reason
from models.importing import read_model
from models.network.project import name_of, write_project


def import_model(model: Path, out: Path, force: bool) -> None:
    """Import a model file. Raises CommandError, FileError and ModelImportError."""
    from models.importing.project import as_project, relative, summary, weights_beside

    weights_file = weights_beside(out) if out.name else out
    check_new_project(out, force, weights_file)
    imported = read_model(model)
    with _old_kept(weights_file):
        project = as_project(imported, name_of(out), weights_file)
        if project.weights is not None:
            project = project.replace(weights=relative(project.weights))
        write_project(out, project)
    print(f"{out}: {summary(imported)}")
    if project.weights is not None:
        print(f"{weights_file}: the weights, which the project names by their hash")
    for note in imported.notes:
        print(f"note: {note}")


@contextmanager
def _old_kept(weights_file: Path) -> Iterator[None]:
    """Put the weights that were there back if the project cannot be written: the old one names them by their hash."""
    kept = weights_file.with_name(f"{weights_file.name}.old")
    had = is_file(weights_file)
    if had:
        _move(weights_file, kept)
    try:
        yield
    except BaseException:
        if had:
            _move(kept, weights_file)
        elif is_file(weights_file):
            weights_file.unlink()
        raise
    if had:
        kept.unlink()


def _move(file: Path, place: Path) -> None:
    try:
        os.replace(file, place)
    except OSError as error:
        raise FileError(f"{file} was not moved: {reason(error)}") from error
