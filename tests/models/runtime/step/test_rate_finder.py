"""The learning-rate finder: its suggestion trains well, and what it tried leaves no trace."""

from dataclasses import replace

import numpy as np
import prepared_data
import pytest

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization, Dropout
from models.blocks.shaping import Flatten
from models.data.sources import Digits
from models.data.split import Parts
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel
from models.runtime.step.held_out import Tally
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.rate_finder import find_rate, suggested
from models.runtime.step.training_state import read_state
from models.training.commands import FindLearningRate
from models.training.optimizers import OPTIMIZERS
from models.training.plan import BlockRule, TrainingPlan
from models.zoo import template


def dense(*before) -> Network:
    return stack(Input(shape=(8, 8, 1)), Flatten(), *before, Dense(units=10, activation="softmax"))


def accuracy(network: Network, plan: TrainingPlan, epochs: int) -> float:
    """On the digits that are held out, after some epochs."""
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    loop, tally = CompiledLoop(live, data, plan, live.optimizer(plan, data.objectives)), Tally(live, data)
    for epoch in range(epochs):
        order = data.order(1, epoch)
        loop.begin(order, epoch)
        loop.train(np.full(-(-len(order) // plan.batch_size), plan.learning_rate, np.float32))
    for _ in loop.measure(data.held_out, tally):
        continue
    return tally.accuracy


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_lenet_does_well_with_the_suggestion(name: str) -> None:
    network, plan = template("lenet5").network(), TrainingPlan(optimizer=OPTIMIZERS[name]())
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    *_, last = find_rate(FindLearningRate(network, Digits(), plan), live, data, lambda: True)
    assert last.done
    assert last.text.startswith("The loss falls fastest")
    found = accuracy(network, plan.replace(learning_rate=last.suggestion), 6)
    assert found > 0.95
    assert found > accuracy(network, plan.replace(learning_rate=last.suggestion / 30), 6)


def test_what_was_tried_leaves_no_trace_and_the_rates_rise_in_equal_ratios() -> None:
    network = dense(BatchNormalization(), Dropout(rate=0.5))
    plan = TrainingPlan(batch_size=16, blocks=(BlockRule(node="dense", learning_rate_factor=0.5),))
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    before = read_state(live.model, live.optimizer(plan, data.objectives))
    command = FindLearningRate(network, Digits(), plan, low=1e-5, high=1e-2, steps=100)
    told = list(find_rate(command, live, data, lambda: True))
    after = read_state(live.model, live.optimizer(plan, data.objectives))
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values, name)
    np.testing.assert_allclose(told[-1].rates, np.geomspace(1e-5, 1e-2, 100), rtol=1e-5)  # more than one epoch
    assert [one.done for one in told] == [False] * (len(told) - 1) + [True]
    lengths = [len(one.rates) for one in told]
    assert lengths == sorted(lengths)
    assert all(len(one.losses) == len(one.rates) for one in told)


def test_it_can_be_stopped_by_a_breath_and_by_closing_it() -> None:
    network, plan = dense(), TrainingPlan()
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    weights = live.weights()
    command = FindLearningRate(network, Digits(), plan)
    *_, last = find_rate(command, live, data, lambda: False)
    assert last.done
    assert last.text.startswith("Stopped.")
    assert 0 < len(last.rates) < command.steps
    trying = find_rate(command, live, data, lambda: True)
    next(trying)
    trying.close()
    for name, values in live.weights().items():
        np.testing.assert_array_equal(values[0], weights[name][0])


def test_a_loss_that_explodes_ends_it_and_no_value_that_is_not_finite_is_told() -> None:
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10))
    plan = TrainingPlan(optimizer=OPTIMIZERS["SGD"](momentum=0), loss="mean_squared_error")
    live, data = LiveModel(network, 1), prepared_data.run_data(network, loss="mean_squared_error")
    command = FindLearningRate(network, Digits(), plan, low=1e-3, high=1e6, steps=150)
    *_, last = find_rate(command, live, data, lambda: True)
    assert len(last.rates) < 150
    assert np.isfinite(last.losses).all()
    assert last.suggestion is not None


def test_a_loss_that_never_falls_gives_no_suggestion_but_a_text() -> None:
    network = dense()
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    data = replace(data, parts=Parts(data.parts.training[:40], data.parts.validation, data.parts.test))
    command = FindLearningRate(network, Digits(), TrainingPlan(), low=1e-9, high=1e-8, steps=50)
    *_, last = find_rate(command, live, data, lambda: True)
    assert last.suggestion is None
    assert "did not fall between learning rates of 1.0e-09 and 1.0e-08" in last.text


@pytest.mark.parametrize("best", [1e-4, 1e-2, 1.0])
def test_of_a_curve_that_is_known_the_suggestion_is_below_where_it_is_lowest(best: float) -> None:
    rates = np.geomspace(1e-7, 10, 200).astype(np.float32)
    losses = 0.2 + 2 / (1 + rates / (0.1 * best)) + (rates / best) ** 3
    noise = np.random.default_rng(0).normal(0, 0.05, 200)
    found = suggested(rates, (losses + noise).astype(np.float32))
    assert best / 50 < found < best
