"""`ProcessHost`: the engine in a process of its own. What kills that ends a run, not the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from io import FileIO
from pathlib import Path
from pickle import PicklingError
from queue import SimpleQueue
from tempfile import TemporaryFile
from typing import IO, Any, cast

from models.network.graph import Network
from models.runtime.hosting import wire
from models.runtime.hosting.host import Emit
from models.training.commands import (
    Build,
    Command,
    Evaluate,
    Export,
    FindLearningRate,
    Predict,
    PreviewBatch,
    SaveRun,
    Shutdown,
    Train,
    Watch,
)
from models.training.events import EngineEnded, Event, Failed, Ready, TrainingDone

ROOT = Path(__file__).parents[3]
"""The folder that holds our packages."""

PIPE_BYTES = 1 << 20
"""What a pipe may hold, where the system lets us say: few turns for a large array."""

LAST_WORDS = 20_000
"""Bytes of what a dead process wrote to its standard error that are kept for the log."""

ENDING_S = 5.0
"""Seconds between the end of a process's output and its own."""

RELEASE_S = 30.0
"""Seconds in which an idle process that is not wanted any more has to end."""

WORTH_A_START = (Build, Train, FindLearningRate, SaveRun, Evaluate, Predict, PreviewBatch, Export)
"""Commands that a fresh engine can answer, if only by a refusal; the others were meant for the one that is gone."""


class ProcessHost:
    """An engine in a child process, fresh whenever the last one has died or was released.

    Args:
        emit: takes events, in a thread of this host's.
        device: what should compute, as in `run_engine`.
        arguments: what starts the child, after the interpreter; for tests.
    """

    def __init__(
        self, emit: Emit, device: str = "auto", arguments: Sequence[str] = ("-m", "models.runtime.hosting.child")
    ) -> None:
        self._emit = emit
        self._command = [sys.executable, "-P", *arguments, device]
        self._lock = threading.RLock()
        self._child: _Child | None = None
        self._early: list[Command] = []
        self._watch: Watch | None = None
        self._started = self._closed = False

    def start(self) -> None:
        with self._lock:
            if self._started or self._closed:
                return
            self._started = True
            self._spawn()
            for command in self._early:
                self.send(command)
            self._early.clear()

    @property
    def is_started(self) -> bool:
        return self._started

    @property
    def is_alive(self) -> bool:
        return self._child is not None

    @property
    def process_id(self) -> int | None:
        """The child's, None where there is none."""
        child = self._child
        return child.process.pid if child is not None else None

    def send(self, command: Command) -> None:
        with self._lock:
            if self._closed:
                return
            if not self._started:
                self._early.append(command)
                return
            if isinstance(command, Watch):
                self._watch = command
            if self._child is None and isinstance(command, WORTH_A_START):
                self._spawn(command.run_id if isinstance(command, Train) else None)
            if self._child is not None:
                self._child.send(command)

    def release(self) -> bool:
        with self._lock:
            child = self._child
            if child is None or child.runs:
                return False
            self._child = None
        child.send(Shutdown())
        child.end_by_force_after(RELEASE_S)
        self._emit(EngineEnded())
        return True

    def close(self, timeout: float) -> bool:
        with self._lock:
            self._closed = True
            child, self._child = self._child, None
        return child is None or child.end(timeout)

    # --- the child's life -------------------------------------------------------------------------------------------
    def _spawn(self, run_id: str | None = None) -> None:
        try:
            child = _Child(self._command, self._hear, self._bury)
        except OSError as error:
            text = f"The training process could not be started ({error}). Close other programs, then try again."
            self._emit(Failed("TensorFlow", text, run_id=run_id))
            return
        self._child = child
        if self._watch is not None:
            child.send(self._watch)

    def _hear(self, child: _Child, event: Event) -> None:
        if self._child is child or self._closed:  # a released one has nothing to tell
            self._emit(event)

    def _bury(self, child: _Child, code: int, last_words: str) -> None:
        """Tell that a child has died, unless it was asked to."""
        with self._lock:
            if self._child is not child:
                return
            self._child = None
        text = f"{death_text(code)} {_advice(child)}"
        self._emit(EngineEnded(text, last_words))
        if not child.was_ready and not child.runs:
            self._emit(Failed("TensorFlow", text, last_words))
        for run_id in child.runs:
            self._emit(Failed("Training", text, last_words, run_id=run_id))


