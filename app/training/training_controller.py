"""`TrainingController`: sends the engine commands, and tells the views once per tick what happened."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.runs.run_reader import RunReader
from app.training.engine_link import CLOSING_S, EngineLink, MakeHost
from app.training.engine_state import State, following
from models.data.sources import Source
from models.network.graph import Network
from models.network.project import Project, StoredWeights
from models.training.commands import (
    Build,
    FindLearningRate,
    Pause,
    Resume,
    SaveRun,
    SetLearningRate,
    Step,
    Stop,
    Storage,
    Train,
)
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    Built,
    CheckpointWritten,
    EngineEnded,
    EpochDone,
    Event,
    Failed,
    LearningRateChanged,
    RunSaved,
    TrainingDone,
    TrainingStarted,
)
from models.training.history import History
from models.training.runs.following import apply_to

__all__ = ["MakeHost", "State", "TrainingController"]


class TrainingController(EngineLink):
    """The window's side of the engine: builds, runs, and what they come to.

    Attributes:
        history: the curves; their steps are counted over all runs that went on from one another.
        trained_network: the network of the last run that took a step: with it the engine's weights belong. Before that,
            `start_weights` are what networks begin with, by an absolute path, and `built` says which blocks they were
            for.
        run_source: the data set of the last run, as the project had it.
        run_dir: the folder of the run that the curves belong to.
        learning_rate: the plan's in the run under way, as it was asked for last; None without a run.
        has_begun: whether the run under way takes steps, its data being prepared.
        checkpoint_at: when its last checkpoint was written, by `time.monotonic()`; None before there is one.

    Signals (with those of EngineLink, whose events count steps as `history` does):
        built_changed: `built` is another one.
    """

    built_changed = Signal()

    def __init__(self, make_host: MakeHost, parent: QObject | None = None) -> None:
        super().__init__(make_host, parent)
        self.history = History()
        self.trained_network: Network | None = None
        self.start_weights: StoredWeights | None = None
        self.built: Built | None = None
        self.run_source: Source | None = None
        self.run_dir: str | None = None
        self.learning_rate: float | None = None
        self.checkpoint_at: float | None = None
        self.has_begun = False
        self._run: Train | None = None
        self._run_number = 0
        self._other_steps = 0  # in the curves, of runs that the present one went on from
        self._steps_before = 0
        self._reader = RunReader(self)

    def _forget_engine(self) -> None:
        """What the engine had learned has gone with it."""
        self.trained_network = self.built = None

    def build(self, network: Network, seed: int) -> None:
        """Have the network built, so that its maps can be seen; trained weights that still fit are kept."""
        if not self.is_busy:
            self.send(Build(network, seed, fresh=self.trained_network is None, weights=self.start_weights))

    def shut_down(self, timeout: float = CLOSING_S) -> bool:
        """End the engine, with a checkpoint where it trains; the answer says whether it ended in time."""
        self._reader.give_up()
        return super().shut_down(timeout)

    def forget(self) -> None:
        """Let go of what was trained: it belongs to another project. A run under way is stopped and not shown."""
        if self.is_busy:
            self.send(Stop())
            self._set_state(State.IDLE)
        self._forget_engine()
        self._reader.give_up()
        self._run = self.run_dir = self.run_source = None
        self.learning_rate = self.checkpoint_at = None
        self.has_begun = False
        self.history = History()

    @property
    def run_name(self) -> str:
        """What the project of the run under way is called; empty without one."""
        return self._run.project_name if self._run is not None else ""

    # --- runs -------------------------------------------------------------------------------------------------------
    def train(self, project: Project, data: Source, run_dir: str | None, storage: Storage, keep_weights: bool) -> None:
        """Start a run of a project on its data set as it was found.

        With `keep_weights` it goes on from the weights there are, and so do the curves.
        """
        if not self.is_busy:
            self.run_source = project.data
            self._begin(self._command(project, data, run_dir, storage, keep_weights=keep_weights))

    def resume_run(self, run_dir: Path, project: Project, data: Source, storage: Storage, more_epochs: int = 0) -> None:
        """Go on with the run in a folder, whose project this is, from its last checkpoint: the same curves go on.

        They are read from the folder where the window does not show them already.
        """
        if self.is_busy:
            return
        how = {"keep_weights": True, "resume": True, "more_epochs": more_epochs}
        command = self._command(project, data, str(run_dir), storage, **how)
        self.run_source = project.data
        if self.run_dir == str(run_dir) and self.history.steps:
            self._begin(command)
            return
        self.history, self._other_steps = History(), 0
        self._run = command
        self._set_state(State.TRAINING)
        self._reader.read(run_dir, project, lambda history: self._resume_with(command, history))

    def _resume_with(self, command: Train, history: History) -> None:
        """The curves of a run have been read."""
        history.end()
        self.history = history
        self._begin(command)

    def _command(self, project: Project, data: Source, run_dir: str | None, storage: Storage, **how: object) -> Train:
        self._run_number += 1
        return Train(
            run_id=f"run-{self._run_number}",
            network=project.network,
            data=data,
            plan=project.plan,
            project_name=project.name,
            run_dir=run_dir,
            weights=self.start_weights,
            preparation=project.preparation,
            storage=storage,
            **how,  # type: ignore[arg-type]
        )

    def _begin(self, command: Train) -> None:
        self._run = command
        self.run_dir = command.run_dir
        changes = self.history.rate_changes if command.resume else ()
        self.learning_rate = changes[-1].learning_rate if changes else command.plan.learning_rate
        self.checkpoint_at = None
        self.send(command)
        self._set_state(State.TRAINING)

    def pause(self) -> None:
        """Hold the run, or let it go on."""
        if self.state is State.TRAINING:
            self.send(Pause())
        elif self.state is State.PAUSED:
            self.send(Resume())

    def step(self, count: int = 1) -> None:
        """While paused: take one batch, or some, and hold again."""
        if self.state is State.PAUSED:
            self.send(Step(count))

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the plan's learning rate for what is left of the run; the schedule goes on as a factor of it."""
        if self.state in (State.TRAINING, State.PAUSED) and not self._reader.is_reading:
            self.learning_rate = learning_rate
            self.send(SetLearningRate(learning_rate))

    def stop(self) -> None:
        """End the run, or the search for a learning rate, after the steps under way; its weights stay."""
        if self._reader.is_reading:  # it has not begun
            self._reader.give_up()
            self._run = None
            self._set_state(State.IDLE)
        elif self.is_training and self.state is not State.STOPPING:
            self._set_state(State.STOPPING)
            self.send(Stop())
        elif self.state is State.FINDING:
            self.send(Stop())

    def find_learning_rate(self, project: Project, data: Source, storage: Storage, **how: object) -> None:
        """Try rising learning rates; `how` has fields of FindLearningRate. LearningRatesTried tells what was found."""
        if self.is_busy:
            return
        self.send(
            FindLearningRate(project.network, data, project.plan, project.preparation, storage, **how)  # type: ignore[arg-type]
        )
        self._set_state(State.FINDING)

    def save_run(self, run_dir: Path) -> None:
        """Write the run, under way or ended, into another folder from now on."""
        self.send(SaveRun(str(run_dir)))

    # --- events -----------------------------------------------------------------------------------------------------
    def _take(self, event: Event) -> bool:
        """Take one event in; the answer says whether the curves have grown."""
        run_id = getattr(event, "run_id", None)
        if run_id is not None and (self._run is None or run_id != self._run.run_id):
            return False  # of a run that is over
        event = self._counted(event)
        apply_to(self.history, event)
        if isinstance(event, BatchesDone):
            return True
        self._note(event)
        self._follow_state(event)
        self.event_received.emit(event)
        return isinstance(event, EpochDone | TrainingStarted | LearningRateChanged | BlocksMeasured)

    def _counted(self, event: Event) -> Event:
        """The event with steps counted as in the curves, where earlier runs may come first."""
        if isinstance(event, TrainingStarted):
            self._begin_curves(event)
            return replace(event, first_step=event.first_step + self._other_steps)
        if isinstance(event, LearningRateChanged | BlocksMeasured | CheckpointWritten) and self._other_steps:
            return replace(event, step=event.step + self._other_steps)
        return event

    def _begin_curves(self, event: TrainingStarted) -> None:
        assert self._run is not None
        if not self._run.keep_weights:
            self.history, self._other_steps = History(), 0
        elif not self._run.resume:
            self._other_steps = self.history.steps - event.first_step
        self._steps_before = min(self.history.steps, event.first_step + self._other_steps)

    def _note(self, event: Event) -> None:
        match event:
            case Built():
                self.built = event
                self.built_changed.emit()
            case TrainingStarted():
                self.has_begun = True
            case LearningRateChanged(reason="plateau"):
                self.learning_rate = event.learning_rate
            case CheckpointWritten():
                self.checkpoint_at = time.monotonic()
            case RunSaved():
                self.run_dir = event.run_dir
            case EngineEnded():
                self._forget_engine()
            case TrainingDone() if self._run is not None:
                resumed = self._run.resume and self.history.steps > 0
                if resumed or self.history.steps > self._steps_before:
                    self.trained_network = self._run.network

    def _follow_state(self, event: Event) -> None:
        if isinstance(event, TrainingDone) or (isinstance(event, Failed) and event.run_id is not None):
            self._end_run()
        state = following(self.state, event)
        if state is State.BROKEN:
            self._end_run()
        self._set_state(state)

    def _end_run(self) -> None:
        self._run = self.learning_rate = None
        self.has_begun = False
        self.history.end()
