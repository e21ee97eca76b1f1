"""`layerloom new`: a project from a notation, a template or Python source."""

from __future__ import annotations

from pathlib import Path

from app.cli.errors import CommandError, tell
from app.cli.outputs import check_new_project, write_with_weights
from app.cli.targets import find_target
from models.analysis import analyse
from models.blocks import Shape
from models.data.sources import resolve
from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.network.project import name_of
from models.network.weights_file import located


def create(target: str, out: Path, input_shape: Shape | None, classes: int | None, force: bool) -> None:
    """Write a new project. Raises CommandError and the errors of files, templates and sources."""
    if Path(target).suffix.lower() in MODEL_SUFFIXES:
        raise CommandError(f"{target} is a Keras model, which has weights. Use: layerloom import {target} --out {out}")
    check_new_project(out, force)
    found = find_target(target, input_shape, classes)
    project = found.as_project().replace(name=name_of(out))
    if found.project is not None:  # what it names by relative paths goes with it
        weights = located(project.weights, found.folder) if project.weights is not None else None
        project = project.replace(data=resolve(project.data, found.folder), weights=weights)
    write_with_weights(out, project)
    analysis = analyse(project.network)
    print(f"{out}: {len(project.network)} blocks, {analysis.parameters:,} parameters")
    for problem in analysis.problems:
        tell(f"note: {project.network.node(problem.node_id).title} ({problem.node_id}): {problem.text}")
