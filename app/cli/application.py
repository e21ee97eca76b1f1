"""The commands and their options; what they do lives in the modules beside this one.

The window's own command has none: see `app.cli.opening`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from app.cli.data import data_application
from app.cli.opening import load_qt
from app.cli.outputs import json_text
from app.cli.runs import runs_application
from app.display import has_display
from app.version import layerloom_version
from models.blocks import Shape
from models.network.project import SUFFIX
from models.training.devices import AUTO, EXPECTED, parse_choice

application = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=f"Design, train and see inside convolutional networks. `layerloom [PROJECT{SUFFIX}]` opens the window.",
)
application.add_typer(data_application, name="data", help="Look at a data set before it is trusted.")
application.add_typer(runs_application, name="runs", help="List, compare and import runs.")


def _shape(text: str) -> Shape:
    if not re.fullmatch(r"[1-9]\d{0,4}([x×][1-9]\d{0,4}){0,3}", text):
        raise typer.BadParameter(f'"{text}" is no shape; expected height x width x channels, such as 32x32x1')
    return tuple(int(size) for size in re.split("[x×]", text))


TARGET_HELP = (
    f"a {SUFFIX} file, a template such as lenet5, a notation, a .py file, or a Keras model (.keras, .h5, .json)."
)

ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT", help=f"A {SUFFIX} file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
InputShape = Annotated[
    Any,
    typer.Option(parser=_shape, metavar="HxWxC", help="Input shape for a template or notation.", show_default=False),
]
Classes = Annotated[
    int | None, typer.Option(min=1, max=100_000, help="Classes for a template or notation.", show_default=False)
]


def _device(text: str) -> str:
    try:
        parse_choice(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return text


Device = Annotated[
    str, typer.Option(parser=_device, metavar="DEVICE", help=f"What computes: {EXPECTED}. `layerloom doctor` lists it.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"layerloom {layerloom_version()}")
        raise typer.Exit


@application.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


@application.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures, models and the run.")] = Path("layerloom-demo"),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training images.")] = 15,
) -> None:
    """Train LeNet-5 on handwritten digits in the window, and export it. Needs no display."""
    load_qt()
    from app.demo import run_demo

    raise typer.Exit(run_demo(out, epochs, has_display()))


@application.command()
def zoo(as_json: AsJson = False) -> None:
    """List the architectures that LayerLoom knows, with parameters and multiply-adds."""
    from app.cli.zoo import show_zoo, zoo_report

    if as_json:
        print(json_text(zoo_report(), indent=2))
    else:
        show_zoo(Console())


@application.command()
def new(
    target: Annotated[
        str,
        typer.Argument(
            metavar="NOTATION",
            help="For example 'INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> FC 10'; also a template or a .py file.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help=f"The {SUFFIX} file to write.", show_default=False)],
    input_shape: InputShape = None,
    classes: Classes = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Make a project from a notation, a template or Python source."""
    from app.cli.creating import create

    create(target, out, input_shape, classes, force)


@application.command()
def inspect(
    target: Annotated[str, typer.Argument(help=TARGET_HELP, show_default=False)],
    input_shape: InputShape = None,
    classes: Classes = None,
    as_json: AsJson = False,
) -> None:
    """Show shapes, parameters, multiply-adds, receptive fields and problems of a network."""
    from app.cli.inspection import report, show_tables
    from app.cli.targets import find_target

    found = find_target(target, input_shape, classes)
    if as_json:
        print(json_text(report(found), indent=2))
    else:
        show_tables(found, Console())


@application.command("import")
def import_(
    model: Annotated[Path, typer.Argument(help="A .keras or .h5 file of a whole model, or a model's JSON.")],
    out: Annotated[Path, typer.Option(help=f"The {SUFFIX} file to write; the weights go beside it.")],
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Turn a Keras model into a project, with its weights. Runs nothing from the file, and needs no TensorFlow."""
    from app.cli.importing import import_model

    import_model(model, out, force)


@application.command()
def train(
    project: ProjectFile,
    run_dir: Annotated[
        Path | None, typer.Option(help="Folder for the run; by default a new one among your runs.", show_default=False)
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=100_000, help="Instead of the project's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Instead of the project's.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Plan the run like a preset, such as 'First try'.", show_default=False),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A setting of the plan, such as learning_rate=0.01 or optimizer=SGD; may be given again.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="A folder, file, zip, or name such as digits to train on, not the project's data set.",
            show_default=False,
        ),
    ] = None,
    device: Device = AUTO,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each epoch and one at the end.")
    ] = False,
) -> None:
    """Train a project without a window. Ctrl+C stops and keeps the run."""
    from app.cli.plan_options import PlanOptions
    from app.cli.training import train_project

    options = PlanOptions(preset, tuple(settings or ()), epochs, seed)
    train_project(project, run_dir, options, data, as_json, device)


@application.command()
def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False)],
    more_epochs: Annotated[int, typer.Option(min=0, max=100_000, help="Added to those that were planned.")] = 0,
    device: Device = AUTO,
    as_json: AsJson = False,
) -> None:
    """Go on with a run from its last checkpoint, exactly as if it had never ended."""
    from app.cli.resuming import resume_run

    resume_run(run, more_epochs, as_json, device)


@application.command()
def diagnose(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say in plain words what may be wrong with a run, by which numbers, and what would help."""
    from app.cli.diagnosing import diagnose_run

    diagnose_run(run, as_json)


@application.command()
def export(
    source: Annotated[str, typer.Argument(metavar="RUN_OR_TARGET", help=f"A run folder, {TARGET_HELP}")],
    out: Annotated[Path, typer.Option(help="The file, or for saved_model the folder, to write.")],
    format: Annotated[
        Literal["keras", "saved_model", "python", "svg", "png"],
        typer.Option(help="keras: one .keras file; python: source without weights; svg, png: the diagram."),
    ] = "keras",
    theme: Annotated[Literal["dark", "light"], typer.Option(help="Colours of the diagram.")] = "light",
    scale: Annotated[
        float | None,
        typer.Option(min=0.1, max=10, help="Size of the PNG; by default 2, or less for very large networks."),
    ] = None,
    preprocessing: Annotated[
        bool, typer.Option(help="Put a run's preprocessing inside the model, so that it takes samples as stored.")
    ] = True,
) -> None:
    """Write a model that loads elsewhere, its source, or its diagram. Only models need TensorFlow."""
    from app.cli.exporting import export_model

    export_model(source, format, out, theme, scale, preprocessing)


@application.command()
def doctor() -> None:
    """Say what LayerLoom runs on, and whether the GPU is used."""
    from app.cli.doctor import examine

    examine(Console())
