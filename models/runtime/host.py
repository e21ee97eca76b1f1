"""Where an engine's thread begins: TensorFlow is loaded in it, and not when this module is imported."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from models.runtime.quiet import quiet_stderr
from models.training.commands import Command, Evaluate, Export, Predict, Shutdown, Train
from models.training.events import Event, Failed

NICENESS = 5
"""Of 19: enough for a smooth window, and a machine that is otherwise idle trains as fast as ever."""


def run_engine(commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
    """Answer commands with events until Shutdown. A TensorFlow that cannot be loaded is an event as well."""
    _give_way()
    try:
        with quiet_stderr():
            from models.runtime.engine import Engine
        engine = Engine(emit, commands)
    except Exception as error:  # a broken installation raises anything from ImportError to TypeError
        _refuse_all(commands, emit, _repair_text(error), traceback.format_exc())
        return
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


def _refuse_all(commands: SimpleQueue[Command], emit: Callable[[Event], None], message: str, details: str) -> None:
    """Say what is wrong, and say it again whenever someone asks for what needs TensorFlow."""
    emit(Failed("TensorFlow", message, details))
    while not isinstance(command := commands.get(), Shutdown):
        if isinstance(command, Train | Evaluate | Predict | Export):
            emit(Failed("TensorFlow", message, run_id=command.run_id if isinstance(command, Train) else None))


def _repair_text(error: Exception) -> str:
    found = f"TensorFlow is broken ({type(error).__name__}: {error})"
    if isinstance(error, ModuleNotFoundError) and error.name in ("tensorflow", "keras"):
        found = f"{error.name} is not installed"
    return (
        f"{found}, so networks can be designed but not trained. Install it again with "
        '"python -m pip install --force-reinstall tensorflow keras", then restart LayerLoom.'
    )
