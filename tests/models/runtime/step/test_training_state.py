"""What a step reads and changes, read and put back: training goes on as if it had never ended."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.runtime.step.training_state import put_state, read_state

SAMPLES = np.random.default_rng(0).normal(size=(24, 6, 6, 2)).astype(np.float32)
LABELS = np.arange(24) % 3


def made(policy: str = "float32", units: int = 3) -> keras.Model:
    """A network with everything that has a state: weights, statistics, draws at random."""
    keras.utils.clear_session(free_memory=False)
    layers = [
        keras.layers.Input((6, 6, 2), name="input"),
        keras.layers.Normalization(name="normalization"),
        keras.layers.Conv2D(4, 3, name="conv", dtype=policy),
        keras.layers.BatchNormalization(name="batch_normalization", dtype=policy),
        keras.layers.GaussianNoise(0.1, name="noise", dtype=policy),
        keras.layers.Flatten(name="flatten", dtype=policy),
        keras.layers.Dropout(0.5, name="dropout", dtype=policy),
        keras.layers.Dense(units, activation="softmax", dtype="float32", name="dense"),
    ]
    return keras.Sequential(layers)


def compiled(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> keras.Model:
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, "sparse_categorical_crossentropy", auto_scale_loss=False, run_eagerly=True)
    return model


def train(model: keras.Model, batches: range) -> list[float]:
    return [
        float(model.train_on_batch(SAMPLES[8 * (i % 3) :][:8], LABELS[8 * (i % 3) :][:8], return_dict=True)["loss"])
        for i in batches
    ]


OPTIMIZERS = {
    "Adam": lambda **shared: keras.optimizers.Adam(0.01, **shared),
    "SGD": lambda **shared: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, **shared),
    "RMSprop": lambda **shared: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True, **shared),
    "Nadam": lambda **shared: keras.optimizers.Nadam(0.01, **shared),
    "Lion": lambda **shared: keras.optimizers.Lion(0.001, **shared),
}


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(OPTIMIZERS)), st.booleans(), st.sampled_from([None, 2, 3]),
    st.sampled_from(["float32", "mixed_bfloat16", "mixed_float16"]), st.integers(1, 4),
)  # fmt: skip
def test_training_goes_on_exactly_from_what_was_read(
    name: str, averaged: bool, accumulated: int | None, policy: str, steps: int
) -> None:
    def optimizer() -> keras.optimizers.Optimizer:
        inner = OPTIMIZERS[name](use_ema=averaged, gradient_accumulation_steps=accumulated)
        return keras.optimizers.LossScaleOptimizer(inner, 2.0**4) if policy == "mixed_float16" else inner

    keras.utils.set_random_seed(1)
    first = compiled(made(policy), optimizer())
    first.get_layer("normalization").adapt(SAMPLES)
    train(first, range(steps))
    state = read_state(first, first.optimizer)
    expected, after = train(first, range(steps, steps + 4)), read_state(first, first.optimizer)

    keras.utils.set_random_seed(99)
    second = compiled(made(policy), optimizer())
    put_state(second, second.optimizer, state)
    assert train(second, range(steps, steps + 4)) == expected
    found = read_state(second, second.optimizer)
    assert list(found) == list(after)
    for key, values in after.items():
        np.testing.assert_array_equal(found[key], values, key)
    assert any((after[key] != state[key]).any() for key in state if key.startswith("layers/dropout"))


def test_what_was_read_is_a_copy() -> None:
    model = compiled(made(), keras.optimizers.Adam())
    state = read_state(model, model.optimizer)
    before = {key: values.copy() for key, values in state.items()}
    train(model, range(3))
    for key, values in before.items():
        np.testing.assert_array_equal(state[key], values, key)


@pytest.mark.parametrize(
    ("units", "optimizer", "told"),
    [
        (4, keras.optimizers.Adam, r"layers/dense/0 has the shape \(64, 3\), expected \(64, 4\)"),
        (3, keras.optimizers.SGD, "it has optimizer/.* and .* more, for which there is no place"),
        (3, keras.optimizers.Ftrl, "it lacks optimizer/"),
    ],
)  # fmt: skip
def test_another_networks_or_plans_state_is_refused_and_changes_nothing(units, optimizer, told) -> None:
    model = compiled(made(), keras.optimizers.Adam())
    state = read_state(model, model.optimizer)
    other = compiled(made(units=units), optimizer())
    before = read_state(other, other.optimizer)
    with pytest.raises(ValueError, match=told):
        put_state(other, other.optimizer, state)
    for key, values in read_state(other, other.optimizer).items():
        np.testing.assert_array_equal(before[key], values, key)


def test_what_was_read_stays_as_it_was_when_training_goes_on() -> None:
    """Keras's copy is one already: a second one only made training wait longer."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    found = read_state(model, optimizer)
    before = {name: values.copy() for name, values in found.items()}
    for _ in range(2):
        optimizer.apply([keras.ops.ones_like(variable) for variable in model.trainable_variables])
        model.layers[-1].kernel.assign_add(keras.ops.ones((2, 3)))
    for name, values in found.items():
        np.testing.assert_array_equal(values, before[name])
