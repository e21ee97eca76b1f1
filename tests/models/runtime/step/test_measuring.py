"""Measured steps: the same step as any other, and numbers that numpy finds, too; the first layer that is not finite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np
import prepared_data
import pytest
from keras_by_hand import BATCH, NETWORK, RATE, SAMPLES, STEPS, trained

from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.data.sources.shapes import Shapes
from models.data.split import Parts
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel
from models.runtime.pipeline.prepared import Prepared
from models.runtime.step import measuring
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.measuring import BINS
from models.runtime.step.training_state import read_state
from models.training.commands import Storage
from models.training.optimizers import SGD, Adam
from models.training.plan import BlockRule, TrainingPlan

RATES = np.full(1, RATE, np.float32)


def deep() -> Network:
    """With ReLU as a block and as an activation, sigmoid, Dropout, and a composite with BatchNormalization inside."""
    body = (Conv2D(filters=6, activation="relu"), ResidualBlock(filters=4), Conv2D(filters=5), ReLU(), Flatten())
    head = (Dropout(rate=0.5), Dense(units=7, activation="sigmoid"), Dense(units=10, activation="softmax"))
    return stack(Input(shape=(8, 8, 1)), *body, *head)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is kept on the disk for a test is let go of."""
    made: list[Prepared] = []
    start = Prepared.__init__
    monkeypatch.setattr(Prepared, "__init__", lambda self, *more: (made.append(self), start(self, *more))[1])
    yield
    for prepared in made:
        prepared.close()


def loop_of(network: Network, plan: TrainingPlan, **more: object) -> tuple[LiveModel, CompiledLoop]:
    """A loop on SAMPLES at the beginning of an epoch."""
    live, plan = LiveModel(network, 1, dtype_policy=plan.dtype_policy), plan.replace(batch_size=BATCH)
    data = replace(prepared_data.run_data(network, **more), parts=Parts(SAMPLES, SAMPLES, SAMPLES[:0]))
    loop = CompiledLoop(live, data, plan, live.optimizer(plan, data.objectives))
    loop.begin(SAMPLES, 0)
    return live, loop


@pytest.mark.parametrize(
    "plan",
    [
        TrainingPlan(),
        pytest.param(
            TrainingPlan(optimizer=SGD(), use_ema=True, gradient_accumulation_steps=2), marks=pytest.mark.slow
        ),
        pytest.param(TrainingPlan(dtype_policy="mixed_bfloat16"), marks=pytest.mark.slow),
    ],
    ids=["plain", "accumulated", "mixed"],
)
def test_a_measured_step_is_the_same_step(plan: TrainingPlan) -> None:
    """The same draws of Dropout, the same weights, the same optimizer; and the steps behind it go on alike."""
    (live, measured), (other, plain) = loop_of(deep(), plan), loop_of(deep(), plan)
    for step in range(STEPS):
        expected = plain.train(RATES)
        found = measured.train_measured(RATE)[0] if step in (1, 3) else measured.train(RATES)
        np.testing.assert_array_equal(found.losses, expected.losses)
        np.testing.assert_array_equal(found.samples, expected.samples)
    theirs = read_state(other.model, other.model.optimizer)
    for name, values in read_state(live.model, live.model.optimizer).items():
        np.testing.assert_array_equal(values, theirs[name], name)


