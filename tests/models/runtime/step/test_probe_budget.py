"""The budget for looking inside: within its share for the fastest network, never nothing for the slowest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.probes import FIRST_AFTER_S, LONGEST_GAP_S, ProbeBudget, Prober
from models.training.commands import Watch


class Time:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def simulated(
    step_s: float, costs: dict[str, float], share: float, seconds: float
) -> tuple[ProbeBudget, dict[str, int]]:
    """Steps of training, with a look of each kind whenever it is due; how many there were."""
    clock, looks = Time(), dict.fromkeys(costs, 0)
    budget = ProbeBudget(share, clock)
    budget.start()
    budget.steps_come()
    end = clock.now + seconds
    while clock.now < end:
        clock.now += step_s
        for look, cost in costs.items():
            if budget.is_due(look):
                clock.now += cost
                budget.spent(look, cost)
                looks[look] += 1
    return budget, looks


@given(st.floats(1e-3, 0.5), st.floats(1e-4, 0.2), st.floats(1e-4, 0.2), st.floats(0.01, 0.3))
def test_looking_stays_within_its_share_of_the_time(step: float, maps: float, layers: float, share: float) -> None:
    seconds = 120.0
    budget, looks = simulated(step, {"maps": maps, "layers": layers}, share, seconds)
    first = maps + layers  # of each kind one comes before its pause
    assert budget.seconds <= share * seconds + first
    assert all(looks.values())


def test_a_cheap_look_comes_often_and_a_dear_one_at_least_every_minute() -> None:
    assert simulated(0.001, {"layers": 1e-4}, 0.03, 60)[1]["layers"] > 300
    dear = simulated(5.0, {"layers": 30.0}, 0.03, 1200)[1]["layers"]
    assert dear >= 1200 / (LONGEST_GAP_S + 30 + 2 * 5) - 1


def test_neither_kind_keeps_the_other_from_coming() -> None:
    looks = simulated(0.01, {"maps": 0.05, "layers": 0.001}, 0.03, 300)[1]
    assert looks["maps"] > 50
    assert looks["layers"] > 1000


def test_a_short_run_is_over_before_anything_is_compiled_for_it() -> None:
    assert simulated(0.01, {"layers": 0.01}, 0.03, FIRST_AFTER_S * 0.9)[1] == {"layers": 0}
    assert simulated(0.01, {"layers": 0.01}, 0.03, FIRST_AFTER_S * 1.1)[1] == {"layers": 1}


def test_compiling_is_counted_but_earns_no_pause() -> None:
    clock = Time()
    budget = ProbeBudget(0.5, clock)
    budget.spent("maps", 0.1, compiling=20.0)
    assert budget.seconds == pytest.approx(20.1)
    clock.now += 0.5
    assert budget.is_due("maps")


def test_a_share_of_nothing_looks_at_nothing_and_watch_sets_the_share() -> None:
    assert simulated(0.01, {"maps": 0.01, "layers": 0.01}, 0.0, 100)[1] == {"maps": 0, "layers": 0}
    prober = Prober()
    assert prober.is_due
    prober.watch = Watch(budget=0.0)
    assert not prober.is_due
    prober.watch = Watch(budget=0.1)
    assert prober.budget.share == 0.1


def test_layers_wait_for_the_first_steps_however_long_those_compile() -> None:
    """A look at the layers before that would make a start that is slow already slower still."""
    clock = Time()
    budget = ProbeBudget(0.03, clock)
    budget.start()
    clock.now += 100 * FIRST_AFTER_S
    assert not budget.is_due("layers")
    budget.steps_come()
    assert not budget.is_due("layers")
    clock.now += FIRST_AFTER_S
    assert budget.is_due("layers")
