"""The engine's own process, started by `ProcessHost`: commands come by its standard input, events leave by its output.

It ends when its input ends, as it does when the process that started it is gone, whatever became of that.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from io import FileIO
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

from models.runtime.hosting import wire
from models.runtime.hosting.host import NICENESS, EngineMain, run_engine
from models.training.commands import Command, Shutdown
from models.training.events import Event

GRACE_S = 30.0
"""Seconds for a checkpoint once nobody listens any more; then the process ends in any case."""


def serve(engine_main: EngineMain) -> NoReturn:
    """Have an engine answer this process's commands until Shutdown, then end the process."""
    incoming, outgoing = _take_pipes()
    faulthandler.enable()
    _give_way()
    commands: SimpleQueue[Command] = SimpleQueue()
    _listen_to_signals(commands)
    threading.Thread(target=_read_commands, args=(incoming, commands), name="commands", daemon=True).start()
    writing = threading.Lock()

    def emit(event: Event) -> None:
        with writing, suppress(BrokenPipeError):  # nobody listens: the end of the input says so, too
            wire.send(outgoing, event)

    engine_main(commands, emit)
    _end_within(GRACE_S)
    atexit._run_exitfuncs()
    os._exit(0)  # TensorFlow's threads have nothing left to save; tearing them down takes long, and may crash


def _take_pipes() -> tuple[FileIO, FileIO]:
    """The pipes, moved to where no stray print, no library and no child of this process can reach them."""
    incoming, outgoing = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return FileIO(incoming, "rb"), FileIO(outgoing, "wb")


def _read_commands(incoming: FileIO, commands: SimpleQueue[Command]) -> None:
    try:
        while True:
            commands.put(wire.receive(incoming))
    except (EOFError, OSError):
        pass  # the end
    finally:
        commands.put(Shutdown())
        _end_within(GRACE_S)


def _end_within(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _listen_to_signals(commands: SimpleQueue[Command]) -> None:
    """End cleanly when the system asks for it; Ctrl+C in a terminal is the window's affair."""

    def end(number: int, frame: FrameType | None) -> None:
        commands.put(Shutdown())

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _give_way() -> None:
    """Let the window go first where both want a processor."""
    with suppress(OSError, AttributeError, ImportError):
        if sys.platform == "win32":
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))


if __name__ == "__main__":
    serve(partial(run_engine, device=sys.argv[1]))
