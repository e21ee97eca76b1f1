"""`layerloom export`: the trained model of a run, or a project's model as it starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.cli.conversation import check_network
from app.cli.errors import CommandError, log_bug
from models.analysis.data_fit import CHANNELS
from models.data.images import Floats, fit_image
from models.data.loading import resolve, samples
from models.data.sources import DataError
from models.files import write_atomically
from models.network.project import Project, read_project
from models.network.python_source import python_source
from models.training.commands import ExportFormat
from models.training.events import Exported

COMPARED = 64
"""Images on which the written model is compared with the live one."""


def export_model(source: Path, format: ExportFormat, out: Path) -> None:
    """Export a run folder or a project file. Raises CommandError and the errors of files and projects."""
    is_run = source.is_dir()
    if is_run and not (source / "project.loom").exists():
        raise CommandError(f"{source} is no run folder: it holds no project.loom. Name a run's folder or a .loom file.")
    project = read_project(source / "project.loom" if is_run else source)
    check_network(project.network, None)
    if format == "python":
        write_atomically(out, python_source(project.network, project.name).encode())
        print(f"{out}: Python source; it builds the model without trained weights")
        return
    done = _export(project, source, format, out)
    weights = (
        "trained weights" if is_run else "freshly initialised weights (a project holds none: name a run for those)"
    )
    print(
        f"{out}: {weights}; loaded again, its outputs differ by at most {done.largest_difference:.1e} "
        f"on {done.images} inputs"
    )


def _export(project: Project, source: Path, format: ExportFormat, out: Path) -> Exported:
    from models.runtime.quiet import quiet_stderr

    try:
        with quiet_stderr():
            from models.runtime.device import prepare
            from models.runtime.exporters import ExportError, export
            from models.runtime.live_model import LiveModel, NetworkError
            from models.runtime.runs import load_run
    except Exception as error:  # a broken TensorFlow raises anything while it loads
        raise CommandError(
            f'TensorFlow cannot be loaded ({error}). "layerloom doctor" says more. (Details: {log_bug()})'
        ) from error
    prepare()
    try:
        live = LiveModel(project.network, project.plan.seed, project.name)
        if source.is_dir():
            live.set_weights(load_run(source)[1])
        return export(live, format, out, project.name, _inputs(project, source))
    except (ExportError, NetworkError) as error:
        raise CommandError(str(error)) from error


def _inputs(project: Project, source: Path) -> Floats:
    """Images of the project's data set, fitted to the network; noise where they cannot be had."""
    entry = project.network.input_node
    assert entry is not None  # the network has no problems
    shape = entry.block.output_shape(())
    if len(shape) == 3 and shape[-1] in CHANNELS:
        try:
            images, _ = samples(resolve(project.data, source.absolute().parent), COMPARED)
            return np.stack([fit_image(image, shape) for image in images])
        except DataError:
            pass  # the data set has moved away since; the model can still be compared
    return np.random.default_rng(project.plan.seed).random((COMPARED, *shape), dtype=np.float32)
