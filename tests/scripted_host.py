"""A host without an engine: it keeps what it is sent, and tells what a test lets it tell."""

from __future__ import annotations

from models.runtime.hosting.host import Emit
from models.training.commands import Command


class ScriptedHost:
    """Stands for an engine; `emit` takes the events that it tells."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.commands: list[Command] = []
        self.is_started = self.is_alive = False
        self.closed = False

    def start(self) -> None:
        self.is_started = self.is_alive = True

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def release(self) -> bool:
        return False

    def close(self, timeout: float) -> bool:
        self.closed, self.is_alive = True, False
        return True

    def received(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]
