"""`Engine`: takes commands and emits events. It owns the Keras model, in the one thread in which it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from models.data.facts import DataError
from models.data.memory import physical_memory
from models.network.project import Project
from models.runtime.bench import Bench
from models.runtime.data_desk import DataDesk
from models.runtime.device import prepare
from models.runtime.evaluation import comparison_inputs, evaluated, raw_inputs
from models.runtime.exporters import export
from models.runtime.failures import RequestError, failure
from models.runtime.inbox import Inbox
from models.runtime.live_model import LiveModel, Weights
from models.runtime.looking import Looking
from models.runtime.previews import previewed
from models.runtime.probes import Prober
from models.runtime.run.running import Machine, Running
from models.runtime.step.run_data import RunData
from models.training.commands import (
    Build,
    Command,
    Evaluate,
    Export,
    FindLearningRate,
    Pause,
    Predict,
    PreviewBatch,
    Resume,
    SaveRun,
    SetLearningRate,
    Shutdown,
    Step,
    Stop,
    Storage,
    Train,
    Watch,
)
from models.training.events import Built, Evaluated, Event, Exported, Ready

WORDS = {
    Build: "Building", Train: "Training", Pause: "Pause", Resume: "Resume", Stop: "Stop", Watch: "Watching",
    Evaluate: "Evaluation", Predict: "Prediction", PreviewBatch: "Preview", Export: "Export", Shutdown: "Shutdown",
    Step: "Step", SetLearningRate: "Learning rate", SaveRun: "Saving the run",
    FindLearningRate: "Finding a learning rate",
}  # fmt: skip


class Engine:
    """Answers commands, one after the other; while it trains it looks at `commands` between chunks of steps.

    Make and use it in one thread: Keras's state belongs to a thread. Only `commands` may be filled from others.

    Attributes:
        commands: what `run` answers, and what is looked at during training in any case.
        ready: what computes, and the versions.
    """

    def __init__(
        self, emit: Callable[[Event], None], commands: SimpleQueue[Command] | None = None, device: str = "auto"
    ) -> None:
        self.commands: SimpleQueue[Command] = commands if commands is not None else SimpleQueue()
        self.ready = prepare(device)
        self._emit = emit
        self._inbox = Inbox(self.commands)
        self._bench = Bench(emit)
        self._looking = Looking(self._bench, emit)
        self._running = Running(self._bench, self._inbox, emit, self, _machine(self.ready))
        self._closing = False

    def run(self) -> None:
        """Say Ready, then answer commands until Shutdown."""
        self._emit(self.ready)
        while not (self._closing or self._running.closing):
            self.handle(self._inbox.next(block=True))
        self._desk.forget_prepared()

    def handle(self, command: Command) -> None:
        """Answer one command; exceptions become Failed events. Training returns when the run has ended."""
        try:
            self._answer(command)
        except Exception as error:
            run_id = command.run_id if isinstance(command, Train) else None
            self._emit(failure(WORDS[type(command)], error, run_id))

    def restore(self, project: Project, weights: Weights) -> None:
        """Take up a finished run: its network with its weights, and its images where they can still be read.

        Raises NetworkError where the two do not belong together.
        """
        self._bench.restore(project.network, project.plan.seed, project.name, weights)
        try:
            self._bench.data = self._desk.run_data(
                project.network, project.data, project.preparation, project.plan, Storage()
            )
        except DataError:
            prober = self._looking.prober
            prober.watch = replace(prober.watch, preparation=project.preparation)
            self._bench.restored = True  # the samples are gone; the model is not

    # --- what is at hand ----------------------------------------------------------------------------------------------
    @property
    def _live(self) -> LiveModel | None:
        return self._bench.live

    @property
    def _data(self) -> RunData | None:
        return self._bench.data

    @property
    def _desk(self) -> DataDesk:
        return self._running.desk

    @property
    def _prober(self) -> Prober:
        return self._looking.prober

    # --- what runs ask for --------------------------------------------------------------------------------------------
    def watch(self, command: Watch) -> None:
        """Show something else from the next probe on."""
        self._prober.watch = command

    def probe(self) -> None:
        """Show what is watched now."""
        self._looking.probe()

    @property
    def probe_is_due(self) -> bool:
        """Whether the time budget allows another probe."""
        return self._prober.is_due

    # --- answers ----------------------------------------------------------------------------------------------------
    def _answer(self, command: Command) -> None:
        match command:
            case Build():
                self._build(command)
            case Train():
                self._running.train(command, self._looking)
            case FindLearningRate():
                self._running.find_learning_rate(command)
            case SaveRun():
                self._running.save(command)
            case Watch():
                self.watch(command)
                self.probe()
            case PreviewBatch():
                self._emit(previewed(self._desk, command, again=not self._running.is_running))
            case Evaluate():
                self._emit(self._evaluate(command.part))
            case Predict():
                self._emit(self._looking.predict(command.image))
            case Export():
                self._emit(self._export(command))
            case Shutdown():
                self._closing = True
            case Pause() | Resume() | Step() | SetLearningRate() | Stop():
                return  # the run that was meant has ended meanwhile

    def _build(self, command: Build) -> None:
        if command.fresh:
            self._bench.forget()
        live = self._bench.model(command.network, command.seed, not command.fresh, stored=command.weights)
        self._emit(Built(command.network, live.model.count_params(), live.trained_nodes))
        self.probe()

    def _evaluate(self, part: Literal["validation", "test"]) -> Evaluated:
        live = self._bench.there()
        if self._data is None:
            raise RequestError("The network has not been trained yet. Train it, then evaluate.")
        return evaluated(live, self._data, part)

    def _export(self, command: Export) -> Exported:
        live, (chain, white) = self._bench.there(), self._looking.chain
        trained = self._data is not None or self._bench.restored  # before that no data set's samples are taken
        inside = trained and command.preprocessing and command.format != "python" and bool(chain.preprocessing)
        raw = raw_inputs(live, self._data, chain, white) if inside else None
        inputs = comparison_inputs(live, self._data)
        return export(live, command.format, Path(command.path), command.project_name, inputs, raw)


def _machine(ready: Ready) -> Machine:
    """What computes, and how much of its memory there is, where that is known."""
    return Machine(ready.device, (ready.memory if ready.gpu else 0) or physical_memory() or sys.maxsize)
