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
from models.training.commands import Build, Command, Evaluate, Export, Pause, Resume, Shutdown, Stop, Train
from models.training.events import (
    BatchesDone,
    Built,
    EpochDone,
    Evaluated,
    Event,
    Exported,
    Paused,
    Ready,
    Resumed,
    TrainingDone,
    TrainingStarted,
)


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
    """Answers commands as the engine does, without a model; a run goes on until Stop."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.emit: Callable[[Event], None] = lambda event: None
        self.ended = False
        self.first_steps = True
        self.ready: Event = Ready("CPU · 2 cores", False, "no GPU was found", {"tensorflow": "2", "keras": "3"})

    def __call__(self, commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
        self.emit = emit
        emit(self.ready)
        run: Train | None = None
        while not isinstance(command := commands.get(), Shutdown):
            self.commands.append(command)
            if isinstance(command, Train):
                run = command
                self._start(command)
            elif isinstance(command, Stop) and run is not None:
                emit(TrainingDone(run.run_id, "stopped", "Stopped after epoch 1.", 1, 0.5, 0.8))
            elif isinstance(command, Pause | Resume) and run is not None:
                emit((Paused if isinstance(command, Pause) else Resumed)(run.run_id))
            elif isinstance(command, Build):
                emit(Built(command.network, 1))
            elif isinstance(command, Evaluate):
                emit(Evaluated(0.1, 0.5, 2, np.eye(2, dtype=np.int64), ("a", "b")))
            elif isinstance(command, Export):
                emit(Exported(command.format, command.path, 1e-7, 64))
        self.ended = True

    def _start(self, run: Train) -> None:
        values = np.linspace(2, 1, 23, dtype=np.float32)
        self.emit(TrainingStarted(run.run_id, run.network, DIGITS_FACTS, 2, 23, 1438, 359, "cross-entropy", "accuracy"))
        if not self.first_steps:
            return
        self.emit(BatchesDone(run.run_id, 0, 23, values, 1 - values / 2, 1490.0))
        self.emit(EpochDone(run.run_id, 0, 1.0, 0.5, 1.1, 0.45, 0.1))

    def received(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]
