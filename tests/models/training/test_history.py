"""`History` against a naive one that keeps every value in a list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.sources import DataFacts
from models.network.graph import Network
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    EpochDone,
    LearningRateChanged,
    TrainingDone,
    TrainingStarted,
)
from models.training.growing import CATCHING_UP, SMOOTHING
from models.training.history import GrowingArray, History, SmoothedArray
from models.training.runs.following import apply_to

values = st.floats(width=32, allow_nan=True, allow_infinity=True)
chunks = st.lists(st.lists(values, max_size=40), max_size=12)


def started(epochs: int = 4, steps: int = 25, first_epoch: int = 0, first_step: int = 0) -> TrainingStarted:
    return TrainingStarted(
        "run", Network(), DataFacts("Leaves", 100, (8, 8, 1), ("a", "b")), epochs, steps, 100, 20, "loss", "accuracy",
        first_epoch=first_epoch, first_step=first_step,
    )  # fmt: skip


def batches(losses: list[float], epoch: int = 0, step: int = 0, speed: float = 50.0) -> BatchesDone:
    array = np.array(losses, dtype=np.float32)
    return BatchesDone("run", epoch, step, array, array / 2, speed)


@given(chunks)
def test_a_growing_array_holds_what_was_appended(parts: list[list[float]]) -> None:
    array = GrowingArray()
    for part in parts:
        array.extend(part)
    everything = np.array([value for part in parts for value in part], dtype=np.float32)
    np.testing.assert_array_equal(array.values, everything)
    assert len(array) == len(everything)


def test_a_growing_array_grows_far_beyond_its_start() -> None:
    array = GrowingArray()
    for start in range(0, 10_000, 700):
        array.extend(np.arange(start, start + 700, dtype=np.float32))
    np.testing.assert_array_equal(array.values, np.arange(len(array), dtype=np.float32))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=200), st.integers(1, 70))
def test_smoothing_is_a_mean_of_what_came_however_it_came(losses: list[float], size: int) -> None:
    chunked, whole = SmoothedArray(), SmoothedArray()
    whole.extend(losses)
    for start in range(0, len(losses), size):
        chunked.extend(losses[start : start + size])
    np.testing.assert_allclose(chunked.values, whole.values, rtol=1e-6, atol=1e-4)
    assert np.all(whole.values >= np.minimum.accumulate(losses) - 1e-4)
    assert np.all(whole.values <= np.maximum.accumulate(losses) + 1e-4)


def test_smoothing_follows_fast_at_the_start_and_slowly_later() -> None:
    early, late = SmoothedArray(), SmoothedArray()
    early.extend([0.0, 1.0])
    late.extend([0.0] * 5_000 + [1.0])
    assert early.values[-1] == pytest.approx(CATCHING_UP / (1 + CATCHING_UP))
    assert late.values[-1] == pytest.approx(1 - SMOOTHING)


def test_smoothing_steps_over_what_is_not_finite() -> None:
    array = SmoothedArray()
    array.extend([float("nan"), 2.0, float("inf"), 2.0])
    assert np.isnan(array.values[0])
    assert array.values[1:].tolist() == [2.0, 2.0, 2.0]


@given(st.lists(st.lists(st.floats(0, 10), min_size=1, max_size=25), max_size=4))
def test_epochs_stand_at_the_steps_taken_so_far(epochs: list[list[float]]) -> None:
    history = History()
    history.start(started(epochs=max(len(epochs), 1)))
    taken = 0
    for number, losses in enumerate(epochs):
        history.add_batches(batches(losses, number, len(losses)))
        history.add_epoch(EpochDone("run", number, 1.0, 0.5, None, None, 2.0))
        taken += len(losses)
        assert history.epoch_steps[-1] == history.steps == taken
    assert [event.epoch for event in history.epochs] == list(range(len(epochs)))
    np.testing.assert_array_equal(history.metrics.values, history.losses.values / 2)


@given(st.integers(0, 3), st.integers(0, 25), st.integers(0, 100))
def test_progress_counts_the_steps_of_the_present_run(epoch: int, step: int, first_epoch: int) -> None:
    history = History()
    history.start(started(first_epoch=first_epoch))
    assert history.progress == 0.0
    history.add_batches(batches([1.0], first_epoch + epoch, step))
    assert history.progress == pytest.approx((epoch * 25 + step) / 100)
    assert history.seconds_left == pytest.approx(400 * (1 - history.progress) / 50)


def test_a_run_that_goes_on_keeps_the_curves() -> None:
    history = History()
    history.start(started())
    history.add_batches(batches([3.0, 2.0], 0, 2))
    history.start(started(first_epoch=4, first_step=2))
    history.add_batches(batches([1.0], 4, 1))
    assert history.losses.values.tolist() == [3.0, 2.0, 1.0]
    assert history.progress == pytest.approx(1 / 100)


def test_before_a_run_nothing_is_known() -> None:
    history = History()
    assert (history.progress, history.seconds_left, history.steps) == (0.0, None, 0)
    history.start(started())
    assert history.seconds_left is None


def test_every_event_of_a_run_finds_its_place() -> None:
    history = History()
    events = [
        started(),
        BatchesDone("run", 0, 2, np.ones(2, np.float32), np.ones(2, np.float32), 30.0, np.full(2, 0.1, np.float32)),
        LearningRateChanged("run", 1, 0.01),
        BlocksMeasured("run", 2, 0, {}),
        EpochDone("run", 0, 1.0, 0.5, 0.9, 0.6, 2.0, is_best=True),
        TrainingDone("run", "stopped", "Stopped.", 1),
    ]
    for event in events:
        apply_to(history, event)
    assert history.learning_rates.values.tolist() == pytest.approx([0.1, 0.1])
    assert history.speeds.values.tolist() == [30.0, 30.0]
    assert np.isnan(history.gradient_norms.values).all()
    assert [change.step for change in history.rate_changes] == [1]
    assert [measured.step for measured in history.measured] == [2]
    assert history.best_epoch == 0
    assert history.planned_steps == history.steps == 2


def test_a_run_that_is_taken_up_again_says_where() -> None:
    history = History()
    history.start(started())
    history.add_batches(batches([3.0, 2.0, 1.0], 0, 3))
    assert history.resumes == []
    history.start(started(first_step=2))
    assert history.resumes == [2]
    history.start(started(first_step=2))
    assert history.resumes == [2]
    history.start(started(first_step=0))
    assert history.resumes == []
    assert history.steps == len(history.speeds) == 0


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 100)), max_size=5), st.integers(0, 20))
def test_steps_stand_in_time(epochs: list[tuple[int, float]], more: int) -> None:
    history = History()
    history.start(started(epochs=9, steps=25))
    for number, (count, seconds) in enumerate(epochs):
        history.add_batches(batches([1.0] * count, number, count))
        history.add_epoch(EpochDone("run", number, 1.0, 0.5, None, None, seconds))
    if more:
        history.add_batches(batches([1.0] * more, len(epochs), more))
    steps = np.arange(0, history.steps + 1, dtype=np.float64)
    seconds = history.seconds_at(steps)
    assert seconds[0] == 0
    assert (np.diff(seconds) > 0).all()
    ends = np.array(history.epoch_steps, np.float64)
    np.testing.assert_allclose(history.seconds_at(ends), np.cumsum([seconds for _, seconds in epochs]))
    a_step = 100 / 25 / 50  # images a step by images a second
    if history.steps:
        assert seconds[-1] == pytest.approx(sum(seconds for _, seconds in epochs) + more * a_step)
