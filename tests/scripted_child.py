"""The process of an engine without TensorFlow, for the tests of its host: `python scripted_child.py WORD`.

The word says how it ends. `early`: before it is ready; the name of a signal, such as `SIGKILL`: by it when a run
starts; `abort` likewise; `hang`: never, not even on Shutdown; any other word: as it should.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

from models.data.facts import DataFacts
from models.network.graph import Network
from models.runtime.hosting.child import serve
from models.training.commands import Build, Command, Predict, Shutdown, Stop, Train, Watch
from models.training.events import Built, Event, Predicted, Probed, Ready, TrainingDone, TrainingStarted

FACTS = DataFacts("digits", 2, (8, 8, 1), ("a", "b"))


def main(commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
    """Answer as an engine does; a run goes on until Stop."""
    word = sys.argv[1]
    if word == "early":
        print("no such instruction", file=sys.stderr, flush=True)
        os._exit(3)
    emit(Ready(word, False))
    print("a stray print")
    run: Train | None = None
    while not isinstance(command := commands.get(), Shutdown):
        match command:
            case Build():
                emit(Built(command.network, os.getpid()))
            case Train():
                run = command
                emit(TrainingStarted(run.run_id, run.network, FACTS, 1, 1, 1, 1, "loss", "accuracy"))
                _die(word)
            case Stop() if run is not None:
                emit(TrainingDone(run.run_id, "stopped", "Stopped.", 1))
            case Predict():
                emit(Predicted(command.image * 2, ("a", "b")))
            case Watch() if command.image is not None:
                emit(Probed(Network(), command.selected, {}, None, None, command.image))
    if word == "hang":
        threading.Event().wait()


def _die(word: str) -> None:
    if word == "abort":
        os.abort()
    if word.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, word))


if __name__ == "__main__":
    serve(main)
