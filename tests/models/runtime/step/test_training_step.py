"""A step does what Keras does with the same settings: the same weights, after some steps, as a hand-written script."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras_by_hand import NETWORK, RATE, assert_same, by_hand, keras_optimizer, trained, values_of

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel
from models.runtime.step.objective import ObjectiveError, objectives
from models.training.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer
from models.training.plan import LossName, TrainingPlan


@pytest.fixture(scope="module")
def network() -> Network:
    return NETWORK


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer_is_that_of_keras(network: Network, name: str) -> None:
    @settings(max_examples=2, derandomize=True)
    @given(values_of(name))
    def check(value: Optimizer) -> None:
        found = trained(network, TrainingPlan(optimizer=value, decay_all=True))
        expected = by_hand(network, keras_optimizer(value))
        assert_same(found.live.weights(), expected)
        before = LiveModel(network, 1).weights()
        assert any(
            (now != then).any() for now, then in zip(found.live.weights()["dense"], before["dense"], strict=True)
        )

    check()


@settings(max_examples=6, derandomize=True)
@given(
    st.sampled_from(["SGD", "Adam", "AdamW"]).flatmap(values_of),
    st.sampled_from(["none", "clipvalue", "clipnorm", "global_clipnorm"]), st.sampled_from([1e-3, 0.1]),
    st.sampled_from([1, 2, 3]), st.sampled_from([None, 0.5, 0.9]),
)  # fmt: skip
def test_clipping_accumulation_and_averaging_are_those_of_keras(
    network: Network, value: Optimizer, clipping: Any, clip: float, accumulated: int, momentum: float | None
) -> None:
    plan = TrainingPlan(
        optimizer=value, decay_all=True, clipping=clipping, clip=clip, gradient_accumulation_steps=accumulated,
        use_ema=momentum is not None, ema_momentum=momentum or 0.99,
    )  # fmt: skip
    more: dict[str, Any] = {clipping: clip} if clipping != "none" else {}
    more |= {"gradient_accumulation_steps": accumulated if accumulated > 1 else None}
    more |= {"use_ema": momentum is not None, "ema_momentum": momentum or 0.99}
    found = trained(network, plan)
    expected = by_hand(network, keras_optimizer(value, **more), ends=True)
    assert_same(found.live.end_weights(), expected)
    found.live.end_averaging()
    assert_same(found.live.weights(), expected)


def test_norms_are_those_of_the_gradients_before_they_are_clipped(network: Network) -> None:
    plan = TrainingPlan(optimizer=SGD(momentum=0), decay_all=True, clipping="global_clipnorm", clip=1e6)
    free = trained(network, plan, (1.0,))
    clipped = trained(network, plan.replace(clip=1e-3), (1.0,))
    assert clipped.chunk.gradient_norms[0] == pytest.approx(free.chunk.gradient_norms[0], rel=1e-5)
    before = LiveModel(network, 1)

    def size_of_change(live: LiveModel) -> float:
        pairs = zip(live.model.trainable_variables, before.model.trainable_variables, strict=True)
        return float(np.sqrt(sum(((now.numpy() - then.numpy()) ** 2).sum() for now, then in pairs)))

    assert free.chunk.gradient_norms[0] == pytest.approx(size_of_change(free.live), rel=1e-3)  # a step of the gradient
    assert size_of_change(clipped.live) == pytest.approx(1e-3, rel=0.01)


def test_rates_change_from_step_to_step_as_with_a_schedule_of_keras(network: Network) -> None:
    rates = (0.01, 0.02, 0.005, 0.001, 0.03, 0.01)

    class Listed(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return keras.ops.take(keras.ops.convert_to_tensor(rates), step)

    expected = by_hand(network, keras.optimizers.SGD(Listed(), momentum=0.9))
    assert_same(trained(network, TrainingPlan(optimizer=SGD(momentum=0.9)), rates).live.weights(), expected)


@pytest.mark.parametrize("value", [AdamW(weight_decay=0.5), SGD(weight_decay=0.5), Adam(weight_decay=0.5)])
def test_weight_decay_leaves_biases_and_normalization_alone(network: Network, value: Optimizer) -> None:
    optimizer = keras_optimizer(value)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    expected = by_hand(network, optimizer)
    found = trained(network, TrainingPlan(optimizer=value)).live.weights()
    assert_same(found, expected)
    everything = trained(network, TrainingPlan(optimizer=value, decay_all=True)).live.weights()
    assert abs(everything["batchnormalization"][0] - found["batchnormalization"][0]).max() > 1e-3


# --- losses ---------------------------------------------------------------------------------------------------------
KERAS_LOSSES: dict[LossName, Any] = {
    "auto": lambda: keras.losses.CategoricalCrossentropy(label_smoothing=0.2),
    "sparse_categorical_crossentropy": lambda: keras.losses.CategoricalCrossentropy(label_smoothing=0.2),
    "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(label_smoothing=0.2),
    "categorical_focal_crossentropy": lambda: keras.losses.CategoricalFocalCrossentropy(gamma=3.0, label_smoothing=0.2),
    "binary_focal_crossentropy": lambda: keras.losses.BinaryFocalCrossentropy(gamma=3.0, label_smoothing=0.2),
    "categorical_hinge": keras.losses.CategoricalHinge,
    "kl_divergence": keras.losses.KLDivergence,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
}


@pytest.mark.parametrize("loss", KERAS_LOSSES)
def test_every_loss_is_that_of_keras(network: Network, loss: LossName) -> None:
    plan = TrainingPlan(optimizer=SGD(), loss=loss, label_smoothing=0.2, focal_gamma=3.0)
    expected = by_hand(network, keras.optimizers.SGD(RATE, momentum=0.9), KERAS_LOSSES[loss](), hot=True)
    assert_same(trained(network, plan).live.weights(), expected)


def head(units: int, activation: str = "linear") -> Network:
    return stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=units, activation=activation))


def losses_of(network: Network, loss: LossName, classes: int = 10, **more: Any) -> tuple[Any, ...]:
    return objectives(network, classes, TrainingPlan(loss=loss, **more))


@pytest.mark.parametrize("loss", [name for name in KERAS_LOSSES if name != "auto"])
@pytest.mark.parametrize(("units", "activation"), [(10, "softmax"), (10, "linear"), (1, "sigmoid"), (1, "linear")])
def test_a_loss_suits_an_output_or_the_error_says_what_to_do(loss: LossName, units: int, activation: str) -> None:
    """What goes can be computed, for classes and for mixed samples; what does not is refused in words."""
    network, classes = head(units, activation), 10 if units == 10 else 2
    per_class = {
        "sparse_categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "kl_divergence",
    }
    if (units == 1 and loss in per_class) or (loss == "kl_divergence" and activation != "softmax"):
        with pytest.raises(ObjectiveError, match=r'Dense \(dense\).*(?:units to 2|to "auto")'):
            losses_of(network, loss, classes)
        return
    (objective,) = losses_of(network, loss, classes)
    outputs = np.random.default_rng(0).uniform(0.05, 0.15, (4, units)).astype(np.float32)
    labels = np.array([0, 1, 1, 0])
    mixed = np.eye(classes, dtype=np.float32)[labels]
    hard = float(objective.loss()(objective.targets(labels), outputs))
    soft = float(objective.mixed_loss()(mixed[:, 1:2] if units == 1 else mixed, outputs))
    assert hard == pytest.approx(soft, rel=1e-5)
    assert np.isfinite(hard)


def test_scores_are_taken_as_logits_by_the_losses_that_know_them() -> None:
    scores = np.array([[2.0, -1.0, 0.5]], np.float32)
    shares = np.exp(scores) / np.exp(scores).sum()
    for loss in ("sparse_categorical_crossentropy", "categorical_focal_crossentropy"):
        (of_scores,), (of_shares,) = losses_of(head(3), loss, 3), losses_of(head(3, "softmax"), loss, 3)
        label = np.array([2])
        found = float(of_scores.loss()(of_scores.targets(label), scores))
        assert found == pytest.approx(float(of_shares.loss()(of_shares.targets(label), shares)), rel=1e-4)
