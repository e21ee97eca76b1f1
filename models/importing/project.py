"""An imported model as a project, with its weights in a file of their own."""

from __future__ import annotations

from pathlib import Path

from models.analysis import analyse, layers_with_weights
from models.importing.reading import Imported
from models.network.project import Project, StoredWeights
from models.network.weights_file import WEIGHTS_SUFFIX, store_weights


def weights_beside(project_file: Path) -> Path:
    """Where the weights of a project file are kept: `<stem>.weights.npz` in the same folder."""
    return project_file.with_name(f"{project_file.stem}{WEIGHTS_SUFFIX}")


def as_project(imported: Imported, name: str, weights_file: Path) -> Project:
    """The project of an imported model, whose weights, where it has some, are written to a file by its absolute path.

    Raises FileError.
    """
    layers = layers_with_weights(analyse(imported.network))
    stored = store_weights(weights_file, imported.weights, layers) if imported.weights else None
    return Project(name=name[:200] or "imported", network=imported.network, weights=stored)


def relative(stored: StoredWeights) -> StoredWeights:
    """Weights that lie in the same folder as the project file that names them."""
    return StoredWeights(path=Path(stored.path).name, sha256=stored.sha256)


def summary(imported: Imported) -> str:
    """What was imported, in one line: `177 blocks, 25,636,712 parameters with their weights`."""
    analysis = analyse(imported.network)
    weights = "with their weights" if imported.weights else "without weights, which the file does not hold"
    if not analysis.parameters:
        weights = "and so no weights"
    return f"{len(imported.network)} blocks, {analysis.parameters:,} parameters {weights}"
