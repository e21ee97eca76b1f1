"""Run as a process of its own by `doctor`: loads TensorFlow as the engine does, and prints what it found as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from queue import SimpleQueue

from models.runtime.hosting.host import run_engine
from models.training.commands import Command, Shutdown
from models.training.events import Event, Failed, Ready


def main() -> None:
    """Print the engine's first word: a Ready, or a Failed, as one line of JSON."""
    heard: list[Event] = []
    commands: SimpleQueue[Command] = SimpleQueue()
    commands.put(Shutdown())
    run_engine(commands, heard.append)
    first = next(event for event in heard if isinstance(event, Ready | Failed))
    print(json.dumps({"event": type(first).__name__, **asdict(first)}))


if __name__ == "__main__":
    main()
