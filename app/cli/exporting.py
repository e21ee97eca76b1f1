"""`layerloom export`: the trained model of a run, or any network as a model, as source or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.bug_log import log_bug
from app.cli.conversation import check_network, refusal
from app.cli.errors import CommandError
from app.cli.opening import load_qt
from app.cli.targets import find_target
from models.analysis import analyse
from models.analysis.diagram import ThemeName, diagram_svg
from models.files import is_folder, is_there, write_atomically
from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.network.project import Project
from models.network.python_source import python_source
from models.network.weights_file import check_weights, located
from models.training.commands import Build, Export
from models.training.events import Event, Exported, Failed

Format = Literal["keras", "saved_model", "python", "svg", "png"]


def export_model(
    source: str, format: Format, out: Path, theme: ThemeName, scale: float | None, preprocessing: bool
) -> None:
    """Export a run folder, or whatever else names a network. Raises CommandError and the errors of targets."""
    if format == "keras" and out.suffix != ".keras":
        raise CommandError(
            f"{out} does not end in .keras, and Keras would not load it. Write {out.stem}.keras instead."
        )
    folder = Path(source)
    is_run = is_folder(folder)
    if is_run and not is_there(folder / "project.loom"):
        raise CommandError(f"{source} is no run folder: it holds no project.loom. Name a run's folder or a .loom file.")
    target = find_target(str(folder / "project.loom") if is_run else source)
    project = target.as_project()
    if format == "svg" or format == "png":
        write_diagram(project, format, out, theme, scale)
        return
    if not len(project.network):
        raise CommandError(f"{source} holds no blocks: there is nothing to export. Add blocks first.")
    check_network(project.network, None)
    if format == "python":
        write_atomically(out, python_source(project.network, project.name).encode())
        print(f"{out}: Python source; it builds the model without trained weights")
        return
    if Path(source).suffix.lower() in MODEL_SUFFIXES:
        raise CommandError(f"{source} is a Keras model, which has weights. Import it first: layerloom import {source}")
    if project.weights is not None:
        stored = located(project.weights, target.folder)
        check_weights(stored)
        project = project.replace(weights=stored)
    done = _export(project, folder if is_run else None, Export(format, str(out), project.name, preprocessing))
    weights = _which_weights(project, is_run) + (", preprocessing inside" if done.preprocessing else "")
    print(
        f"{out}: {weights}; loaded again, its outputs differ by at most {done.largest_difference:.1e} "
        f"on {done.images} inputs"
    )


def _which_weights(project: Project, is_run: bool) -> str:
    if not analyse(project.network).parameters:
        return "no weights, for the network has no parameters"
    if is_run:
        return "trained weights"
    if project.weights is not None:
        return "the project's stored weights"
    return "freshly initialised weights (a project holds none: name a run for those)"


def write_diagram(
    project: Project, format: Literal["svg", "png"], out: Path, theme: ThemeName, scale: float | None
) -> None:
    """Draw the network. Raises CommandError, DiagramError and FileError."""
    svg = diagram_svg(project.network, analyse(project.network), theme, project.name)
    data = svg.encode("utf-8")
    if format == "png":
        load_qt("PySide6.QtSvg")
        from app.diagram_image import diagram_png, start_drawing

        start_drawing()
        data = diagram_png(svg, scale)
    write_atomically(out, data)
    print(f"{out}: the diagram of {len(project.network)} blocks")


def _export(project: Project, run: Path | None, command: Export) -> Exported:
    """Let an engine export the model; without a run, its weights are those that training would begin with."""
    from models.runtime.quiet import quiet_stderr

    try:
        with quiet_stderr():
            from models.runtime.engine import Engine
            from models.runtime.failures import failure
            from models.runtime.run.runs import load_run
    except Exception as error:  # a broken TensorFlow raises anything while it loads
        raise CommandError(
            f'TensorFlow cannot be loaded ({error}). "layerloom doctor" says more. (Details: {log_bug()})'
        ) from error
    answers: list[Event] = []
    engine = Engine(answers.append)
    if run is None:
        engine.handle(Build(project.network, project.plan.seed, weights=project.weights))
    else:
        try:
            engine.restore(*load_run(run))
        except Exception as error:
            raise refusal(failure("Export", error)) from error
    engine.handle(command)
    for answer in answers:
        if isinstance(answer, Failed):
            raise refusal(answer)
    return next(answer for answer in answers if isinstance(answer, Exported))
