"""Talking with the engine from a command: the same engine as the window's, in this thread."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from types import FrameType
from typing import Any

from app.bug_log import log_bug
from app.cli.errors import CommandError
from app.training.keep_awake import kept_awake
from models.analysis import analyse
from models.data.sources import DataFacts
from models.network.graph import Network
from models.training.commands import Command, Shutdown, Stop, Train
from models.training.events import Event, Failed, Ready, TrainingDone


def run_training(command: Train, listen: Callable[[Event], None], device: str = "auto") -> TrainingDone:
    """Train on a device, telling every event, and keep the computer awake; returns how the run ended.

    The first Ctrl+C stops the run, which is kept; a second one interrupts at once. When the system ends the program (by
    SIGTERM or SIGHUP), the run writes a checkpoint and SystemExit is raised with that signal's code, such as 143.
    Raises CommandError for a failure.
    """
    from models.runtime.hosting.host import run_engine

    queue: SimpleQueue[Command] = SimpleQueue()
    ends: list[TrainingDone | Failed] = []
    ready = False

    def hear(event: Event) -> None:
        nonlocal ready
        ready = ready or isinstance(event, Ready)
        if isinstance(event, Failed) and (event.run_id == command.run_id or not ready):
            ends.append(event)  # what ends the run, or the engine before it, is told once: by the error
        else:
            if not ending.number:  # else the terminal may be gone, and what is under way must not fail with it
                listen(event)
            if not isinstance(event, TrainingDone):
                return
            ends.append(event)
        queue.put(Shutdown())

    queue.put(command)
    with _ended_by_signals(queue) as ending, kept_awake():
        run_engine(queue, hear, device)
    if ending.number:
        raise SystemExit(128 + ending.number)
    if isinstance(ends[0], Failed):
        raise refusal(ends[0])
    return ends[0]


def refusal(failed: Failed) -> CommandError:
    """The error for a failure that the engine told; its traceback goes to the log."""
    log = f" (Details: {log_bug(failed.details)})" if failed.details else ""
    return CommandError(f"{failed.what}: {failed.message}{log}")


@dataclass
class _Ending:
    """Which signal of the system's has ended the program; 0 as long as there is none."""

    number: int = 0


@contextmanager
def _ended_by_signals(queue: SimpleQueue[Command]) -> Iterator[_Ending]:
    """Let the first Ctrl+C ask for a stop, and the system for the end. What is ignored stays so, as under nohup."""
    ending = _Ending()
    before: dict[int, Any] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        queue.put(Stop())
        signal.signal(signal.SIGINT, before[signal.SIGINT])

    def end(number: int, frame: FrameType | None) -> None:
        ending.number = number
        queue.put(Shutdown())

    for name, handler in (("SIGINT", stop), ("SIGTERM", end), ("SIGHUP", end), ("SIGBREAK", end)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP, others have no SIGBREAK
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield ending
    finally:
        for number, former in before.items():
            signal.signal(number, former)


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
