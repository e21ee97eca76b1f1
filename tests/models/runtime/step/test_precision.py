"""Mixed precision, XLA, and weights that are averaged."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import prepared_data
import pytest
import tensorflow as tf
from keras_by_hand import BATCH, NETWORK, RATE, SAMPLES, STEPS, assert_same, trained

from models.blocks.activation import ReLU
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.blocks.shaping import Flatten
from models.network.graph import Network, Node, Source
from models.runtime.live_model import LiveModel
from models.runtime.step.held_out import Tally
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.training_step import TrainingStep
from models.training.optimizers import SGD
from models.training.plan import BlockRule, TrainingPlan


@pytest.fixture(scope="module")
def network() -> Network:
    return NETWORK


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_is_that_of_keras_and_ends_in_float32(network: Network, policy: Any) -> None:
    found = trained(network, TrainingPlan(optimizer=SGD(), dtype_policy=policy))
    assert keras.config.dtype_policy().name == "float32"
    layers = {layer.name: layer for layer in found.live.model.layers}
    assert layers["dense"].compute_dtype == policy.removeprefix("mixed_")
    assert layers["dense_2"].compute_dtype == "float32"
    assert {weight.dtype for weight in found.live.model.weights} <= {"float32"}
    assert found.live.predict(prepared_data.inputs(found.data, SAMPLES[:4])).dtype == np.float32
    keras.config.set_dtype_policy(policy)
    try:
        theirs = keras.Sequential([
            keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(8, activation="tanh"),
            keras.layers.BatchNormalization(), keras.layers.Dense(10, activation="softmax", dtype="float32"),
        ])  # fmt: skip
    finally:
        keras.config.set_dtype_policy("float32")
    theirs.set_weights([value for values in LiveModel(network, 1).weights().values() for value in values])
    theirs.compile(keras.optimizers.SGD(RATE, momentum=0.9), "sparse_categorical_crossentropy", run_eagerly=True)
    assert isinstance(theirs.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    x, y = prepared_data.inputs(found.data, SAMPLES), found.data.labels[SAMPLES]
    for first in range(0, len(SAMPLES), BATCH):
        theirs.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])
    ours = [value for values in found.live.weights().values() for value in values]
    for mine, expected in zip(ours, theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=0.02, atol=2e-3)


def test_a_step_that_half_precision_leaves_out_is_no_divergence(network: Network) -> None:
    plan = TrainingPlan(optimizer=SGD(), dtype_policy="mixed_float16", batch_size=BATCH, learning_rate=RATE)
    found = trained(network, plan, (RATE,))
    optimizer = found.live.model.optimizer
    optimizer.dynamic_scale.assign(2.0**40)
    before = found.live.weights()
    chunk = found.loop.train(np.full(1, RATE, np.float32))
    assert chunk.finite
    assert np.isfinite(chunk.losses).all()
    assert chunk.gradient_norms.tolist() == [0.0]
    assert float(optimizer.dynamic_scale) == 2.0**39
    np.testing.assert_array_equal(found.live.weights()["dense"][0], before["dense"][0])
    optimizer.dynamic_scale.assign(2.0**15)
    chunk = found.loop.train(np.full(4, RATE, np.float32))
    assert (chunk.gradient_norms > 0).all()
    plain = trained(network, plan.replace(dtype_policy="float32"), (RATE,) * 2).chunk
    scaled = trained(network, plan, (RATE,) * 2).chunk
    np.testing.assert_allclose(scaled.gradient_norms, plain.gradient_norms, rtol=0.02)


def test_half_precision_diverges_all_the_same_when_no_scale_helps(network: Network) -> None:
    plan = TrainingPlan(optimizer=SGD(), dtype_policy="mixed_float16")
    found = trained(network, plan, (RATE,))
    weights = found.live.weights()
    weights["dense_2"][0][:] = np.nan
    found.live.set_weights(weights)
    chunk = found.loop.train(np.full(2, RATE, np.float32))
    assert not chunk.finite
    assert not len(chunk.losses)


@pytest.mark.slow
def test_xla_gives_the_same_weights(network: Network) -> None:
    plain, compiled = (trained(network, TrainingPlan(jit_compile=jit, optimizer=SGD())) for jit in (False, True))
    assert compiled.loop.xla_note == ""
    assert_same(compiled.live.weights(), plain.live.model)
    np.testing.assert_allclose(compiled.chunk.losses, plain.chunk.losses, rtol=1e-4)


def test_where_xla_cannot_compile_a_step_it_is_said_and_trained_without(network, monkeypatch) -> None:
    take = TrainingStep._take

    def with_a_file(self: TrainingStep, indices: Any, samples: Any, mixed: Any, rate: Any) -> Any:
        tf.io.decode_png(tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)))
        tf.print("", end="")  # no XLA for it, and it cannot be left out as unused
        return take(self, indices, samples, mixed, rate)

    monkeypatch.setattr(TrainingStep, "_take", with_a_file)
    found = trained(network, TrainingPlan(jit_compile=True, optimizer=SGD()))
    monkeypatch.undo()
    assert "XLA cannot compile this network's step" in found.loop.xla_note
    assert_same(found.live.weights(), trained(network, TrainingPlan(optimizer=SGD())).live.model)


def test_held_out_samples_are_measured_with_the_averages_that_the_run_ends_with(network: Network) -> None:
    found = trained(network, TrainingPlan(use_ema=True, ema_momentum=0.9, optimizer=SGD()), (0.3,) * STEPS)
    raw, tally = found.live.weights(), Tally(found.live, found.data)
    for _ in found.loop.measure(SAMPLES, tally):
        continue
    np.testing.assert_array_equal(found.live.weights()["dense"][0], raw["dense"][0])  # measuring changes nothing
    plain, after = Tally(found.live, found.data), Tally(found.live, found.data)
    for _ in CompiledLoop(found.live, found.data, TrainingPlan()).measure(SAMPLES, plain):
        continue
    found.live.end_averaging()
    for _ in CompiledLoop(found.live, found.data, TrainingPlan()).measure(SAMPLES, after):
        continue
    assert tally.loss == pytest.approx(after.loss, rel=1e-5)
    assert tally.loss != pytest.approx(plain.loss, rel=1e-3)


def test_averages_mean_the_weights_before_the_first_step(network: Network) -> None:
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    live.optimizer(TrainingPlan(use_ema=True), data.objectives)
    before = live.weights()
    live.end_averaging()
    for name, values in live.weights().items():
        np.testing.assert_array_equal(values[0], before[name][0])


def test_the_optimizers_state_is_kept_as_long_as_the_plan_asks_for_the_same_one(network: Network) -> None:
    live, data = LiveModel(network, 1), prepared_data.run_data(network)
    plan = TrainingPlan()
    first = live.optimizer(plan, data.objectives)
    meaningless = {"clip": 3.0, "ema_momentum": 0.5}
    assert live.optimizer(plan.replace(learning_rate=0.5, epochs=3, **meaningless), data.objectives) is first
    assert float(first.learning_rate) == 0.5
    changes: list[dict[str, Any]] = [
        {"optimizer": SGD()}, {"use_ema": True}, {"clipping": "clipnorm"}, {"gradient_accumulation_steps": 2},
        {"blocks": (BlockRule(node="dense", trainable=False),)}, {"decay_all": True},
        {"blocks": (BlockRule(node="dense", learning_rate_factor=2.0),)},
    ]  # fmt: skip
    for change in changes:
        live.optimizer(plan, data.objectives)
        assert live.optimizer(plan.replace(**change), data.objectives) is not first, change


def test_auxiliary_outputs_are_float32_in_mixed_precision() -> None:
    nodes = [
        Node(id="input", block=Input(shape=(8, 8, 1))), Node(id="flatten", block=Flatten(), inputs=(Source("input"),)),
        Node(id="hidden", block=Dense(units=10), inputs=(Source("flatten"),)),
        Node(id="head", block=AuxiliaryOutput(), inputs=(Source("hidden"),)),
        Node(id="relu", block=ReLU(), inputs=(Source("hidden"),)),
        Node(id="out", block=Dense(units=10), inputs=(Source("relu"),)),
    ]  # fmt: skip
    live = LiveModel(Network(nodes=tuple(nodes)), 1, dtype_policy="mixed_bfloat16")
    assert [output.dtype for output in live.model.outputs] == ["float32", "float32"]
    assert live.node_outputs(np.zeros((8, 8, 1), np.float32), ["hidden"])["hidden"].dtype == np.float32
