"""An engine and answers to questions that follow a script, so that the window's tests need no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from PySide6.QtWidgets import QDialog

from app.questions import Answer
from models.data.sources.digits import DIGITS_FACTS
from models.training.commands import (
    Build,
    Command,
    Evaluate,
    Export,
    FindLearningRate,
    Pause,
    Resume,
    SaveRun,
    SetLearningRate,
    Shutdown,
    Step,
    Stop,
    Train,
)
from models.training.events import (
    BatchesDone,
    Built,
    CheckpointWritten,
    EpochDone,
    Evaluated,
    Event,
    Exported,
    LearningRateChanged,
    LearningRatesTried,
    Paused,
    Ready,
    Resumed,
    RunSaved,
    TrainingDone,
    TrainingStarted,
)
from models.training.runs.layout import CHECKPOINTS

STEPS = 23
"""Of an epoch of the scripted run."""


@dataclass
class ScriptedQuestions:
    """Answers in place of dialogs, and what was asked."""

    save: Answer = Answer.NO
    stop: bool = True
    open_copy: bool = True
    path: Path | None = None
    text: str | None = None
    accept: bool = True
    asked: list[str] = field(default_factory=list)

    def save_changes(self, name: str) -> Answer:
        self.asked.append(f"save {name}")
        return self.save

    def stop_training(self) -> bool:
        self.asked.append("stop")
        return self.stop

    def open_locked(self, path: Path, holder: str) -> bool:
        self.asked.append(f"locked {path.name}: {holder}")
        return self.open_copy

    def open_path(self, folder: Path) -> Path | None:
        return self.path

    def save_path(self, suggestion: Path, title: str, kinds: str, suffix: str = "") -> Path | None:
        add = self.path is not None and not self.path.name.endswith(suffix)  # as the dialog does
        return self.path.with_name(self.path.name + suffix) if add else self.path

    def ask_text(self, title: str, question: str, suggestion: str, may_be_empty: bool = False) -> str | None:
        self.asked.append(f"{title}: {suggestion}")
        return self.text

    def data_folder(self, title: str, folder: Path) -> Path | None:
        return self.path

    def data_file(self, title: str, kinds: str, folder: Path) -> Path | None:
        return self.path

    def accepts(self, dialog: QDialog) -> bool:
        self.asked.append(f"dialog {dialog.objectName()}")
        return self.accept

    def tell(self, title: str, text: str) -> None:
        self.asked.append(f"tell {title}: {text}")


class ScriptedEngine:
    """Answers commands as the engine does, without a model; a run goes on until Stop.

    Attributes:
        first_steps: whether a run takes its first epoch's steps at once.
        checkpoints: whether a run's folder gets a checkpoint (an empty file) after them.
        failing: reasons, by the name of a project, for which its runs fail at once.
    """

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.emit: Callable[[Event], None] = lambda event: None
        self.ended = False
        self.first_steps = True
        self.checkpoints = False
        self.failing: dict[str, Event] = {}
        self.ready: Event = Ready("CPU · 2 cores", False, "no GPU was found", {"tensorflow": "2", "keras": "3"})
        self._run: Train | None = None
        self._steps = 0  # of the run

    def __call__(self, commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
        self.emit = emit
        emit(self.ready)
        while not isinstance(command := commands.get(), Shutdown):
            self.commands.append(command)
            self._answer(command)
        self.ended = True

    def _answer(self, command: Command) -> None:
        run, emit = self._run, self.emit
        match command:
            case Train():
                self._train(command)
            case Stop() if run is not None:
                self._run = None
                emit(TrainingDone(run.run_id, "stopped", "Stopped after epoch 1.", 1, 0.5, 0.8))
            case Pause() | Resume() if run is not None:
                emit((Paused if isinstance(command, Pause) else Resumed)(run.run_id))
            case Step() if run is not None:
                self._take_steps(run, command.count)
                emit(Paused(run.run_id))
            case SetLearningRate() if run is not None:
                emit(LearningRateChanged(run.run_id, self._steps, command.learning_rate))
            case SaveRun():
                emit(RunSaved(command.run_dir, run.run_id if run is not None else None))
            case FindLearningRate():
                rates = np.geomspace(command.low, command.high, 5, dtype=np.float32)
                emit(LearningRatesTried(rates, 1 / rates, 0.01, done=True, text="0.01 falls fastest."))
            case Build():
                emit(Built(command.network, 1))
            case Evaluate():
                emit(Evaluated(0.1, 0.5, 2, np.eye(2, dtype=np.int64), ("a", "b")))
            case Export():
                emit(Exported(command.format, command.path, 1e-7, 64))

    def _train(self, run: Train) -> None:
        self._run = run
        if run.project_name in self.failing:
            self._run = None
            self.emit(self.failing[run.project_name])
            return
        epochs, before = (run.plan.epochs if run.resume else 2), (1 if run.resume else 0)
        self._steps = before * STEPS
        self.emit(
            TrainingStarted(
                run.run_id, run.network, DIGITS_FACTS, epochs + run.more_epochs - before, STEPS, 1438, 359,
                "cross-entropy", "accuracy", run.run_dir, before, self._steps, plan=run.plan,
            )
        )  # fmt: skip
        if not self.first_steps:
            return
        self._take_steps(run, STEPS)
        self.emit(EpochDone(run.run_id, before, 1.0, 0.5, 1.1, 0.45, 0.1))
        if self.checkpoints and run.run_dir is not None:
            file = Path(run.run_dir) / CHECKPOINTS / f"step-{self._steps:08}.npz"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            self.emit(CheckpointWritten(run.run_id, self._steps, before, str(file)))

    def _take_steps(self, run: Train, count: int) -> None:
        self._steps += count
        epoch, step = divmod(self._steps - 1, STEPS)
        values = np.linspace(2, 1, count, dtype=np.float32)
        self.emit(BatchesDone(run.run_id, epoch, step + 1, values, 1 - values / 2, 1490.0))

    def finish(self, reason: str = "finished", message: str = "Trained.") -> None:
        """End the run under way, as a run does that comes to its planned end."""
        run, self._run = self._run, None
        assert run is not None
        self.emit(TrainingDone(run.run_id, reason, message, 2, 0.1, 0.97, run.run_dir))  # type: ignore[arg-type]

    def received(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]
