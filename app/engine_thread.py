"""The engine's thread: loads TensorFlow when it starts, never before."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

from models.training.commands import Command
from models.training.events import Event


def engine_main(commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
    """Serve commands until Shutdown. Importing the engine is what loads TensorFlow, so it happens here."""
    from models.runtime.host import run_engine

    run_engine(commands, emit)
