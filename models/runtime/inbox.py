"""`Inbox`: the commands an engine has not answered yet."""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue

from models.training.commands import Command, Shutdown, Stop


class Inbox:
    """Commands as they come, those first that were put off.

    Attributes:
        commands: may be filled from other threads.
    """

    def __init__(self, commands: SimpleQueue[Command]) -> None:
        self.commands = commands
        self._waiting: deque[Command] = deque()

    def next(self, block: bool) -> Command:
        """The next command. Raises Empty where there is none and it is not to be waited for."""
        return self._waiting.popleft() if self._waiting else self.commands.get(block=block)

    def awaited_end(self) -> Stop | Shutdown | None:
        """The next Stop or Shutdown among the commands, if there is one; those before it are put off."""
        while not self.commands.empty():
            command = self.commands.get()
            if isinstance(command, Stop | Shutdown):
                return command
            self._waiting.append(command)
        return None
