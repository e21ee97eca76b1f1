"""How long training takes, how fast it is, and how many steps one call of the compiled loop should take."""

from __future__ import annotations

import time
from collections import deque

CHUNK_S = 0.05
"""Seconds that a chunk of steps should take: as long as Pause and Stop may wait."""

SPEED_S = 2.0
"""Seconds over which images per second are counted."""


class Stopwatch:
    """Seconds of training, pauses not counted."""

    def __init__(self, past: float = 0.0) -> None:
        self._past = past
        self._since: float | None = time.perf_counter()

    @property
    def seconds(self) -> float:
        return self._past + (time.perf_counter() - self._since if self._since is not None else 0.0)

    def hold(self) -> None:
        """Stop counting."""
        self._past, self._since = self.seconds, None

    def go_on(self) -> None:
        """Count again."""
        if self._since is None:
            self._since = time.perf_counter()


class Pace:
    """Adapts the steps of a chunk to their speed.

    Attributes:
        steps: of the next chunk.
    """

    def __init__(self) -> None:
        self.steps = 1
        self._seen: deque[tuple[float, int]] = deque()

    def adapt(self, seconds: float, steps: int) -> None:
        """Let the next chunk take about CHUNK_S; it grows by doubling, since the first one also compiles."""
        fitting = int(CHUNK_S * steps / max(seconds, 1e-6))
        self.steps = min(max(fitting, 1), 2 * max(steps, 1))

    def images_per_second(self, now: float, images: int) -> float:
        """The speed over the last seconds, once so many more images are done at this time."""
        self._seen.append((now, images))
        while now - self._seen[0][0] > SPEED_S and len(self._seen) > 2:
            self._seen.popleft()
        seconds = now - self._seen[0][0]
        return sum(count for _, count in list(self._seen)[1:]) / seconds if seconds > 0 else 0.0
