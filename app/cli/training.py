"""`layerloom train`: a run without a window, told with a progress bar or as JSON."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from app.cli.conversation import check_network, run_training
from app.cli.data_targets import find_data
from app.cli.errors import CommandError, tell
from app.cli.outputs import json_text
from app.cli.plan_options import PlanOptions
from app.settings_paths import new_run_folder, samples_folder
from models.data.preparation import preparation_for
from models.data.recognition import check_name
from models.data.sources import resolve
from models.files import is_there
from models.network.project import read_project
from models.network.weights_file import check_weights, located
from models.training.commands import Storage, Train
from models.training.events import (
    BatchesDone,
    DataPlanned,
    DataSpeed,
    EpochDone,
    Event,
    Failed,
    Ready,
    SamplesLost,
    TrainingDone,
    TrainingStarted,
)
from models.training.history import History


def train_project(
    path: Path,
    run_dir: Path | None,
    options: PlanOptions,
    data_word: str | None,
    as_json: bool,
    device: str,
) -> None:
    """Train a project file's network on a device, on another data set if one is given.

    Raises CommandError and the errors of projects and data.
    """
    project = options.applied(read_project(path))
    data = resolve(project.data, path.absolute().parent)
    if data_word is not None:
        data = find_data(data_word).source
    place = data.place()
    if place is not None:
        check_name(place)
    facts = data.glance()
    preparation = project.preparation if data_word is None else preparation_for(facts, project.preparation)
    check_network(project.network, facts)
    folder = run_dir or new_run_folder(project.name)
    if is_there(folder / "project.loom"):
        raise CommandError(f"{folder} holds a run already. Choose another folder for this one, or remove it.")
    stored = located(project.weights, path.absolute().parent) if project.weights is not None else None
    if stored is not None:
        check_weights(stored)
    command = Train(
        "run-1", project.network, data, project.plan, project.name, str(folder.absolute()),
        keep_weights=stored is not None, weights=stored, preparation=preparation,
        storage=Storage(folder=str(samples_folder())), program="command line",
    )  # fmt: skip
    told_training(command, as_json, device)


def told_training(command: Train, as_json: bool, device: str = "auto") -> None:
    """Train and tell all that comes, as lines of JSON or for people. Raises CommandError where it did not end well."""
    if as_json:
        done = run_training(command, _print_json, device)
    else:
        with Report() as report:
            done = run_training(command, report, device)
        print(done.message)
        if done.run_dir is not None:
            print(f"Run: {done.run_dir}")
    if done.reason == "diverged":
        raise CommandError(done.message)


def _print_json(event: Event) -> None:
    """A line for each epoch, counted from 1, and one for the end."""
    if isinstance(event, EpochDone):
        line: dict[str, object] = {"event": "epoch", "epoch": event.epoch + 1, "seconds": round(event.seconds, 3)}
        line |= {"loss": event.loss, "metric": event.metric}
    elif isinstance(event, TrainingDone):
        line = {"event": "done", "reason": event.reason, "message": event.message, "epochs": event.epochs}
        line |= {"run_dir": event.run_dir}
    elif isinstance(event, SamplesLost):
        print(json_text({"event": "lost", "samples": event.lost}), flush=True)
        return
    elif isinstance(event, Failed) and event.run_id is None:
        tell(event.message)
        return
    else:
        return
    line |= {"held_out_loss": event.held_out_loss, "held_out_metric": event.held_out_metric}
    print(json_text(line), flush=True)


class Report(Progress):
    """A progress bar with the latest numbers, and a line above it for each epoch."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[numbers]}", style="dim"))
        super().__init__(*columns, console=Console(highlight=False))
        self._history = History()
        self._task = self.add_task("Loading TensorFlow", total=None, numbers="")
        self._metric = ""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Ready):
            self.print(event.device + (f" – {event.reason}" if event.reason else ""), style="dim", markup=False)
            self.update(self._task, description="Building")
        elif isinstance(event, TrainingStarted):
            self._start(event)
        elif isinstance(event, BatchesDone):
            self._history.add_batches(event)
            self._advance()
        elif isinstance(event, EpochDone):
            self.print(self._epoch_line(event), markup=False)
        elif isinstance(event, DataPlanned | DataSpeed):
            self.print(event.text, style="dim", markup=False)
        elif isinstance(event, SamplesLost):
            for lost in event.lost:
                self.print(f"left out: {lost}", style="yellow", markup=False)
        elif isinstance(event, Failed) and event.run_id is None:
            tell(event.message)  # the run goes on, as when it cannot be saved

    def _start(self, event: TrainingStarted) -> None:
        self._history.start(event)
        self._metric = event.metric.replace("_", " ")
        unit = event.facts.unit
        split = f"{event.training_images:,} {unit} to train on, {event.held_out_images:,} held out"
        self.print(f"{event.facts.text}\n{split}", style="dim", markup=False)
        for broken in event.facts.broken:
            self.print(f"left out: {broken}", style="yellow", markup=False)

    def _advance(self) -> None:
        history = self._history
        assert history.started is not None
        numbers = f"loss {history.smooth_losses.values[-1]:.4f} · {history.images_per_second:,.0f} images/s"
        if history.seconds_left is not None:
            numbers += f" · {timedelta(seconds=round(history.seconds_left))} left"
        description = f"Epoch {history.epoch + 1}/{history.started.first_epoch + history.started.epochs}"
        self.update(self._task, description=description, completed=history.progress, total=1.0, numbers=numbers)

    def _epoch_line(self, event: EpochDone) -> str:
        loss, metric = (
            _with_held_out(event.loss, event.held_out_loss),
            _with_held_out(event.metric, event.held_out_metric),
        )
        return f"epoch {event.epoch + 1:>3}   loss {loss}   {self._metric} {metric}"


def _with_held_out(value: float, held_out: float | None) -> str:
    return f"{value:.4f}" if held_out is None else f"{value:.4f} (held out {held_out:.4f})"
