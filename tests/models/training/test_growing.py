"""Growing arrays against naive ones: what was appended, its averages by the plain formula, its outline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.training.growing import (
    CATCHING_UP,
    FEWEST_POINTS,
    SMOOTHING,
    STEADY,
    GrowingArray,
    SmoothedArray,
    decaying_sums,
)

values = st.floats(width=32, allow_nan=True, allow_infinity=True)
anything = arrays(np.float32, st.integers(0, 700), elements=values)
numbers = arrays(np.float32, st.integers(1, 900), elements=st.floats(-1000, 1000, width=32))


def _averages(given: npt.NDArray[np.float32]) -> list[float]:
    """The plain formula, value by value."""
    averages, average, count = [], float("nan"), 0
    for value in given.tolist():
        if np.isfinite(value):
            past = min(SMOOTHING, count / (count + CATCHING_UP))
            average = past * average + (1 - past) * value if count else value
            count += 1
        averages.append(average)
    return averages


def _in_parts(array: GrowingArray, given: npt.NDArray[np.float32], size: int) -> GrowingArray:
    for start in range(0, len(given), size):
        array.extend(given[start : start + size])
    return array


@given(anything, st.integers(1, 300))
def test_averages_follow_the_plain_formula(given: npt.NDArray[np.float32], size: int) -> None:
    smoothed = _in_parts(SmoothedArray(), given, size).values
    finite = np.abs(given[np.isfinite(given)]).max(initial=0)
    expected = np.array(_averages(given)).astype(np.float32)
    np.testing.assert_allclose(smoothed, expected, rtol=1e-6, atol=1e-6 * max(float(finite), 1e-30))


def test_a_long_curve_follows_it_too() -> None:
    given = np.random.default_rng(3).normal(2.0, 1.0, 20_011).astype(np.float32)
    given[STEADY * 2 :: 97] = np.nan
    np.testing.assert_allclose(_in_parts(SmoothedArray(), given, 4999).values, _averages(given), rtol=1e-6, atol=1e-6)


@given(numbers, st.integers(0, 900))
def test_what_was_cut_off_leaves_no_trace(given: npt.NDArray[np.float32], length: int) -> None:
    smoothed = SmoothedArray()
    smoothed.extend(given)
    smoothed.follow(given[:length])
    fresh = SmoothedArray()
    fresh.extend(given[:length])
    np.testing.assert_array_equal(smoothed.values, fresh.values)
    smoothed.extend(given)
    fresh.extend(given)
    np.testing.assert_array_equal(smoothed.values, fresh.values)


@given(numbers, st.floats(0, 1), st.floats(-100, 100))
def test_sums_that_decay(given: npt.NDArray[np.float32], past: float, before: float) -> None:
    expected = []
    for value in given.tolist():
        before_this = expected[-1] if expected else before
        expected.append(past * before_this + value)
    np.testing.assert_allclose(decaying_sums(given.astype(np.float64), past, before), expected, rtol=1e-9, atol=1e-8)


@settings(max_examples=200)
@given(anything, st.integers(FEWEST_POINTS, 120), st.integers(1, 200), st.integers(0, 700), st.integers(0, 700))
def test_an_outline_keeps_lowest_and_highest(
    given: npt.NDArray[np.float32], points: int, size: int, first: int, count: int
) -> None:
    array = GrowingArray()
    for start in range(0, len(given), size):
        array.extend(given[start : start + size])
        array.outline(points)  # the levels are brought up to date as the curve grows
    last = min(first + count, len(given))
    steps, outline = array.outline(points, first, first + count)
    assert len(steps) == len(outline) <= points
    assert (np.diff(steps) >= 0).all()
    looked_at = given[min(first, last) : last]
    known = looked_at[~np.isnan(looked_at)]
    if len(known):
        assert np.nanmin(outline) <= known.min()
        assert np.nanmax(outline) >= known.max()
    for low, high, where in zip(outline[::2], outline[1::2], steps[::2], strict=False):
        if len(steps) < len(looked_at):
            assert np.isnan(low) or low in given[int(where) - 1 :]
            assert np.isnan(high) or low <= high


@given(numbers, st.integers(0, 900), st.integers(FEWEST_POINTS, 100))
def test_an_outline_after_a_cut_is_that_of_what_is_there(
    given: npt.NDArray[np.float32], length: int, points: int
) -> None:
    array, fresh = GrowingArray(), GrowingArray()
    array.extend(given)
    array.outline(points)
    array.truncate(length)
    array.extend(-given)
    fresh.extend(given[:length])
    fresh.extend(-given)
    for one, other in zip(array.outline(points), fresh.outline(points), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_million_values_are_outlined_from_few() -> None:
    array = GrowingArray()
    array.extend(np.random.default_rng(0).random(1_000_000, dtype=np.float32))
    array.extend([7.0])
    steps, outline = array.outline(2000)
    assert 900 <= len(steps) <= 2000
    assert (steps[0], steps[-1]) == (1, 1_000_001)
    assert outline.max() == 7.0
    assert outline.min() == array.values.min()


def test_stretches_stand_still_while_a_curve_grows() -> None:
    array = GrowingArray()
    array.extend(np.random.default_rng(0).random(5000, dtype=np.float32))
    before = array.outline(1000)
    array.extend([0.5] * 100)
    after = array.outline(1000)
    whole = 5000 // 16 * 2
    np.testing.assert_array_equal(before[1][:whole], after[1][:whole])


@given(
    st.integers(1, 5000),
    st.integers(FEWEST_POINTS, 300),
    st.integers(0, 5000),
    st.integers(1, 5000),
    st.integers(0, 99),
)
def test_samples_are_values_and_hold_both_ends(length: int, points: int, first: int, count: int, more: int) -> None:
    array = GrowingArray()
    array.extend(np.arange(1, length + 1, dtype=np.float32))
    steps, sampled = array.sampled(points, first, first + count)
    part = np.arange(min(first, length) + 1, min(first + count, length) + 1)
    assert len(steps) <= points
    np.testing.assert_array_equal(steps, sampled)
    assert set(steps.astype(int)) <= set(part.tolist())
    assert (np.diff(steps) > 0).all()
    if len(part):
        assert steps[-1] == part[-1]
        gap = (np.diff(steps).max() if len(steps) > 1 else 1) + 1
        assert steps[0] - part[0] < max(gap, 4 * len(part) / points + 2)
    whole = array.sampled(points)[0]
    assert whole[0] == 1
    if more and length > points:
        array.extend([0.0] * more)
        assert set(whole[1:-1]) >= set(array.sampled(points)[0][1:-1]) - set(range(length, length + more + 1))


def test_a_few_values_are_all_sampled() -> None:
    array = GrowingArray()
    assert [len(part) for part in array.sampled(8)] == [0, 0]
    array.extend([3.0, 1.0, 2.0])
    assert array.sampled(8)[1].tolist() == [3.0, 1.0, 2.0]


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="8 is the least"):
        GrowingArray().outline(7)
