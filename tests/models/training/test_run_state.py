import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.events import EpochDone
from models.training.plan import TrainingPlan
from models.training.run_state import RunState
from models.training.schedules import Length
from models.training.schedules.curves import Cosine
from models.training.schedules.plateau import ReduceLROnPlateau


def done(epoch: int, loss: float, held_out: float | None) -> EpochDone:
    return EpochDone("run", epoch, loss, 0.5, held_out, held_out, 1.0)


@given(st.integers(1, 20), st.integers(1, 30), st.lists(st.integers(1, 40), max_size=8))
def test_rates_are_the_schedule_s_however_steps_are_cut(epochs: int, per_epoch: int, cuts: list[int]) -> None:
    plan = TrainingPlan(epochs=epochs, schedule=Cosine(), learning_rate=0.1)
    state = RunState.begin(plan).replace(steps_per_epoch=per_epoch)
    rates = []
    for cut in cuts:
        count = min(cut, per_epoch - state.step)
        rates.extend(state.rates(count).tolist())
        state = state.replace(step=state.step + count, steps=state.steps + count)
        if state.step == per_epoch:
            state = state.after_epoch(None)
        if state.is_done:
            break
    expected = 0.1 * plan.schedule.factors(np.arange(len(rates)), Length(epochs * per_epoch, per_epoch))
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_a_state_comes_back_from_its_json() -> None:
    state = RunState.begin(TrainingPlan(schedule=ReduceLROnPlateau(patience=1)), 2, 40).replace(steps=50, missed=(1, 2))
    for loss in (0.5, 0.7, 0.3):
        state = state.after_epoch(loss)
    assert (state.plateau.factor, state.best_value, state.best_epoch) == (pytest.approx(0.1), 0.3, 4)
    assert RunState.model_validate_json(state.model_dump_json()) == state


def test_early_stopping_counts_epochs_that_were_measured() -> None:
    plan = TrainingPlan(early_stopping=True, patience=2, min_delta=0.1)
    state = RunState.begin(plan)
    waited = []
    for value in (1.0, None, 0.95, None, 0.94):
        state = state.after_epoch(value)
        waited.append(state.has_waited_enough)
    assert waited == [False, False, False, False, True]
    assert (state.best_value, state.best_epoch, state.stopping.best) == (0.94, 4, 1.0)
    assert not state.extended(3).has_waited_enough
    assert state.extended(3).end_epoch == state.end_epoch + 3


def test_what_is_monitored_falls_back_to_training_values_where_nothing_is_held_out() -> None:
    state = RunState.begin(TrainingPlan())
    assert state.monitored(done(0, 0.5, 0.7), holds_out=True) == 0.7
    assert state.monitored(done(0, 0.5, None), holds_out=True) is None
    assert state.monitored(done(0, 0.5, None), holds_out=False) == 0.5
    assert state.monitored(done(0, float("nan"), None), holds_out=False) is None


def test_a_limit_of_steps_ends_a_run_and_grows_with_more_epochs() -> None:
    state = RunState.begin(TrainingPlan(epochs=9, max_steps=25), 1, 10).replace(steps_per_epoch=10)
    assert (state.last_step, state.epochs_left, state.length.steps) == (35, 3, 35)
    assert state.replace(steps=35, epoch=3, step=5).is_done
    longer = state.extended(2)
    assert (longer.last_step, longer.end_epoch) == (55, 12)
