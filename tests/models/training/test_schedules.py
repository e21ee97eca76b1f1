"""Schedules: factors within their range, without leaps where there should be none, from the first to the last step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import schedules

from models.training.schedules import SCHEDULES, Constant, Length, Schedule
from models.training.schedules.base import schedule_from_dict, schedule_to_dict
from models.training.schedules.curves import Cosine, Exponential, OneCycle, Polynomial, StepDecay
from models.training.schedules.plateau import Plateau, ReduceLROnPlateau

lengths = st.builds(
    lambda epochs, per_epoch: Length(epochs * per_epoch, per_epoch), st.integers(1, 60), st.integers(1, 60)
)


def curve(schedule: Schedule, length: Length) -> np.ndarray:
    return schedule.factors(np.arange(length.steps, dtype=np.int64), length)


@given(schedule=schedules())
def test_comes_back_from_its_json_form(schedule: Schedule) -> None:
    assert schedule_from_dict(schedule_to_dict(schedule)) == schedule


@given(schedule=schedules(), length=lengths)
def test_factors_are_shares_of_the_learning_rate(schedule: Schedule, length: Length) -> None:
    factors = curve(schedule, length)
    assert factors.shape == (length.steps,)
    assert factors.dtype == np.float64
    assert np.all((factors >= 0) & (factors <= 1 + 1e-12))
    assert np.all(np.isfinite(factors))


@given(schedule=schedules(), length=lengths, data=st.data())
def test_a_step_has_its_factor_whatever_else_is_asked(schedule: Schedule, length: Length, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, length.steps - 1))
    alone = schedule.factors(np.array([step], np.int64), length)
    assert alone[0] == curve(schedule, length)[step]


@given(schedule=schedules(), length=lengths, beyond=st.integers(0, 1000))
def test_a_run_that_goes_beyond_its_length_keeps_a_rate(schedule: Schedule, length: Length, beyond: int) -> None:
    factor = schedule.factors(np.array([length.steps + beyond], np.int64), length)[0]
    assert 0 <= factor <= 1 + 1e-12


@given(schedule=schedules())
def test_no_steps_have_no_factors(schedule: Schedule) -> None:
    assert schedule.factors(np.zeros(0, np.int64), Length(10, 5)).shape == (0,)


def _steepest(schedule: Schedule, length: Length) -> float:
    """How far one step may change the factor at most."""
    if isinstance(schedule, Cosine):
        warm = min(schedule.warmup * length.steps_per_epoch, length.steps)
        return max(1 / (warm + 1), math.pi / 2 / max(length.steps - warm, 1)) * 2  # both at once where they meet
    if isinstance(schedule, Exponential):
        return 1 - schedule.factor ** (1 / max(schedule.every * length.steps_per_epoch, 1))
    if isinstance(schedule, Polynomial):
        return max(schedule.power, 1) / length.steps
    assert isinstance(schedule, OneCycle)
    return math.pi / 2 / max(length.steps - 1, 1) / min(schedule.rise, 1 - schedule.rise)


smooth = st.one_of(
    st.builds(Cosine, warmup=st.floats(0, 5), alpha=st.floats(0, 1)),
    st.builds(Exponential, factor=st.floats(0.01, 1), every=st.floats(0.1, 10)),
    st.builds(Polynomial, power=st.floats(1, 10), end=st.floats(0, 1)),
    st.builds(OneCycle, rise=st.floats(0.05, 0.95)),
)


@given(schedule=smooth, length=lengths)
def test_smooth_schedules_do_not_leap(schedule: Schedule, length: Length) -> None:
    leaps = np.abs(np.diff(curve(schedule, length)))
    assert np.all(leaps <= _steepest(schedule, length) + 1e-9)


@given(schedule=st.one_of(st.builds(StepDecay), st.builds(Exponential), st.builds(Polynomial)), length=lengths)
def test_decays_never_rise(schedule: Schedule, length: Length) -> None:
    assert np.all(np.diff(curve(schedule, length)) <= 1e-12)


LONG = Length(1000, 100)


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [
        (Constant(), 1, 1),
        (StepDecay(factor=0.1, every=5), 1, 0.1),
        (StepDecay(factor=0.5, every=1), 1, 0.5**9),
        (Exponential(factor=0.9, every=1), 1, 0.9**9.99),
        (Cosine(warmup=0), 1, 0),
        (Cosine(warmup=1, alpha=0.1), 1 / 101, 0.1),
        (OneCycle(), 0.04, 0.0001),
        (Polynomial(end=0.2), 1, 0.2),
        (ReduceLROnPlateau(), 1, 1),
    ],
)
def test_begins_and_ends_where_it_says(schedule: Schedule, first: float, last: float) -> None:
    factors = curve(schedule, LONG)
    assert factors[0] == pytest.approx(first, abs=1e-9)
    assert factors[-1] == pytest.approx(last, abs=2e-3)


def test_the_warm_up_ends_at_the_whole_rate() -> None:
    factors = curve(Cosine(warmup=2), LONG)
    assert int(np.argmax(factors)) == 200
    assert factors[200] == 1
    assert np.all(np.diff(factors[:200]) > 0)


def test_one_cycle_is_at_the_top_where_it_says() -> None:
    factors = curve(OneCycle(rise=0.3), LONG)
    assert int(np.argmax(factors)) == pytest.approx(300, abs=1)
    assert factors.max() == pytest.approx(1, abs=1e-4)


def test_steps_drop_at_the_beginning_of_an_epoch() -> None:
    factors = curve(StepDecay(factor=0.1, every=3), LONG)
    assert list(np.flatnonzero(np.diff(factors)) + 1) == [300, 600, 900]


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_every_schedule_explains_itself(name: str) -> None:
    kind = SCHEDULES[name]
    assert kind().type == name
    assert kind.title
    assert kind().summary.endswith(".")
    for field, info in kind.model_fields.items():
        assert (info.description or "").endswith("."), field


def test_titles_are_told_apart() -> None:
    assert len({kind.title for kind in SCHEDULES.values()}) == len(SCHEDULES)


def test_a_plateau_drops_after_its_patience_and_not_below_its_end() -> None:
    schedule, state = ReduceLROnPlateau(factor=0.5, patience=2, min_factor=0.25), Plateau()
    factors = []
    for value in [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]:
        state = schedule.after_epoch(state, value, smaller_is_better=True)
        factors.append(state.factor)
    assert factors == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_a_value_that_is_no_number_is_not_the_best() -> None:
    schedule = ReduceLROnPlateau(patience=1)
    state = schedule.after_epoch(Plateau(), math.nan, smaller_is_better=True)
    state = schedule.after_epoch(state, 1.0, smaller_is_better=True)
    assert state.best == 1.0
