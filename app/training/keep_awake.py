"""Keeping the computer from falling asleep while it trains. Where that cannot be, training goes on all the same."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any

LOG = logging.getLogger(__name__)

ENDING_S = 2.0
"""Seconds for the system to take back what was asked of it; it does so in any case when the program ends."""


class KeepAwake:
    """Asks the system, and takes that back. The screen may go dark, and closing the lid still means sleep.

    Nothing here waits: the system is asked in a thread of its own, since a desktop's bus may take its time.
    """

    def __init__(self) -> None:
        self._wishes: SimpleQueue[bool | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._wanted = False

    def set(self, wanted: bool) -> None:
        """Keep it awake from now on, or let it sleep again."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="keep awake", daemon=True)
            self._thread.start()
        self._wishes.put(wanted)

    def close(self) -> None:
        """Let it sleep again, for good."""
        if self._thread is not None:
            self._wanted = False
            self._wishes.put(None)
            self._thread.join(ENDING_S)
            self._thread = None

    def _serve(self) -> None:
        mode: Any = None
        while (wanted := self._wishes.get()) is not None:
            _leave(mode)
            mode = _entered() if wanted else None
        _leave(mode)


@contextmanager
def kept_awake() -> Iterator[None]:
    """Keep the computer awake inside."""
    keeper = KeepAwake()
    keeper.set(True)
    try:
        yield
    finally:
        keeper.close()


def _entered() -> Any:
    """The mode that keeps the computer awake, None where there is none."""
    try:
        from wakepy import keep

        mode = keep.running(on_fail="pass")
        mode.__enter__()
    except Exception as error:  # of a library for conveniences, on systems of all kinds
        LOG.info("The computer may fall asleep while it trains: %s: %s", type(error).__name__, error)
        return None
    if not mode.active:
        LOG.info("The computer may fall asleep while it trains: this system cannot be asked not to.")
    return mode


def _leave(mode: Any) -> None:
    if mode is None:
        return
    with suppress(Exception):  # the system may have forgotten
        mode.__exit__(None, None, None)