def test_norms_and_histograms_are_those_that_numpy_finds() -> None:
    live, loop = loop_of(deep(), TrainingPlan(optimizer=SGD(momentum=0)))
    before = live.weights()
    chunk, blocks = loop.train_measured(RATE)
    after = live.weights()
    assert list(blocks) == [node.id for node in live.expansion.network.nodes]
    squares = 0.0
    for layer in live.model.layers:
        block, count = blocks[layer.name], len(layer.trainable_weights)
        if not count:
            assert (block.weight_norm, block.gradient_norm, block.update_ratio, block.weights) == (None,) * 4
            continue
        olds, news = (np.concatenate([w.ravel() for w in weights[layer.name][:count]]) for weights in (before, after))
        change, norm = np.linalg.norm(news - olds), np.linalg.norm(olds)
        assert block.weight_norm == pytest.approx(norm, rel=1e-4)
        assert block.update_ratio == pytest.approx(change / norm, rel=1e-3)
        assert block.gradient_norm == pytest.approx(change / RATE, rel=5e-3)  # plain gradient descent
        squares += block.gradient_norm**2
        assert (block.weights.low, block.weights.high) == pytest.approx((news.min(), news.max()))
        counts, _ = np.histogram(news, BINS, (news.min(), news.max()))
        assert abs(block.weights.counts - counts).sum() <= 4  # values at the edges of bins
        assert block.weights.counts.sum() == len(news)
    assert chunk.gradient_norms[0] == pytest.approx(np.sqrt(squares), rel=1e-4)


def test_idle_units_and_activations_are_those_that_numpy_finds() -> None:
    network = deep()
    live, loop = loop_of(network, TrainingPlan(optimizer=SGD(momentum=0)))
    weights = live.weights()
    for name in ("conv2d", "conv2d_2"):
        weights[name][1][:2] = -100.0  # two filters that no sample moves
    weights["dense"][1][:3] = 50.0  # three units that are saturated
    live.set_weights(weights)
    _, blocks = loop.train_measured(1e-7)
    data = prepared_data.run_data(network)
    x = prepared_data.inputs(data, SAMPLES[:BATCH])
    made_of = keras.Model(live.model.input, {layer.name: layer.output for layer in live.model.layers})
    made = {name: np.asarray(values) for name, values in made_of(x, training=False).items()}
    ids = {node.id: node.block.output_activation for node in live.expansion.network.nodes}
    assert blocks["conv2d"].dead_share == pytest.approx(2 / 6)
    assert blocks["relu"].dead_share == pytest.approx(2 / 5)
    assert blocks["dense"].saturated_share == pytest.approx(((made["dense"] < 0.005) | (made["dense"] > 0.995)).mean())
    assert blocks["dense"].saturated_share > 0.4
    for name, block in blocks.items():
        values = made[name]
        assert (block.dead_share is not None) == (ids[name] == "relu"), name
        assert (block.saturated_share is not None) == (ids[name] in ("tanh", "sigmoid")), name
        if block.dead_share is not None:
            dead = (values.max(axis=tuple(range(values.ndim - 1))) <= 0).mean()
            assert block.dead_share == pytest.approx(dead), name
        assert block.activations.low == pytest.approx(values.min(), rel=1e-3, abs=1e-4), name
        assert block.activations.counts.sum() == values.size, name


def test_of_many_values_a_part_makes_the_histogram_and_every_channel_is_in_it() -> None:
    network = stack(
        Input(shape=(64, 64, 3)), Conv2D(filters=32, padding="same"), Flatten(), Dense(units=5, activation="softmax")
    )  # fmt: skip
    live, loop = loop_of(network, TrainingPlan(), source=Shapes(samples=200, colour=True))
    weights = live.weights()
    weights["conv2d"][0][:] = 0
    weights["conv2d"][1][:] = np.arange(32)
    live.set_weights(weights)
    _, blocks = loop.train_measured(1e-7)
    counts = blocks["conv2d"].activations.counts
    assert counts.sum() < BATCH * 64 * 64 * 32 / 10
    np.testing.assert_allclose(counts / counts.sum(), 1 / 32, rtol=0.1)


def test_streamed_samples_are_measured_as_resident_ones() -> None:
    streamed, resident = (loop_of(deep(), TrainingPlan(), storage=Storage(memory=size)) for size in (0, None))
    assert not streamed[1].is_resident
    assert resident[1].is_resident
    (chunk, found), (_, expected) = streamed[1].train_measured(RATE), resident[1].train_measured(RATE)
    assert len(chunk.samples) == BATCH
    for name, block in expected.items():
        assert (found[name].gradient_norm or 0) == pytest.approx(block.gradient_norm or 0, rel=1e-3, abs=1e-6), name
        assert found[name].activations.high == pytest.approx(block.activations.high, rel=1e-2, abs=1e-3), name


