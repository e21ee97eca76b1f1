"""`EngineLink`: the window's hold on an engine: commands go out, and events come in once per tick."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, QTimer, Signal

from app.training.engine_state import State
from models.data.preparation import Preparation
from models.runtime.hosting.host import Emit, Host
from models.training.commands import Command, Watch
from models.training.events import Event, Probed

TICK_MS = 33
"""How often the views are told: 30 times a second."""

EVENTS_PER_TICK_S = 0.004
"""Time for applying events in one tick, so that a flood of them cannot hold the window."""

CLOSING_S = 30.0
"""Seconds that an engine may take to write a checkpoint and end."""

MakeHost = Callable[[Emit], Host]


class EngineLink(QObject):
    """An engine in its host, and what it does. All methods and signals belong to the window's thread.

    Signals:
        state_changed: `state` is another one.
        history_changed: the curves have grown; at most once per tick.
        event_received(object): every other event.
    """

    state_changed = Signal()
    history_changed = Signal()
    event_received = Signal(object)

    def __init__(self, make_host: MakeHost, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State.STARTING
        self._watch = Watch()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._make_host = make_host
        self._host = make_host(self._events.put)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._drain)

    def start(self) -> None:
        """Start the engine, which loads TensorFlow in the background."""
        if not self.is_started:
            self._host.start()
            self._timer.start()

    @property
    def is_started(self) -> bool:
        """Whether the engine has been started."""
        return self._host.is_started

    @property
    def is_training(self) -> bool:
        """Whether a run is under way, paused or ending."""
        return self.state in (State.TRAINING, State.PAUSED, State.STOPPING)

    @property
    def is_busy(self) -> bool:
        """Whether the engine does something that must end before anything else can begin."""
        return self.is_training or self.state is State.FINDING

    def renew_engine(self) -> None:
        """Use another engine from now on, as the settings have it; what was trained stays in its run's folder.

        Does nothing while the engine is busy.
        """
        if self.is_busy:
            return
        started, old = self.is_started, self._host
        threading.Thread(target=old.close, args=(CLOSING_S,), name="closing engine", daemon=True).start()
        self._events = SimpleQueue()  # the old one has nothing to tell any more
        self._host = self._make_host(self._events.put)
        self._forget_engine()
        self._set_state(State.STARTING)
        if started:
            self._host.start()
            self._host.send(self._watch)

    def shut_down(self, timeout: float = CLOSING_S) -> bool:
        """End the engine, with a checkpoint where it trains; the answer says whether it ended in time."""
        self._timer.stop()
        return self._host.close(timeout)

    def send(self, command: Command) -> None:
        """Ask the engine for something; the answer comes as an event."""
        self._host.send(command)

    def watch(self, **changes: object) -> None:
        """Change what the probes show: fields of the Watch command, such as `image`, `strips` or `selected`."""
        self._watch = replace(self._watch, **changes)  # type: ignore[arg-type]
        if self.state is not State.BROKEN:
            self.send(self._watch)

    def watch_through(self, preparation: Preparation, white: float) -> None:
        """What a watched picture goes through before the network, where that has changed."""
        if (preparation, white) != (self._watch.preparation, self._watch.white):
            self.watch(preparation=preparation, white=white)

    # --- events -----------------------------------------------------------------------------------------------------
    def _drain(self) -> None:
        grown = False
        latest_probe: Probed | None = None
        events = self._events
        until = time.perf_counter() + EVENTS_PER_TICK_S
        while time.perf_counter() < until:
            try:
                event = events.get_nowait()
            except Empty:
                break
            if isinstance(event, Probed):
                latest_probe = event  # only the newest one is worth painting
                continue
            grown = self._take(event) or grown
        if grown:
            self.history_changed.emit()
        if latest_probe is not None:
            self.event_received.emit(latest_probe)

    @abstractmethod
    def _take(self, event: Event) -> bool:
        """Take one event in; the answer says whether the curves have grown."""

    def _forget_engine(self) -> None:
        """What the engine had learned has gone with it."""

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()
