"""Talking with the engine from a command: the same engine as the window's, in this thread."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

from app.bug_log import log_bug
from app.cli.errors import CommandError
from models.analysis import analyse
from models.data.sources import DataFacts
from models.network.graph import Network
from models.training.commands import Command, Shutdown, Stop, Train
from models.training.events import Event, Failed, Ready, TrainingDone


def run_training(command: Train, listen: Callable[[Event], None]) -> TrainingDone:
    """Train, telling every event; returns how the run ended.

    The first Ctrl+C stops the run, which is kept; a second one interrupts at once. Raises CommandError for a failure.
    """
    from models.runtime.host import run_engine

    queue: SimpleQueue[Command] = SimpleQueue()
    ends: list[TrainingDone | Failed] = []

    ready = False

    def hear(event: Event) -> None:
        nonlocal ready
        ready = ready or isinstance(event, Ready)
        if isinstance(event, Failed) and (event.run_id == command.run_id or not ready):
            ends.append(event)  # what ends the run, or the engine before it, is told once: by the error
        else:
            listen(event)
            if not isinstance(event, TrainingDone):
                return
            ends.append(event)
        queue.put(Shutdown())

    queue.put(command)
    with _interrupts_to(queue):
        run_engine(queue, hear)
    if isinstance(ends[0], Failed):
        raise refusal(ends[0])
    return ends[0]


def refusal(failed: Failed) -> CommandError:
    """The error for a failure that the engine told; its traceback goes to the log."""
    log = f" (Details: {log_bug(failed.details)})" if failed.details else ""
    return CommandError(f"{failed.what}: {failed.message}{log}")


@contextmanager
def _interrupts_to(queue: SimpleQueue[Command]) -> Iterator[None]:
    """Let the first Ctrl+C ask for a stop."""

    def stop(number: int, frame: FrameType | None) -> None:
        queue.put(Stop())
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def check_network(network: Network, facts: DataFacts | None) -> None:
    """Raise CommandError when a network has problems, naming each with its repairs."""
    problems = analyse(network, facts).problems
    if not problems:
        return
    lines = [
        f"  {network.node(problem.node_id).title} ({problem.node_id}): {problem.text}"
        + "".join(f"\n    → {repair.text}" for repair in problem.repairs)
        for problem in problems
    ]
    raise CommandError(
        "the network has problems. Open it in the window and take one of the repairs:\n" + "\n".join(lines)
    )
