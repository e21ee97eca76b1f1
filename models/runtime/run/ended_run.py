"""`EndedRun`: what is kept of the last run, so that it can still be saved elsewhere."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from models.files import FileError, reason
from models.runtime.exporters import save_keras
from models.runtime.failures import RequestError
from models.runtime.live_model import LiveModel
from models.runtime.run.checkpoints import Checkpoint
from models.runtime.run.run_folder import RunFolder, RunIdentity
from models.runtime.run.run_record import RunRecord
from models.training.events import TrainingDone, TrainingStarted
from models.training.runs.layout import ALIVE, MODEL, PROJECT


@dataclass(frozen=True, eq=False)
class EndedRun:
    """A run that has ended.

    Attributes:
        identity, started, record, done: what its folder says.
        folder: where it is saved; None where it could not be, or was not to be.
        checkpoint, best: its end and its best weights, where it is not saved.
    """

    identity: RunIdentity
    started: TrainingStarted
    record: RunRecord
    done: TrainingDone
    folder: Path | None
    checkpoint: Checkpoint | None
    best: Checkpoint | None

    def save(self, path: Path, live: LiveModel | None) -> None:
        """Save it into another folder. Raises FileError or RequestError.

        `live` is the model there is: the whole model is written where it is still the run's.
        """
        if self.folder is not None and (self.folder / PROJECT).is_file():
            self._copy(self.folder, path)
        elif self.checkpoint is not None:
            self._write(path, self.checkpoint, live)
        else:
            raise RequestError(
                f"The run's folder {self.folder} is no longer there. Bring it back, or export the model, which is "
                "still in memory."
            )

    def _copy(self, folder: Path, path: Path) -> None:
        try:
            shutil.copytree(folder, path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(ALIVE, ".*.part"))
        except (OSError, shutil.Error) as error:
            told = reason(error) if isinstance(error, OSError) and error.errno else str(error)
            raise FileError(f"{path} was not written: {told}") from error

    def _write(self, path: Path, checkpoint: Checkpoint, live: LiveModel | None) -> None:
        folder = RunFolder(path, replace(self.identity, known=None))
        try:
            folder.begin(self.record.events(self.started))
            folder.write_checkpoint(checkpoint, self.best)
            if live is not None and live.network == self.started.network:
                save_keras(live, path / MODEL, self.identity.project.name)
            folder.append([replace(self.done, run_dir=str(path))])
            folder.end()
        except OSError:
            with suppress(OSError):
                folder.let_go()
            raise
