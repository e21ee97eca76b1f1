"""`layerloom export`: the trained model of a run, or a project's model as it starts."""

from __future__ import annotations

from pathlib import Path

from app.bug_log import log_bug
from app.cli.conversation import check_network, refusal
from app.cli.errors import CommandError
from models.files import write_atomically
from models.network.project import Project, read_project
from models.network.python_source import python_source
from models.network.weights_file import check_weights, located
from models.training.commands import Build, Export, ExportFormat
from models.training.events import Event, Exported, Failed


def export_model(source: Path, format: ExportFormat, out: Path) -> None:
    """Export a run folder or a project file. Raises CommandError and the errors of files and projects."""
    if format == "keras" and out.suffix != ".keras":
        raise CommandError(
            f"{out} does not end in .keras, and Keras would not load it. Write {out.stem}.keras instead."
        )
    is_run = source.is_dir()
    if is_run and not (source / "project.loom").exists():
        raise CommandError(f"{source} is no run folder: it holds no project.loom. Name a run's folder or a .loom file.")
    project = read_project(source / "project.loom" if is_run else source)
    check_network(project.network, None)
    if format == "python":
        write_atomically(out, python_source(project.network, project.name).encode())
        print(f"{out}: Python source; it builds the model without trained weights")
        return
    if project.weights is not None:
        stored = located(project.weights, source.absolute().parent)
        check_weights(stored)
        project = project.replace(weights=stored)
    done = _export(project, source if is_run else None, format, out)
    fresh = "freshly initialised weights (a project holds none: name a run for those)"
    weights = "trained weights" if is_run else fresh if project.weights is None else "the project's stored weights"
    print(
        f"{out}: {weights}; loaded again, its outputs differ by at most {done.largest_difference:.1e} "
        f"on {done.images} inputs"
    )


def _export(project: Project, run: Path | None, format: ExportFormat, out: Path) -> Exported:
    """Let an engine export the model; without a run, its weights are those that training would begin with."""
    from models.runtime.quiet import quiet_stderr

    try:
        with quiet_stderr():
            from models.runtime.engine import Engine
            from models.runtime.failures import failure
            from models.runtime.runs import load_run
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
    engine.handle(Export(format, str(out), project.name))
    for answer in answers:
        if isinstance(answer, Failed):
            raise refusal(answer)
    return next(answer for answer in answers if isinstance(answer, Exported))
