"""`Breaks`: what happens between two chunks of steps: commands are answered, and a pause is held."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty
from typing import Protocol

from pydantic import ValidationError

from models.runtime.failures import RequestError, failure
from models.runtime.inbox import Inbox
from models.runtime.run.trainer import Trainer
from models.training.commands import (
    Build,
    Command,
    Export,
    FindLearningRate,
    Pause,
    Resume,
    SetLearningRate,
    Shutdown,
    Step,
    Stop,
    Train,
    Watch,
)
from models.training.events import Event, Failed, Paused, Resumed


class Answerer(Protocol):
    """Whoever owns the model: what breaks ask of it."""

    def handle(self, command: Command) -> None:
        """Answer a command as always."""

    def watch(self, command: Watch) -> None:
        """Show something else from the next probe on."""

    def probe(self) -> None:
        """Show what is watched now."""

    @property
    def probe_is_due(self) -> bool:
        """Whether the time budget allows another probe."""


WORDS: dict[type[Command], str] = {
    Build: "Building", Train: "Training", Export: "Export", FindLearningRate: "Finding a learning rate",
}  # fmt: skip


class Breaks:
    """One run's breaks. Once the run is stopping, all but Shutdown is put off until it has ended.

    Attributes:
        closing: whether Shutdown came.
    """

    def __init__(self, inbox: Inbox, emit: Callable[[Event], None], answerer: Answerer, trainer: Trainer) -> None:
        self.closing = False
        self._inbox = inbox
        self._emit = emit
        self._answerer = answerer
        self._trainer = trainer
        self._paused = False

    def take(self) -> None:
        """Answer what was asked meanwhile, and probe when the time budget allows; hold here while paused."""
        trainer = self._trainer
        if trainer.stopping:
            if isinstance(self._inbox.awaited_end(), Shutdown):
                self._end(Shutdown())
            return
        if trainer.stepper.allowed is not None and trainer.stepper.allowed <= 0:
            self._pause()
        while not trainer.stopping:
            try:
                command = self._inbox.next(block=self._paused)
            except Empty:
                break
            self._answer(command)
        if self._answerer.probe_is_due and not trainer.stopping:
            began = time.perf_counter()
            self._answerer.probe()
            trainer.add_probe(time.perf_counter() - began)

    def _answer(self, command: Command) -> None:
        match command:
            case Pause():
                if not self._paused:
                    self._pause()
            case Resume():
                self._trainer.stepper.allowed = None
                if self._paused:
                    self._go_on()
                    self._emit(Resumed(self._trainer.run_id))
            case Step():
                self._step(max(command.count, 1))
            case Stop() | Shutdown():
                self._end(command)
            case SetLearningRate():
                self._set_learning_rate(command)
            case Build() | Train() | Export() | FindLearningRate():
                run_id = command.run_id if isinstance(command, Train) else None
                text = "Training is running. Stop it first, then ask again."
                self._emit(Failed(WORDS[type(command)], text, run_id=run_id))
            case Watch() if not self._paused:
                self._answerer.watch(command)  # the next probe that the time budget allows shows it
            case _:
                self._answerer.handle(command)

    def _pause(self) -> None:
        self._trainer.stepper.allowed = None
        self._trainer.hold()
        self._paused = True
        self._emit(Paused(self._trainer.run_id))
        self._answerer.probe()

    def _go_on(self) -> None:
        self._trainer.stopwatch.go_on()
        self._paused = False

    def _step(self, count: int) -> None:
        """Some batches, then the pause goes on; without one there is nothing to step through."""
        stepper = self._trainer.stepper
        if self._paused:
            stepper.allowed = count
            self._go_on()
        elif stepper.allowed is not None:
            stepper.allowed += count

    def _end(self, command: Stop | Shutdown) -> None:
        self._trainer.stopping = True
        if isinstance(command, Shutdown):
            self.closing = self._trainer.abandoned = True
        if self._paused:
            self._go_on()

    def _set_learning_rate(self, command: SetLearningRate) -> None:
        try:
            self._emit(self._trainer.set_learning_rate(command.learning_rate))
        except ValidationError:
            text = f"The learning rate was {command.learning_rate}; expected a number above 0, at most 1,000,000."
            self._emit(failure("Learning rate", RequestError(text)))
