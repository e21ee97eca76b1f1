"""Runs on the disk: their last weights, and all that is needed to go on with one."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from models.data.facts import DataError
from models.data.sources import Source
from models.files import FileError, is_file, read_at_most
from models.network.project import Project, read_project
from models.network.weights_file import read_weights
from models.runtime.failures import RequestError
from models.runtime.live_model import Weights
from models.runtime.run.checkpoints import FoundCheckpoint, best_checkpoint, newest_checkpoint
from models.runtime.run.run_record import RunRecord
from models.runtime.run.trainer import RunStart
from models.training.commands import Train
from models.training.events import TrainingStarted
from models.training.runs.following import RunFollower
from models.training.runs.layout import ALIVE, DESCRIPTION, PROJECT, Alive, RunDescription, checkpoints_of
from models.training.runs.summarizing import OLD_CHECKPOINT, is_alive

MAX_DESCRIPTION = 2**20


def load_run(run_dir: Path) -> tuple[Project, Weights]:
    """The project of a run as trained, and its last weights. Raises ProjectError or FileError."""
    project = read_project(run_dir / PROJECT)
    if not checkpoints_of(run_dir) and is_file(run_dir / OLD_CHECKPOINT):  # written before there were several
        return project, read_weights(run_dir / OLD_CHECKPOINT)
    return project, newest_checkpoint(run_dir).checkpoint.weights


@dataclass(frozen=True, eq=False)
class FoundRun:
    """A run that is gone on with.

    Attributes:
        command: to train what the run trained, as it did.
        project: as trained, with the epochs that are added.
        found: its newest checkpoint.
        other_data: where the command found the data set, should it no longer be where it was.
    """

    command: Train
    project: Project
    description: RunDescription
    found: FoundCheckpoint
    other_data: Source

    @property
    def folder(self) -> Path:
        return self.found.path.parent.parent

    def start(self) -> RunStart:
        """Where it goes on. Raises FileError for a checkpoint without curves."""
        checkpoint = self.found.checkpoint
        state = checkpoint.state.extended(self.command.more_epochs)
        try:
            record = RunRecord.of(checkpoint.record, self.command.network, self.command.run_id)
        except (KeyError, ValueError) as error:
            raise FileError(f"{self.found.path} is damaged: its curves cannot be read ({error}).") from error
        return RunStart(self.command, state, record, checkpoint, best_checkpoint(self.folder))

    def check_data(self, fingerprint: str, samples: int) -> None:
        """Raise DataError where the data set is not the one that the run was trained on."""
        if fingerprint == self.description.fingerprint:
            return
        known = self.description.samples
        counts = f"{samples:,} samples, and had {known:,}" if samples != known else f"{samples:,} samples as before"
        raise DataError(
            f"{self.description.data} has changed since this run was trained on it (it has {counts}), so the run "
            "cannot go on as it was. Bring the data set back as it was, or start a new run that keeps the weights."
        )

    def has_whole_log(self, started: TrainingStarted) -> bool:
        """Whether the log tells all steps that lie behind."""
        history = RunFollower(self.folder, self.project).read_all()
        history.start(started)
        return history.steps == started.first_step


def find_run(command: Train) -> FoundRun:
    """The run that a command wants to go on with. Raises RequestError, ProjectError or FileError."""
    if command.run_dir is None:
        raise RequestError("A run goes on from its folder, and none was named. Choose a run, or train anew.")
    folder = Path(command.run_dir)
    _check_free(folder)
    project = read_project(folder / PROJECT)
    if not checkpoints_of(folder) and is_file(folder / OLD_CHECKPOINT):
        raise RequestError(
            f"{folder} was written by an earlier LayerLoom, which kept the weights and not all that going on exactly "
            "needs. Export the run, or train its project again."
        )
    found = newest_checkpoint(folder)
    description = RunDescription.model_validate_json(read_at_most(folder / DESCRIPTION, MAX_DESCRIPTION))
    state = found.checkpoint.state.extended(command.more_epochs)
    plan = state.plan.replace(epochs=state.end_epoch)
    resumed = replace(
        command,
        network=project.network,
        data=project.data,
        preparation=project.preparation,
        plan=state.plan,
        project_name=project.name,
        keep_weights=False,
        weights=None,
    )
    return FoundRun(resumed, project.replace(plan=plan), description, found, command.data)


def check_vacant(folder: Path, run: RunDescription) -> None:
    """Raise RequestError for a folder that holds another run: it would be lost."""
    if not is_file(folder / PROJECT):
        return
    try:
        there = RunDescription.model_validate_json(read_at_most(folder / DESCRIPTION, MAX_DESCRIPTION)).id
    except (FileError, ValueError):
        there = None
    if there != run.id:
        raise RequestError(f"{folder} holds another run already. Choose another folder for this one.")


def _check_free(folder: Path) -> None:
    """Raise RequestError for a run that another process is writing."""
    try:
        alive = Alive.model_validate_json(read_at_most(folder / ALIVE, MAX_DESCRIPTION))
    except (FileError, ValueError):
        return
    is_mine = (alive.host, alive.process) == (socket.gethostname(), os.getpid())
    if is_alive(folder) and not is_mine:
        raise RequestError(
            f"{folder} is being trained at this moment by process {alive.process} on {alive.host}. Stop it there "
            "first, or watch it."
        )