def test_a_step_that_only_gathers_gradients_has_no_ratio_and_what_is_frozen_no_gradient() -> None:
    rules = (BlockRule(node="dense", trainable=False),)
    _, loop = loop_of(NETWORK, TrainingPlan(gradient_accumulation_steps=2, blocks=rules))
    first, second = (loop.train_measured(RATE)[1] for _ in range(2))
    assert first["dense_2"].update_ratio is None
    assert second["dense_2"].update_ratio > 0
    for blocks in (first, second):
        assert blocks["dense_2"].gradient_norm > 0
        assert (blocks["dense"].gradient_norm, blocks["dense"].update_ratio) == (None, None)
        assert blocks["dense"].weight_norm > 0


def test_compiling_is_told_apart_from_what_a_look_costs() -> None:
    _, loop = loop_of(deep(), TrainingPlan())
    loop.train_measured(RATE)
    compiling = loop.compiling_s
    assert compiling > loop.measuring_s > 0
    loop.train_measured(RATE)
    assert loop.compiling_s == 0
    assert loop.measuring_s > 0


def test_where_no_step_was_taken_nothing_is_measured() -> None:
    live, loop = loop_of(NETWORK, TrainingPlan())
    spoil(live, "dense")
    chunk, blocks = loop.train_measured(RATE)
    assert not chunk.finite
    assert blocks == {}


# --- not finite -----------------------------------------------------------------------------------------------------
def spoil(live: LiveModel, name: str, value: float = np.nan) -> None:
    """One weight of a layer is no number any more."""
    weights = live.model.get_layer(name).get_weights()
    weights[0].flat[0] = value
    live.model.get_layer(name).set_weights(weights)


@pytest.mark.parametrize("memory", [None, 0], ids=["resident", "streamed"])
def test_the_first_layer_that_is_not_finite_is_named(memory: int | None) -> None:
    names = [layer.name for layer in LiveModel(deep(), 1).model.layers if layer.weights]
    for name in (names[1], names[-1]):
        live, loop = loop_of(deep(), TrainingPlan(optimizer=Adam()), storage=Storage(memory=memory))
        loop.train(np.full(2, RATE, np.float32))
        spoil(live, name)
        chunk = loop.train(np.full(2, RATE, np.float32))
        assert not chunk.finite
        assert not len(chunk.losses)
        assert loop.locate_non_finite() == name


def test_where_all_outputs_are_finite_the_gradient_tells_the_layer() -> None:
    """Scores of 1e25 are finite; their squares, and the gradients before them, are not."""
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=4), Dense(units=10))
    live, plan = LiveModel(network, 1), TrainingPlan(loss="mean_squared_error", batch_size=BATCH)
    data = replace(
        prepared_data.run_data(network, loss="mean_squared_error"), parts=Parts(SAMPLES, SAMPLES, SAMPLES[:0])
    )
    loop = CompiledLoop(live, data, plan, live.optimizer(plan, data.objectives))
    weights = live.weights()
    live.set_weights({"dense": weights["dense"], "dense_2": [weights["dense_2"][0] * 1e25, weights["dense_2"][1]]})
    loop.begin(SAMPLES, 0)
    assert not loop.train(RATES).finite
    assert loop.locate_non_finite() in ("dense", "dense_2")


def test_nothing_is_named_where_all_is_finite() -> None:
    found = trained(NETWORK, TrainingPlan())
    assert found.loop.locate_non_finite() is None


def test_a_deep_network_compiles_no_more_for_its_layers_than_a_flat_one() -> None:
    """What one layer takes is traced once for all of them: a graph of all of it took longer than the step's own."""
    layers = (Conv2D(filters=4, activation="relu", padding="same"),) * 12
    _live, loop = loop_of(stack(Input(shape=(8, 8, 1)), *layers, Flatten(), Dense(units=10)), TrainingPlan())
    loop.train_measured(RATE)
    for function in (measuring._spread, measuring._compared, measuring._dead):
        assert function.experimental_get_tracing_count() == 1
