"""Talking with the engine from a command: the same engine as the window's, in this thread, until it has answered."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

from app.cli.errors import CommandError, log_bug
from models.analysis import analyse
from models.data.sources import DataFacts
from models.network.graph import Network
from models.training.commands import Command, Shutdown, Stop
from models.training.events import Event, Exported, Failed, TrainingDone


def converse(commands: Sequence[Command], listen: Callable[[Event], None]) -> None:
    """Send commands, hear every event, and end with the first answer: a run that is over, an export, a failure.

    Ctrl+C stops a run, which then ends by itself; a second one interrupts at once. Raises CommandError for a failure.
    """
    from models.runtime.host import run_engine

    queue: SimpleQueue[Command] = SimpleQueue()
    failures: list[Failed] = []

    def hear(event: Event) -> None:
        if isinstance(event, Failed) and (event.run_id is not None or event.what != "Saving the run"):
            failures.append(event)
        else:
            listen(event)
        if failures or isinstance(event, TrainingDone | Exported):
            queue.put(Shutdown())

    for command in commands:
        queue.put(command)
    with _interrupts_to(queue):
        run_engine(queue, hear)
    if failures:
        first = failures[0]
        log = f" (Details: {log_bug(first.details)})" if first.details else ""
        raise CommandError(f"{first.what}: {first.message}{log}")


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
