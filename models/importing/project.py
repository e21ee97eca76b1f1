"""An imported model as a project, with its weights in a file of their own."""

from __future__ import annotations

from pathlib import Path

from models.analysis import analyse, layers_with_weights
from models.importing.reading import Imported
from models.network.project import Project
from models.network.weights_file import store_weights


def as_project(imported: Imported, name: str, weights_file: Path) -> Project:
    """The project of an imported model, whose weights, where it has some, are written to a file by its absolute path.

    Raises FileError.
    """
    layers = layers_with_weights(analyse(imported.network))
    stored = store_weights(weights_file, imported.weights, layers) if imported.weights else None
    return Project(name=name[:200] or "imported", network=imported.network, weights=stored)


def summary(imported: Imported) -> str:
    """What was imported, in one line: `177 blocks, 25,636,712 parameters with their weights`."""
    analysis = analyse(imported.network)
    weights = "with their weights" if imported.weights else "without weights, which the file does not hold"
    if not analysis.parameters:
        weights = "and so no weights"
    return f"{len(imported.network)} blocks, {analysis.parameters:,} parameters {weights}"
