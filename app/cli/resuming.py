"""`layerloom resume`: a run goes on from its last checkpoint, exactly as if it had never ended."""

from __future__ import annotations

from pathlib import Path

from app.cli.errors import CommandError
from app.cli.run_tables import summary_of
from app.cli.training import told_training
from app.settings_paths import samples_folder
from models.network.project import read_project
from models.training.commands import Storage, Train
from models.training.runs.layout import PROJECT


def resume_run(folder: Path, more_epochs: int, as_json: bool, device: str = "auto") -> None:
    """Go on with a run, with more epochs than were planned where they are given. Raises CommandError."""
    run = summary_of(folder)
    if run.status == "running":
        raise CommandError(f"{folder} is being trained at this moment. Stop that first, or watch it in the window.")
    if not run.resumable:
        raise CommandError(f"{folder} has no checkpoint to go on from. Train its project anew: {folder / PROJECT}")
    if not more_epochs and run.status == "finished":
        raise CommandError(f"{folder} has done all its {run.epochs} epochs. Say how many more: --more-epochs 10.")
    project = read_project(folder / PROJECT)
    command = Train(
        "run-1", project.network, project.data, project.plan, project.name, str(folder.absolute()),
        preparation=project.preparation, storage=Storage(folder=str(samples_folder())), resume=True,
        more_epochs=more_epochs,
    )  # fmt: skip
    told_training(command, as_json, device)
