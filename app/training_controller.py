"""`TrainingController`: owns the engine's thread, sends it commands, tells the views once per tick what happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, QTimer, Signal

from models.data.preparation import Preparation
from models.data.sources import Source
from models.network.graph import Network
from models.network.project import Project, StoredWeights
from models.training.commands import Build, Command, Pause, Resume, Shutdown, Stop, Storage, Train, Watch
from models.training.events import (
    BatchesDone,
    Built,
    EpochDone,
    Event,
    Failed,
    Paused,
    Probed,
    Ready,
    Resumed,
    TrainingDone,
    TrainingStarted,
)
from models.training.history import History

TICK_MS = 33
"""How often the views are told: 30 times a second."""

EVENTS_PER_TICK_S = 0.004
"""Time for applying events in one tick, so that a flood of them cannot hold the window."""

EngineMain = Callable[["SimpleQueue[Command]", Callable[[Event], None]], None]


class State(Enum):
    """What the engine is doing, as far as the window knows."""

    STARTING = auto()
    IDLE = auto()
    TRAINING = auto()
    PAUSED = auto()
    STOPPING = auto()
    BROKEN = auto()


class TrainingController(QObject):
    """The window's side of the engine. All of its methods and signals belong to the window's thread.

    `trained_network` is the network of the last run that took a step: with it the engine's weights belong. Before that,
    `start_weights` are what networks begin with, by an absolute path, and `built` says which blocks they were for.
    `run_source` is the data set of the last run, as the project had it.

    Signals:
        state_changed: `state` is another one.
        built_changed: `built` is another one.
        history_changed: the curves have grown; at most once per tick.
        event_received(object): every other event, as it is.
    """

    state_changed = Signal()
    built_changed = Signal()
    history_changed = Signal()
    event_received = Signal(object)

    def __init__(self, engine_main: EngineMain, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = History()
        self.state = State.STARTING
        self.trained_network: Network | None = None
        self.start_weights: StoredWeights | None = None
        self.built: Built | None = None
        self.run_source: Source | None = None
        self._run_id: str | None = None
        self._run_number = 0
        self._continuing = False
        self._run_network: Network | None = None
        self._steps_before = 0
        self._watch = Watch()
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._thread = threading.Thread(
            target=engine_main, args=(self._commands, self._events.put), name="engine", daemon=True
        )
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._drain)

    # --- commands ---------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the engine's thread, which loads TensorFlow in the background."""
        if not self.is_started:
            self._thread.start()
            self._timer.start()

    @property
    def is_started(self) -> bool:
        """Whether the engine's thread has been started."""
        return self._thread.ident is not None

    @property
    def is_training(self) -> bool:
        """Whether a run is under way, paused or ending."""
        return self.state in (State.TRAINING, State.PAUSED, State.STOPPING)

    def send(self, command: Command) -> None:
        """Ask the engine for something; the answer comes as an event."""
        self._commands.put(command)

    def build(self, network: Network, seed: int) -> None:
        """Have the network built, so that its maps can be seen; trained weights that still fit are kept."""
        if not self.is_training:
            self.send(Build(network, seed, fresh=self.trained_network is None, weights=self.start_weights))

    def forget(self) -> None:
        """Let go of what was trained: it belongs to another project. A run under way is stopped and not shown."""
        if self.is_training:
            self.send(Stop())
            self._set_state(State.IDLE)
        self._run_id = None
        self.trained_network = self.built = self.run_source = None
        self.history = History()

    def train(self, project: Project, data: Source, run_dir: str | None, storage: Storage, keep_weights: bool) -> None:
        """Start a run of a project on its data set as it was found.

        With `keep_weights` it goes on from the weights there are, and so do the curves.
        """
        if self.is_training:
            return
        self._run_number += 1
        self._run_id = f"run-{self._run_number}"
        self._continuing = keep_weights
        self.run_source = project.data
        command = Train(
            run_id=self._run_id,
            network=project.network,
            data=data,
            plan=project.plan,
            project_name=project.name,
            run_dir=run_dir,
            keep_weights=keep_weights,
            weights=self.start_weights,
            preparation=project.preparation,
            storage=storage,
        )
        self.send(command)
        self._set_state(State.TRAINING)

    def pause(self) -> None:
        """Hold the run, or let it go on."""
        if self.state is State.TRAINING:
            self.send(Pause())
        elif self.state is State.PAUSED:
            self.send(Resume())

    def stop(self) -> None:
        """End the run after the steps under way; its weights stay."""
        if self.is_training and self.state is not State.STOPPING:
            self._set_state(State.STOPPING)
            self.send(Stop())

    def watch(self, **changes: object) -> None:
        """Change what the probes show: fields of the Watch command, such as `image`, `strips` or `selected`."""
        self._watch = replace(self._watch, **changes)  # type: ignore[arg-type]
        if self.state is not State.BROKEN:
            self.send(self._watch)

    def watch_through(self, preparation: Preparation, white: float) -> None:
        """What a watched picture goes through before the network, where that has changed."""
        if (preparation, white) != (self._watch.preparation, self._watch.white):
            self.watch(preparation=preparation, white=white)

    def shut_down(self, timeout: float = 30.0) -> bool:
        """End the engine's thread; the answer says whether it ended in time."""
        self._timer.stop()
        if not self._thread.is_alive():
            return True
        self.send(Shutdown())
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # --- events -----------------------------------------------------------------------------------------------------
    def _drain(self) -> None:
        grown = False
        latest_probe: Probed | None = None
        until = time.perf_counter() + EVENTS_PER_TICK_S
        while time.perf_counter() < until:
            try:
                event = self._events.get_nowait()
            except Empty:
                break
            if isinstance(event, Probed):
                latest_probe = event  # only the newest one is worth painting
                continue
            grown = self._apply(event) or grown
        if grown:
            self.history_changed.emit()
        if latest_probe is not None:
            self.event_received.emit(latest_probe)

    def _apply(self, event: Event) -> bool:
        """Take one event in; the answer says whether the curves have grown."""
        run_id = getattr(event, "run_id", None)
        if run_id is not None and run_id != self._run_id:
            return False  # of a run that is over
        if isinstance(event, BatchesDone):
            self.history.add_batches(event)
            return True
        if isinstance(event, EpochDone):
            self.history.add_epoch(event)
        elif isinstance(event, Built):
            self.built = event
            self.built_changed.emit()
        elif isinstance(event, TrainingStarted):
            if not self._continuing:
                self.history = History()
            self.history.start(event)
            self._run_network = event.network
            self._steps_before = self.history.steps
        elif isinstance(event, TrainingDone) and self.history.steps > self._steps_before:
            self.trained_network = self._run_network
        self._follow_state(event)
        self.event_received.emit(event)
        return isinstance(event, EpochDone | TrainingStarted)

    def _follow_state(self, event: Event) -> None:
        if isinstance(event, Ready) and self.state is State.STARTING:
            self._set_state(State.IDLE)
        elif isinstance(event, Paused) and self.state is State.TRAINING:
            self._set_state(State.PAUSED)
        elif isinstance(event, Resumed) and self.state is State.PAUSED:
            self._set_state(State.TRAINING)
        elif isinstance(event, TrainingDone) or (isinstance(event, Failed) and event.run_id is not None):
            self._run_id = None
            self.history.end()
            self._set_state(State.IDLE)
        elif isinstance(event, Failed) and self.state is State.STARTING:
            self._set_state(State.BROKEN)

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()
