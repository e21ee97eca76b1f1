"""`Stepper`: takes a run's steps in chunks that are neither long to wait for nor costly, and looks at some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.runtime.probes import ProbeBudget
from models.runtime.run.pacing import Pace, Stopwatch
from models.runtime.step.loop import Chunk, CompiledLoop
from models.training.events import BlockMeasured, Floats
from models.training.run_state import RunState


@dataclass(frozen=True, eq=False)
class Taken:
    """Steps that were taken, with their learning rates.

    Attributes:
        images_per_second: over the last seconds.
        blocks: what the step was like inside; empty for most.
        looking_s: seconds that this took, without what was compiled for it.
    """

    chunk: Chunk
    rates: Floats
    images_per_second: float
    blocks: Mapping[str, BlockMeasured]
    looking_s: float = 0.0


class Stepper:
    """Of one run.

    Attributes:
        allowed: how many steps may be taken before somebody wants to look; None for as many as there are.
    """

    def __init__(self, loop: CompiledLoop, stopwatch: Stopwatch, budget: ProbeBudget) -> None:
        self.allowed: int | None = None
        self._loop = loop
        self._stopwatch = stopwatch
        self._budget = budget
        self._pace = Pace()
        self._has_begun = self._has_looked = False
        budget.start()

    def take(self, state: RunState, left: int) -> Taken:
        """The next steps of a run that is here, of so many that are left of the epoch."""
        most = left
        if state.last_step is not None:
            most = min(most, state.last_step - state.steps)
        if self.allowed is not None:
            most = min(most, max(self.allowed, 1))
        taken = self._looked_at(state) if self._budget.is_due("layers") else self._quickly(state, most)
        if self.allowed is not None:
            self.allowed -= len(taken.chunk.losses)
        return taken

    def _quickly(self, state: RunState, most: int) -> Taken:
        planned = min(self._pace.steps, most)
        began = self._stopwatch.seconds
        rates = state.rates(planned)
        chunk = self._loop.train(rates)
        self._pace.adapt(self._stopwatch.seconds - began, planned)
        if not self._has_begun:
            self._has_begun = True
            self._budget.steps_come()
        return Taken(chunk, rates[: len(chunk.losses)], self._speed(chunk), {})

    def _looked_at(self, state: RunState) -> Taken:
        """One step, and what it did to every layer."""
        rates = state.rates(1)
        chunk, blocks = self._loop.train_measured(float(rates[0]))
        looking, compiling = self._loop.measuring_s, 0.0
        if blocks and not self._has_looked:
            self._has_looked, compiling = True, self._loop.compiling_s
        self._budget.spent("layers", looking, compiling)
        return Taken(chunk, rates[: len(chunk.losses)], self._speed(chunk), blocks, looking)

    def _speed(self, chunk: Chunk) -> float:
        return self._pace.images_per_second(self._stopwatch.seconds, len(chunk.samples))
