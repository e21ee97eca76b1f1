"""The learning-rate range test (Smith 2017): rising rates for a step each, and where the loss falls fastest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.runtime.live_model import LiveModel
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.run_data import RunData
from models.runtime.step.training_state import put_state, read_state
from models.training.commands import FindLearningRate
from models.training.events import LearningRatesTried

Floats = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]

SMOOTHING = 0.9
"""Share of the past in the running mean of the losses."""

TOO_HIGH = 4.0
"""Times the lowest loss above which higher rates are not worth trying."""

FEWEST_STEPS = 20
"""Steps that are taken in any case before a loss counts as too high."""

NOISY_STEPS = 5
"""First steps whose smoothed losses are those of single batches, and say nothing about a slope."""

FALLEN = 0.95
"""Share of the loss at the beginning below which it counts as fallen."""

CHUNK_S = 0.1
"""Seconds that the steps between two breaths should take."""


@dataclass
class _Tried:
    """The steps so far."""

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def told(self, done: bool = False, ended: str = "") -> LearningRatesTried:
        rates, losses = np.array(self.rates, np.float32), np.array(self.losses, np.float32)
        if not done:
            return LearningRatesTried(rates, losses)
        suggestion = suggested(rates, losses)
        return LearningRatesTried(rates, losses, suggestion, True, f"{ended} {_text(rates, suggestion)}".strip())

    @property
    def is_too_high(self) -> bool:
        """Whether the loss has become so large that nothing is to be learned from higher rates."""
        if len(self.losses) < FEWEST_STEPS:
            return False
        smooth = smoothed(np.array(self.losses))
        return bool(smooth[-1] > TOO_HIGH * smooth.min())


def find_rate(
    command: FindLearningRate, live: LiveModel, data: RunData, breath: Callable[[], bool]
) -> Iterator[LearningRatesTried]:
    """Try the command's learning rates on a live model, whose weights and optimizer are as before in the end.

    The rates rise in equal ratios. It ends where the smoothed loss is four times its lowest, or no longer a number, or
    when `breath`, which is called after every few steps, says that it shall not go on. Close the iterator to end it at
    once. What is told last has a suggestion, unless the loss never fell.
    """
    plan = command.plan.replace(use_ema=False, jit_compile=False)
    optimizer = live.optimizer(plan, data.objectives)
    before = read_state(live.model, optimizer)
    loop, tried = CompiledLoop(live, data, plan, optimizer), _Tried()
    rates = np.geomspace(command.low, command.high, max(command.steps, 2)).astype(np.float32)
    try:
        ended, steps, epoch = "", 1, 0
        loop.begin(data.order(plan.seed, epoch), epoch)
        while len(tried.rates) < len(rates):
            began = time.perf_counter()
            chosen = rates[len(tried.rates) :][:steps]
            chunk = loop.train(chosen)
            tried.rates += chosen[: len(chunk.losses)].tolist()
            tried.losses += chunk.losses.tolist()
            fitting = int(CHUNK_S * steps / max(time.perf_counter() - began, 1e-6))
            steps = min(max(fitting, 1), 2 * steps)
            if not chunk.finite or tried.is_too_high:
                break
            yield tried.told()
            if not breath():
                ended = "Stopped."
                break
            if chunk.ended:
                if not len(tried.rates):  # no sample can be read
                    break
                epoch += 1
                loop.begin(data.order(plan.seed, epoch), epoch)
        yield tried.told(True, ended)
    finally:
        put_state(live.model, optimizer, before)


def smoothed(losses: Curve) -> Curve:
    """The running mean of losses, of which the first values are corrected for what they have no past for."""
    means, mean = np.empty(len(losses)), 0.0
    for step, loss in enumerate(losses.tolist()):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        means[step] = mean / (1 - SMOOTHING ** (step + 1))
    return means


def suggested(rates: Floats, losses: Floats) -> float | None:
    """A learning rate to begin with; None where the smoothed loss never fell by a twentieth.

    Two rules are common: where the loss falls fastest with the logarithm of the rate, and a tenth of the rate at which
    it is lowest. The one is misled by noise, the other by a flat minimum, in opposite directions as often as not: what
    lies half way between them, in ratios, was near the best rate for all optimizers that were tried.
    """
    if len(losses) <= NOISY_STEPS:
        return None
    smooth = smoothed(losses.astype(np.float64))
    lowest = int(smooth[NOISY_STEPS:].argmin()) + NOISY_STEPS
    if smooth[lowest] > FALLEN * smooth[NOISY_STEPS]:
        return None
    slopes = np.gradient(smooth[: lowest + 1], np.log(rates[: lowest + 1].astype(np.float64)))
    steepest = int(slopes[NOISY_STEPS:].argmin()) + NOISY_STEPS
    return float(np.sqrt(float(rates[steepest]) * float(rates[lowest]) / 10))


def _text(rates: Floats, suggestion: float | None) -> str:
    if suggestion is not None:
        return f"The loss falls fastest about a learning rate of {suggestion:.2g}: a good one to begin with."
    if not len(rates):
        return "No learning rate was tried."
    return (
        f"The loss did not fall between learning rates of {rates[0]:.1e} and {rates[-1]:.1e}. Try a wider range, more "
        "steps, or check data and loss."
    )
