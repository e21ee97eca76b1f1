"""Curves over one another: places on the axes, smoothing, and few enough points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from run_folders import WrittenRun, events_of_run
from run_summaries import curves

from models.network.project import Project
from models.training.history import History
from models.training.runs.following import apply_to
from widgets.runs.curve_data import (
    AXES,
    POINTS,
    QUANTITIES,
    STRETCHES,
    RunCurves,
    curves_of,
    downsample,
    moving_average,
)

FLOATS = arrays(np.float32, st.integers(0, 6000), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan))


@given(FLOATS)
def test_a_drawn_curve_reaches_as_high_and_as_low(values: np.ndarray) -> None:
    steps, drawn = downsample(values)
    assert len(steps) == len(drawn) <= max(POINTS + 2, 0)
    assert (np.diff(steps) >= 0).all()
    if np.isfinite(values).any():
        assert np.nanmin(drawn) == np.nanmin(values)
        assert np.nanmax(drawn) == np.nanmax(values)


@given(FLOATS, st.floats(0, 0.99))
def test_a_smoothed_curve_stays_within_the_values(values: np.ndarray, smoothing: float) -> None:
    run = RunCurves(losses=values)
    steps, drawn = run.averaged("loss", "step", smoothing)
    assert len(steps) == len(drawn) <= STRETCHES
    finite = values[np.isfinite(values)]
    known = drawn[np.isfinite(drawn)]
    assert bool(len(known)) == bool(len(finite))
    if len(finite):
        room = 1e-3 + 1e-5 * np.abs(finite).max()
        assert known.min() >= finite.min() - room
        assert known.max() <= finite.max() + room


def test_no_smoothing_changes_nothing() -> None:
    values = np.array([3.0, np.nan, 1.0, 2.0])
    np.testing.assert_array_equal(moving_average(values, 0.0), values)


def test_smoothing_does_not_pull_the_start_to_zero() -> None:
    np.testing.assert_allclose(moving_average(np.full(50, 7.0), 0.95), 7.0)


def test_axes_agree_at_the_ends_of_epochs() -> None:
    run = curves(steps=100, epochs=4)
    ends = np.array([0.0, 25, 50, 75, 100])
    np.testing.assert_allclose(run.along(ends, "step"), ends)
    np.testing.assert_allclose(run.along(ends, "epoch"), [0, 1, 2, 3, 4])
    np.testing.assert_allclose(run.along(ends, "time"), [0, 2, 4, 6, 8])


@pytest.mark.parametrize("axis", AXES)
def test_the_epoch_under_way_goes_on_behind_the_last_one(axis: str) -> None:
    run = curves(steps=100, epochs=4)
    longer = run.along(np.array([100.0, 110, 125]), axis)
    assert longer[0] < longer[1] < longer[2]
    if axis == "epoch":
        np.testing.assert_allclose(longer, [4, 4.4, 5])


def test_before_the_first_epoch_time_goes_by_the_speed() -> None:
    run = RunCurves(losses=np.ones(10, np.float32), steps_per_epoch=40, seconds_per_step=0.5)
    np.testing.assert_allclose(run.along(np.array([0.0, 10]), "time"), [0, 5])
    np.testing.assert_allclose(run.along(np.array([0.0, 10]), "epoch"), [0, 0.25])


def test_held_out_values_stand_at_the_ends_of_epochs() -> None:
    run = RunCurves(
        losses=np.ones(30, np.float32),
        epoch_steps=np.array([10, 20, 30], np.float32),
        held_out_losses=np.array([3, np.nan, 1], np.float32),
    )
    steps, values = run.series("held-out loss", "step")
    assert steps.tolist() == [10, 30]
    assert values.tolist() == [3, 1]


@given(st.sampled_from(AXES), st.floats(0, 1), st.floats(0, 1), st.integers(1, 20_000))
def test_a_part_of_an_axis_has_all_that_is_seen_there(axis: str, one: float, other: float, steps: int) -> None:
    run = curves(steps=max(steps, 4), epochs=4)
    whole = run.along(np.arange(1, len(run.losses) + 1, dtype=np.float64), axis)
    left, right = sorted((one * whole[-1], other * whole[-1]))
    places, values = run.series("loss", axis, (left, right))
    seen = run.losses[(whole >= left) & (whole <= right)]
    if len(seen):
        assert places[0] <= whole[whole >= left][0] + 1e-9
        assert places[-1] >= whole[whole <= right][-1] - 1e-9
        assert values.min() <= seen.min()
        assert values.max() >= seen.max()


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("axis", AXES)
def test_an_empty_run_has_empty_curves(quantity: str, axis: str) -> None:
    for series in (RunCurves().series(quantity, axis), RunCurves().averaged("loss", axis, 0.5)):
        assert len(series[0]) == len(series[1]) == 0


def test_infinite_values_are_gaps() -> None:
    run = RunCurves(losses=np.array([1, np.inf, -np.inf, 2], np.float32))
    np.testing.assert_array_equal(run.series("loss", "step")[1], [1, np.nan, np.nan, 2])


def test_a_history_becomes_curves() -> None:
    history = History()
    for event in events_of_run(WrittenRun(Project(), epochs=3, steps=10), "run"):
        apply_to(history, event)
    run = curves_of(history, live=True)
    assert len(run.losses) == 30
    assert run.epoch_steps.tolist() == [10, 20, 30]
    assert (np.diff(run.epoch_ends) > 0).all()
    assert run.steps_per_epoch == 10
    assert run.live
    history.losses.extend([9.0])
    assert len(run.losses) == 30  # a copy
