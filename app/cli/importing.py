"""`layerloom import`: a Keras model as a project, with its weights in a file beside it."""

from __future__ import annotations

from pathlib import Path

from app.cli.errors import CommandError
from models.importing import read_model
from models.network.project import SUFFIX, write_project


def import_model(model: Path, out: Path, force: bool) -> None:
    """Import a model file. Raises CommandError, FileError and ModelImportError."""
    from models.importing.project import as_project, relative, summary, weights_beside

    if out.suffix != SUFFIX:
        raise CommandError(f"{out} does not end in {SUFFIX}, as projects do. Write {out.stem}{SUFFIX} instead.")
    weights_file = weights_beside(out)
    for file in (out, weights_file):
        if file.exists() and not force:
            raise CommandError(f"{file} exists. Choose another name, or write over it with --force.")
    imported = read_model(model)
    project = as_project(imported, out.stem, weights_file)
    if project.weights is not None:
        project = project.replace(weights=relative(project.weights))
    write_project(out, project)
    print(f"{out}: {summary(imported)}")
    if project.weights is not None:
        print(f"{weights_file}: the weights, which the project names by their hash")
    for note in imported.notes:
        print(f"note: {note}")