class _Child:
    """One process and the two threads that talk with it.

    Attributes:
        runs: those that were asked for and have not ended.
        was_ready: whether it has loaded TensorFlow.
    """

    def __init__(
        self, command: Sequence[str], hear: Callable[[_Child, Event], None], bury: Callable[[_Child, int, str], None]
    ) -> None:
        self.runs: list[str] = []
        self.was_ready = False
        self._hear, self._bury = hear, bury
        self._outbox: SimpleQueue[Command | None] = SimpleQueue()
        self._networks: deque[Network] = deque(maxlen=4)
        self._words = TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self.process = _popen(command, self._words)
        except OSError:
            self._words.close()
            raise
        for target in (self._write, self._read):
            threading.Thread(target=target, name=f"engine {target.__name__[1:]}s", daemon=True).start()

    def send(self, command: Command) -> None:
        if isinstance(command, Train):
            self.runs.append(command.run_id)
        self._outbox.put(command)

    def end(self, timeout: float) -> bool:
        """Ask it to end, and end it by force after `timeout` seconds; whether it ended by itself."""
        self.send(Shutdown())
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True

    def end_by_force_after(self, seconds: float) -> None:
        """Should it not end by itself."""
        timer = threading.Timer(seconds, self.process.kill)  # does nothing where it has ended
        timer.daemon = True
        timer.start()

    def _write(self) -> None:
        pipe = cast(FileIO, self.process.stdin)
        with suppress(OSError), pipe:  # where it is dead, its output tells so as well
            while (command := self._outbox.get()) is not None:
                if isinstance(command, Build | Train):
                    self._networks.append(command.network)
                try:
                    wire.send(pipe, command)
                except (PicklingError, TypeError, AttributeError) as error:  # of a kind that only this process knows
                    run_id = command.run_id if isinstance(command, Train) else None
                    text = f"This cannot be sent to the training process ({error}). Turn off “Isolate training”."
                    self._take(Failed(type(command).__name__, text, traceback.format_exc(), run_id))

    def _read(self) -> None:
        pipe = cast(FileIO, self.process.stdout)
        try:
            while True:
                self._take(wire.receive(pipe))
        except (EOFError, OSError):
            pass  # the end
        pipe.close()
        self._outbox.put(None)
        self._bury(self, self._end_code(), self._last_words())

    def _take(self, event: Event) -> None:
        if isinstance(event, Ready):
            self.was_ready = True
        elif isinstance(event, TrainingDone | Failed) and event.run_id in self.runs:
            self.runs.remove(event.run_id)
        self._hear(self, self._with_known_network(event))

    def _with_known_network(self, event: Event) -> Event:
        """The event with the very network that was asked for, so that one look says that it is the same."""
        network = getattr(event, "network", None)
        if network is None:
            return event
        renew: Any = replace
        for known in tuple(self._networks):
            if known == network:
                return cast(Event, renew(event, network=known))
        self._networks.append(network)
        return event

    def _end_code(self) -> int:
        try:
            return self.process.wait(ENDING_S)
        except subprocess.TimeoutExpired:  # it talks no more, so it must not hold the GPU either
            self.process.kill()
            return self.process.wait()

    def _last_words(self) -> str:
        with self._words as words:
            words.seek(max(0, words.seek(0, os.SEEK_END) - LAST_WORDS))
            return words.read().decode(errors="replace")


def _popen(command: Sequence[str], words: IO[bytes]) -> subprocess.Popen[bytes]:
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        bufsize=0,
        pipesize=PIPE_BYTES,
        env=_environment(),
        creationflags=flags,
    )


def _environment() -> dict[str, str]:
    """This process's, in which the child finds our packages wherever it is started."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def death_text(code: int) -> str:
    """How a process ended, by its exit code: below 0 the signal that ended it, large on Windows where it crashed."""
    if code >= 0xC0000000:
        return f"The training process crashed ({code:#x})."
    if code >= 0:
        return f"The training process ended by itself (exit code {code})."
    if -code == getattr(signal, "SIGKILL", 9):
        return "The training process ended (signal 9, as when the kernel runs out of memory)."
    name = f", {signal.Signals(-code).name}" if -code in set(signal.Signals) else ""
    return f"The training process crashed (signal {-code}{name})."


def _advice(child: _Child) -> str:
    if not child.was_ready:
        return "TensorFlow could not be loaded, so networks can be designed but not trained. Run “layerloom doctor”."
    if child.runs:
        return "The run can be resumed from its last checkpoint; with a smaller batch size it needs less memory."
    return "Weights that no run has saved are lost; the next training starts a fresh process."
