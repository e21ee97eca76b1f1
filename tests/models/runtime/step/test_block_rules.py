"""Blocks that are frozen, or have a learning rate of their own: as with Keras's own means."""

from __future__ import annotations

import keras
import numpy as np
import prepared_data
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras_by_hand import BATCH, NETWORK, RATE, SAMPLES, STEPS, assert_same, keras_optimizer, trained, values_of

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel, NetworkError
from models.runtime.step.loop import CompiledLoop
from models.training.optimizers import OPTIMIZERS, SGD, AdamW, Optimizer
from models.training.plan import BlockRule, TrainingPlan


@pytest.fixture(scope="module")
def network() -> Network:
    return NETWORK


def composite() -> Network:
    """A residual block with BatchNormalization inside, and Dropout behind it."""
    head = (Flatten(), Dense(units=10, activation="softmax"))
    return stack(Input(shape=(8, 8, 1)), ResidualBlock(filters=4), Dropout(rate=0.0), *head)


def test_a_frozen_composite_stays_as_it_is_inside_and_its_normalization_infers() -> None:
    network = composite()
    before = LiveModel(network, 1).weights()
    found = trained(network, TrainingPlan(blocks=(BlockRule(node="residualblock", trainable=False),)))
    inside = [name for name in before if name.startswith("residualblock")]
    assert any(len(before[name]) == 4 for name in inside)  # BatchNormalization
    for name in inside:
        for now, then in zip(found.live.weights()[name], before[name], strict=True):
            np.testing.assert_array_equal(now, then, name)
    assert (found.live.weights()["dense"][0] != before["dense"][0]).any()
    theirs = LiveModel(network, 1)
    for layer in theirs.model.layers:
        layer.trainable = not layer.name.startswith("residualblock")
    theirs.model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", run_eagerly=True)
    x, y = prepared_data.inputs(found.data, SAMPLES), found.data.labels[SAMPLES]
    for first in range(0, len(SAMPLES), BATCH):
        theirs.model.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])
    assert_same(found.live.weights(), theirs.model)


def test_a_rule_for_something_inside_a_composite_beats_that_for_the_whole() -> None:
    network = composite()
    inside = next(name for name in LiveModel(network, 1).weights() if name.startswith("residualblock"))
    rules = (BlockRule(node=inside), BlockRule(node="residualblock", trainable=False))
    live = trained(network, TrainingPlan(blocks=rules)).live
    assert {layer.name for layer in live.model.layers if layer.trainable_weights} == {inside, "dense"}


def test_what_was_frozen_learns_again_when_the_next_plan_says_so(network: Network) -> None:
    found = trained(network, TrainingPlan(blocks=(BlockRule(node="dense", trainable=False),)))
    frozen = found.live.weights()["dense"][0]
    np.testing.assert_array_equal(frozen, LiveModel(network, 1).weights()["dense"][0])
    plan = TrainingPlan(batch_size=BATCH)
    loop = CompiledLoop(found.live, found.data, plan, found.live.optimizer(plan, found.data.objectives))
    loop.begin(SAMPLES, 0)
    loop.train(np.full(STEPS, RATE, np.float32))
    assert (found.live.weights()["dense"][0] != frozen).any()


def test_all_frozen_is_an_error_that_says_what_to_do(network: Network) -> None:
    rules = tuple(BlockRule(node=node.id, trainable=False) for node in network.nodes)
    with pytest.raises(NetworkError, match=r"Every block with weights is frozen.*Let at least one block be trained"):
        trained(network, TrainingPlan(blocks=rules))


@pytest.mark.slow
@settings(max_examples=6, derandomize=True)
@given(
    st.sampled_from(sorted(OPTIMIZERS)).flatmap(values_of), st.sampled_from([0.1, 3.0]), st.booleans(),
)  # fmt: skip
def test_a_factor_multiplies_the_first_update_of_a_block_exactly(
    network: Network, value: Optimizer, factor: float, decay_all: bool
) -> None:
    rules = (BlockRule(node="dense", learning_rate_factor=factor),)
    plan = TrainingPlan(optimizer=value, decay_all=decay_all)
    before = LiveModel(network, 1).weights()
    plain = trained(network, plan, (RATE,)).live.weights()
    scaled = trained(network, plan.replace(blocks=rules), (RATE,)).live.weights()
    for name, values in before.items():
        for then, one, other in zip(values, plain[name], scaled[name], strict=True):
            wanted = factor if name == "dense" else 1.0
            np.testing.assert_allclose(other - then, wanted * (one - then), rtol=2e-3, atol=3e-6, err_msg=name)


@pytest.mark.parametrize("value", [SGD(weight_decay=0.2), AdamW(weight_decay=0.2)])
def test_blocks_with_a_factor_train_as_with_an_optimizer_of_their_own(network: Network, value: Optimizer) -> None:
    rules = (BlockRule(node="dense", learning_rate_factor=0.25),)
    found = trained(network, TrainingPlan(optimizer=value, decay_all=True, blocks=rules))
    live = LiveModel(network, 1)
    slow, fast = keras_optimizer(value), keras_optimizer(value)
    slow.learning_rate = RATE / 4
    own = live.model.get_layer("dense").trainable_variables
    rest = [one for one in live.model.trainable_variables if not any(one is other for other in own)]
    x, y = prepared_data.inputs(found.data, SAMPLES), found.data.labels[SAMPLES]
    for first in range(0, len(SAMPLES), BATCH):
        with tf.GradientTape() as tape:
            made = live.model(x[first : first + BATCH], training=True)
            loss = keras.losses.SparseCategoricalCrossentropy()(y[first : first + BATCH], made)
        values = [variable.value for variable in (*own, *rest)]
        gradients = tape.gradient(loss, values)
        slow.apply(gradients[: len(own)], own)
        fast.apply(gradients[len(own) :], rest)
    assert_same(found.live.weights(), live.model)
