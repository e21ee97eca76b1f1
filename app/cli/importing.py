"""`layerloom import`: a Keras model as a project, with its weights in a file beside it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from app.cli.outputs import check_new_project, write_with_weights
from models.importing import read_model
from models.network.project import name_of


def import_model(model: Path, out: Path, force: bool) -> None:
    """Import a model file. Raises CommandError, FileError and ModelImportError."""
    from models.importing.project import as_project, summary

    check_new_project(out, force)
    imported = read_model(model)
    temporary = out.absolute().with_name(f".{uuid4().hex}.part")
    try:
        weights_file = write_with_weights(out, as_project(imported, name_of(out), temporary))
    finally:
        temporary.unlink(missing_ok=True)
    print(f"{out}: {summary(imported)}")
    if weights_file is not None:
        print(f"{weights_file}: the weights, which the project names by their hash")
    for note in imported.notes:
        print(f"note: {note}")
