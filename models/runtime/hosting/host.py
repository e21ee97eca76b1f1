"""Where an engine runs: `Host` is what the rest of the program sees of it; `ThreadHost` gives it a thread.

TensorFlow is loaded in that thread, and not when this module is imported. `ProcessHost` has a module of its own.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Protocol

from models.runtime.hosting.loading import loading
from models.training.commands import Command, Evaluate, Export, FindLearningRate, Predict, Shutdown, Train
from models.training.events import EngineEnded, Event, Failed

NICENESS = 5
"""Of 19: enough for a smooth window, and a machine that is otherwise idle trains as fast as ever."""

Emit = Callable[[Event], None]
"""Takes an event, in any thread."""

EngineMain = Callable[["SimpleQueue[Command]", Emit], None]
"""Answers commands with events until Shutdown, as `run_engine` does."""


class Host(Protocol):
    """Runs an engine somewhere. Events go to the `emit` that it was made with, from a thread of the host's.

    A host whose engine dies tells EngineEnded, then Failed for every run that ends with it, and starts a fresh engine
    (which tells Ready again) with the next command that needs one. What was watched is watched again.
    """

    def start(self) -> None:
        """Start the engine, which loads TensorFlow and tells Ready, or Failed. A second call does nothing."""

    @property
    def is_started(self) -> bool:
        """Whether `start` was called."""

    @property
    def is_alive(self) -> bool:
        """Whether there is an engine now, loading or ready."""

    def send(self, command: Command) -> None:
        """Ask the engine for something; never waits. Before `start`, commands wait for it."""

    def release(self) -> bool:
        """End an idle engine, so that its memory and the GPU's are free for others.

        False where that cannot be: a run is under way, or the engine cannot live apart from this process.
        """

    def close(self, timeout: float) -> bool:
        """Have the engine stop with a checkpoint and end; whether it ended by itself within `timeout` seconds.

        A host that can end its engine by force does so then. Nothing can be sent afterwards.
        """


class ThreadHost:
    """An engine in a thread of this process. It shares the process's fate, and ends with it."""

    def __init__(self, engine_main: EngineMain, emit: Emit) -> None:
        self._engine_main = engine_main
        self._emit = emit
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._closed = False

    def start(self) -> None:
        if not self.is_started:
            self._thread.start()

    @property
    def is_started(self) -> bool:
        return self._thread.ident is not None

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def send(self, command: Command) -> None:
        if not self._closed:
            self._commands.put(command)

    def release(self) -> bool:
        return False  # TensorFlow gives nothing back before its process ends

    def close(self, timeout: float) -> bool:
        self.send(Shutdown())
        self._closed = True
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._engine_main(self._commands, self._emit)
        except BaseException as error:  # a mistake of ours: the window must not wait for answers that never come
            text = f"The training engine ended by mistake ({type(error).__name__}: {error}). Restart LayerLoom."
            self._emit(EngineEnded(text, traceback.format_exc()))
            _refuse_all(self._commands, self._emit, text, traceback.format_exc())


def run_engine(commands: SimpleQueue[Command], emit: Emit, device: str = "auto") -> None:
    """Answer commands with events until Shutdown. A TensorFlow that cannot be loaded is an event as well.

    `device`: what should compute: `auto`, `CPU`, `GPU:0`, or several GPUs, `GPU:0,GPU:1`.
    """
    _give_way()
    try:
        with loading():
            from models.runtime.device import computing_on
            from models.runtime.engine import Engine
        engine = Engine(emit, commands, device)
    except Exception as error:  # a broken installation raises anything from ImportError to TypeError
        _refuse_all(commands, emit, _repair_text(error), traceback.format_exc())
        return
    with computing_on(engine.ready.used):
        engine.run()


def _give_way() -> None:
    """Let the window's thread go first where both want a processor; threads that TensorFlow starts here inherit it.

    Only Linux has priorities of single threads; elsewhere this does nothing, and neither does it in a process's main
    thread, where nobody else has to go first.
    """
    if sys.platform != "linux" or threading.current_thread() is threading.main_thread():
        return
    thread = threading.get_native_id()
    with suppress(OSError):  # what may not be changed works as well as it is
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


def _refuse_all(commands: SimpleQueue[Command], emit: Emit, message: str, details: str) -> None:
    """Say what is wrong, and say it again whenever someone asks for what needs TensorFlow."""
    emit(Failed("TensorFlow", message, details))
    while not isinstance(command := commands.get(), Shutdown):
        if isinstance(command, Train | FindLearningRate | Evaluate | Predict | Export):
            emit(Failed("TensorFlow", message, run_id=command.run_id if isinstance(command, Train) else None))


def _repair_text(error: Exception) -> str:
    found = f"TensorFlow is broken ({type(error).__name__}: {error})"
    if isinstance(error, ModuleNotFoundError) and error.name in ("tensorflow", "keras"):
        found = f"{error.name} is not installed"
    return (
        f"{found}, so networks can be designed but not trained. Install it again with "
        '"python -m pip install --force-reinstall tensorflow keras", then restart LayerLoom.'
    )
