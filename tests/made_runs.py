"""Runs as evidence for the diagnosis, made of a few numbers: curves by epoch, with the steps in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.blocks import Block
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.data.sources.digits import DIGITS_FACTS
from models.network.graph import Network, stack
from models.training.diagnosis import Evidence, Structure, evidence_of
from models.training.events import (
    BatchesDone,
    BlockMeasured,
    BlocksMeasured,
    EpochDone,
    Evaluated,
    LearningRateChanged,
    TrainingStarted,
)
from models.training.history import History
from models.training.plan import TrainingPlan

STEPS = 23


def dense(*blocks: Block, units: int = 10) -> Network:
    """Dense blocks on the digits, `dense` the first one."""
    return stack(Input(shape=(8, 8, 1)), Flatten(), *blocks, Dense(units=units, activation="softmax"))


MLP = dense(Dense(units=64, activation="relu"), Dense(units=64, activation="relu"))


def run(
    losses: Sequence[float] = (),
    metrics: Sequence[float] = (),
    held_out_losses: Sequence[float] | None = None,
    held_out_metrics: Sequence[float] | None = None,
    *,
    network: Network = MLP,
    plan: TrainingPlan | None = None,
    steps: int = STEPS,
    noise: float = 0.05,
    gradient_norms: Sequence[float] | None = None,
    measured: Sequence[Mapping[str, BlockMeasured]] = (),
    seconds: float = 1.0,
    data_seconds: float = 0.0,
    training_images: int = 1438,
    held_out_images: int = 359,
    loss: str = "sparse_categorical_crossentropy",
    rates: Sequence[float] | None = None,
    rate_changes: Sequence[LearningRateChanged] = (),
    **known: object,
) -> Evidence:
    """A run of so many epochs, whose steps lead from one epoch's loss to the next one's with some noise.

    Held-out values follow the training ones where they are not given. `known` are further fields of the evidence.
    """
    plan = plan or TrainingPlan(epochs=max(len(losses), 1))
    random = np.random.default_rng(0)
    history = History()
    history.start(
        TrainingStarted(
            "run",
            network,
            DIGITS_FACTS,
            plan.epochs,
            steps,
            training_images,
            held_out_images,
            loss,
            "accuracy",
            plan=plan,
        )
    )
    rights = metrics or [_right(value) for value in losses]
    held = losses if held_out_losses is None else held_out_losses
    held_rights = held_out_metrics or (rights if held_out_losses is None else [_right(value) for value in held])
    norms = np.asarray(gradient_norms if gradient_norms is not None else np.ones(steps * len(losses)), np.float32)
    for epoch, (value, right) in enumerate(zip(losses, rights, strict=True)):
        following = losses[min(epoch + 1, len(losses) - 1)]
        with np.errstate(all="ignore"):  # of losses that are no numbers
            line = np.linspace(value, (value + following) / 2, steps) * random.normal(1, noise, steps)
        some = random.normal(right, noise / 10, steps)
        rate = np.full(steps, rates[epoch] if rates else plan.learning_rate, np.float32)
        history.add_batches(
            BatchesDone(
                "run", epoch, steps, line.astype(np.float32), np.clip(some, 0, 1).astype(np.float32), 1000.0,
                rate, norms[epoch * steps : (epoch + 1) * steps],
            )
        )  # fmt: skip
        measured_here = held_out_images > 0
        history.add_epoch(
            EpochDone(
                "run", epoch, float(value), float(right), float(held[epoch]) if measured_here else None,
                float(held_rights[epoch]) if measured_here else None, seconds, data_seconds=data_seconds,
            )
        )  # fmt: skip
    for change in rate_changes:
        history.add_rate_change(change)
    for number, blocks in enumerate(measured):
        history.add_measured(BlocksMeasured("run", steps * len(losses), number, dict(blocks)))
    return evidence_of(history, Structure(network), **known)


def _right(loss: float) -> float:
    """A share of right answers that goes with a loss of ten classes."""
    return float(np.clip(1 - loss / 2.56, 0.1, 1))


def healthy(epochs: int = 15, best: float = 0.08, gap: float = 1.3) -> tuple[list[float], list[float]]:
    """Training and held-out losses that fall to where they belong."""
    falling = [best + (2.2 - best) * float(np.exp(-0.5 * epoch)) for epoch in range(epochs)]
    return falling, [loss * gap if loss > 0.5 else loss + (gap - 1) * best for loss in falling]


SIGMOIDS = dense(*(Dense(units=16, activation="sigmoid") for _ in range(6)))
TANH = dense(Dense(units=16, activation="tanh"), Dense(units=16, activation="tanh"))
NAMES = tuple("0123456789")


def plan(**fields: object) -> TrainingPlan:
    return TrainingPlan(epochs=15, **fields)


def blocks(**of_layers: BlockMeasured) -> list[dict[str, BlockMeasured]]:
    """Three measurements that are all the same."""
    return [of_layers] * 3


def gradients(*norms: float) -> list[dict[str, BlockMeasured]]:
    """Gradient norms of dense blocks with weights of norm 1, the first one's first."""
    names = ["dense", *(f"dense_{number}" for number in range(2, len(norms) + 1))]
    return blocks(**{name: BlockMeasured(1.0, norm, 1e-3) for name, norm in zip(names, norms, strict=True)})


def evaluated(confusion: np.ndarray) -> Evaluated:
    right = float(np.trace(confusion) / confusion.sum())
    return Evaluated(0.5, right, int(confusion.sum()), confusion.astype(np.int64), NAMES)


def confused(answers: list[int], of_each: int = 36) -> Evaluated:
    """A confusion matrix in which class i is always taken for `answers[i]`."""
    counts = np.zeros((10, 10))
    for true, answer in enumerate(answers):
        counts[true, answer] = of_each
    return evaluated(counts)


FALLING, HELD = healthy()
RISING = [*HELD[:6], *np.linspace(0.3, 0.9, 9).tolist()]
STUCK = [2.3] * 12
NOISY = [*np.linspace(2.0, 0.9, 6).tolist(), *([0.8] * 10)]
NOISY_RIGHT = [*np.linspace(0.3, 0.8, 6).tolist(), *([0.82] * 10)]
BIG = dense(Dense(units=512, activation="relu"))
