"""What the plan calls by Keras's names is Keras's: arguments, defaults, and schedules that Keras has, too."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.optimizers import OPTIMIZERS
from models.training.plan import TrainingPlan
from models.training.schedules import Length, Schedule
from models.training.schedules.curves import Cosine, Exponential, Polynomial, StepDecay
from models.training.schedules.plateau import Plateau, ReduceLROnPlateau

few = settings(max_examples=15)
lengths = st.builds(
    lambda epochs, per_epoch: Length(epochs * per_epoch, per_epoch), st.integers(1, 20), st.integers(1, 30)
)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_keras_has_the_optimizer_with_these_arguments_and_defaults(name: str) -> None:
    parameters = inspect.signature(getattr(keras.optimizers, name).__init__).parameters
    for field, info in OPTIMIZERS[name].model_fields.items():
        assert field in parameters, field
        default = parameters[field].default
        if (name, field) != ("SGD", "momentum"):  # ours begins with momentum, as nobody trains without
            assert (default or 0.0) == info.default, (field, default)
    assert parameters["learning_rate"].default == OPTIMIZERS[name]().default_learning_rate


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_keras_makes_the_optimizer(name: str) -> None:
    value = OPTIMIZERS[name]()
    made = getattr(keras.optimizers, name)(learning_rate=0.1, **value.model_dump())
    config = made.get_config()
    assert {field: config[field] for field in type(value).model_fields if field != "weight_decay"} == value.model_dump(
        exclude={"weight_decay"}
    )


@pytest.mark.parametrize("field", ["clipping", "use_ema", "ema_momentum", "gradient_accumulation_steps"])
def test_what_every_keras_optimizer_takes_is_called_so(field: str) -> None:
    arguments = set(inspect.signature(keras.optimizers.Adam.__init__).parameters)
    names = TrainingPlan.model_json_schema()["properties"][field].get("enum", [field])
    assert set(names) - {"none"} <= arguments


def compare(schedule: Schedule, theirs: keras.optimizers.schedules.LearningRateSchedule, length: Length) -> None:
    steps = np.unique(np.linspace(0, length.steps - 1, 25).astype(np.int64))
    expected = [float(theirs(int(step))) for step in steps]
    np.testing.assert_allclose(schedule.factors(steps, length), expected, rtol=2e-4, atol=1e-5)


@few
@given(length=lengths, warmup=st.integers(0, 5), alpha=st.floats(0, 1))
def test_cosine_is_keras_cosine(length: Length, warmup: int, alpha: float) -> None:
    warm = min(warmup * length.steps_per_epoch, length.steps)
    theirs = keras.optimizers.schedules.CosineDecay(
        1 / (warm + 1) if warm else 1.0, max(length.steps - warm, 1), alpha, warmup_target=1.0 if warm else None,
        warmup_steps=warm,
    )  # fmt: skip
    compare(Cosine(warmup=float(warmup), alpha=alpha), theirs, length)


@few
@given(length=lengths, factor=st.floats(0.05, 1), every=st.integers(1, 10))
def test_exponential_and_step_are_keras_exponential(length: Length, factor: float, every: int) -> None:
    period, theirs = every * length.steps_per_epoch, keras.optimizers.schedules.ExponentialDecay
    compare(Exponential(factor=factor, every=every), theirs(1.0, period, factor), length)
    compare(StepDecay(factor=factor, every=every), theirs(1.0, period, factor, staircase=True), length)


@few
@given(length=lengths, factor=st.floats(0.05, 1), every=st.integers(1, 10))
def test_step_is_keras_piecewise_constant(length: Length, factor: float, every: int) -> None:
    period = every * length.steps_per_epoch
    drops = length.steps // period + 1
    boundaries = [period * number - 1 for number in range(1, drops + 1)]  # Keras's are the last ones before a drop
    values = [factor**number for number in range(drops + 1)]
    compare(
        StepDecay(factor=factor, every=every),
        keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values),
        length,
    )


@few
@given(length=lengths, power=st.floats(0.2, 5), end=st.floats(0, 1))
def test_polynomial_is_keras_polynomial(length: Length, power: float, end: float) -> None:
    theirs = keras.optimizers.schedules.PolynomialDecay(1.0, length.steps, end, power)
    compare(Polynomial(power=power, end=end), theirs, length)


class OneRate:
    """As much of a model as Keras's callback asks for."""

    def __init__(self) -> None:
        self.optimizer = keras.optimizers.SGD(learning_rate=1.0)


@settings(max_examples=60)
@given(
    values=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.30001, 0.5, 1.0]), min_size=1, max_size=40),
    factor=st.sampled_from([0.1, 0.5]),
    patience=st.integers(1, 4),
    cooldown=st.integers(0, 3),
    min_delta=st.sampled_from([0.0, 1e-4, 0.15]),
    min_factor=st.sampled_from([0.0, 0.01, 0.3]),
    smaller=st.booleans(),
)
def test_a_plateau_is_what_keras_calls_one(
    values: list[float], factor: float, patience: int, cooldown: int, min_delta: float, min_factor: float, smaller: bool
) -> None:
    ours = ReduceLROnPlateau(
        factor=factor, patience=patience, cooldown=cooldown, min_delta=min_delta, min_factor=min_factor
    )
    theirs = keras.callbacks.ReduceLROnPlateau(
        "loss", factor, patience, mode="min" if smaller else "max", min_delta=min_delta, cooldown=cooldown,
        min_lr=min_factor,
    )  # fmt: skip
    model, state = OneRate(), Plateau()
    theirs.set_model(model)
    theirs.on_train_begin()
    for epoch, value in enumerate(values):
        theirs.on_epoch_end(epoch, {"loss": value})
        state = ours.after_epoch(state, value, smaller)
        assert state.factor == pytest.approx(float(model.optimizer.learning_rate), rel=1e-5), epoch
