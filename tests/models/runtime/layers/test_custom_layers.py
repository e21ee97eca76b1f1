"""Our Keras layers against references in numpy that share nothing with them, and gradients against differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.runtime import layers

Array = np.ndarray[Any, np.dtype[Any]]


# --- references: one value after the other, straight from the definitions ---------------------------------------------
def channels_normalized(x: Array, depth_radius: int = 2, bias: float = 2, alpha: float = 1e-4, beta: float = 0.75):
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        *before, channel = place
        near = [x[(*before, c)] for c in range(x.shape[-1]) if abs(c - channel) <= depth_radius]
        out[place] = x[place] / (bias + alpha * sum(value * value for value in near)) ** beta
    return out


def channels_shuffled(x: Array, groups: int):
    size = x.shape[-1] // groups
    return np.stack([x[..., group * size + place] for place in range(size) for group in range(groups)], axis=-1)


def windows(x: Array, pool: tuple[int, int], strides: tuple[int, int], padding: str):
    """Every window: where its output stands, and the pixels (tap, row, column) of it that are inside the image."""
    outputs, before = [], []
    for size, window, stride in zip(x.shape[1:3], pool, strides, strict=True):
        count = -(-size // stride) if padding == "same" else (size - window) // stride + 1
        outputs.append(count)
        before.append(max((count - 1) * stride + window - size, 0) // 2 if padding == "same" else 0)
    for row, column in np.ndindex(*outputs):
        taps = []
        for tap, (i, j) in enumerate(np.ndindex(*pool)):
            y, z = row * strides[0] + i - before[0], column * strides[1] + j - before[1]
            if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                taps.append((tap, y, z))
        yield outputs, (row, column), taps


def pooled(x: Array, pool, strides, padding, summary: Callable[[list[tuple[int, float]]], float]):
    out = None
    for outputs, (row, column), taps in windows(x, pool, strides or pool, padding):
        out = np.zeros((len(x), *outputs, x.shape[-1]), x.dtype) if out is None else out
        for sample, channel in np.ndindex(len(x), x.shape[-1]):
            out[sample, row, column, channel] = summary([(t, x[sample, y, z, channel]) for t, y, z in taps])
    return out


def max_pooled(x: Array, pool_size=(2, 2), strides=None, padding="valid"):
    def where(taps):
        return next(tap for tap, value in taps if value == max(value for _, value in taps))

    return (
        pooled(x, pool_size, strides, padding, lambda taps: max(value for _, value in taps)),
        pooled(x, pool_size, strides, padding, where),
    )


def unpooled(values: Array, indices: Array, size, pool_size=(2, 2), strides=None, padding="valid"):
    out = np.zeros((len(values), *size, values.shape[-1]), values.dtype)
    for _, (row, column), taps in windows(out, pool_size, strides or pool_size, padding):
        for sample, channel in np.ndindex(len(values), values.shape[-1]):
            for tap, y, z in taps:
                if tap == indices[sample, row, column, channel]:
                    out[sample, y, z, channel] += values[sample, row, column, channel]
    return out


def norm_pooled(x: Array, pool_size=(2, 2), strides=None, padding="valid", p=2.0):
    return pooled(x, pool_size, strides, padding, lambda taps: sum(abs(v) ** p for _, v in taps) ** (1 / p))


def blurred(x: Array, pool_size=(3, 3), strides=(2, 2), padding="same", sigma=1.0):
    def mean(taps):
        weights = []
        for tap, _ in taps:
            down, right = tap // pool_size[1] - (pool_size[0] - 1) / 2, tap % pool_size[1] - (pool_size[1] - 1) / 2
            weights.append(np.exp(-(down**2 + right**2) / (2 * sigma**2)))
        return sum(w * value for w, (_, value) in zip(weights, taps, strict=True)) / sum(weights)

    return pooled(x, pool_size, strides, padding, mean)


def interpolated(image: Array, y: float, z: float) -> Array:
    """The pixel (channels,) at a fractional place; outside the image everything is zero."""
    total = np.zeros(image.shape[-1], image.dtype)
    for row, column in product((int(np.floor(y)), int(np.floor(y)) + 1), (int(np.floor(z)), int(np.floor(z)) + 1)):
        if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
            total += max(0, 1 - abs(y - row)) * max(0, 1 - abs(z - column)) * image[row, column]
    return total


def deformed(x, kernel, bias, offset_kernel, offset_bias, strides=(1, 1), padding="valid", dilation_rate=(1, 1)):
    (height, width), outputs, before = kernel.shape[:2], [], []
    axes = zip(x.shape[1:3], kernel.shape[:2], strides, dilation_rate, strict=True)
    for size, taps, stride, dilation in axes:
        span = (taps - 1) * dilation + 1
        count = -(-size // stride) if padding == "same" else (size - span) // stride + 1
        outputs.append(count)
        before.append(max((count - 1) * stride + span - size, 0) // 2 if padding == "same" else 0)
    out = np.zeros((len(x), *outputs, kernel.shape[-1]), x.dtype)
    for sample, row, column in np.ndindex(len(x), *outputs):
        places = [
            (
                row * strides[0] + i * dilation_rate[0] - before[0],
                column * strides[1] + j * dilation_rate[1] - before[1],
            )
            for i, j in np.ndindex(height, width)
        ]
        offsets = offset_bias.copy()
        for (i, j), place in zip(np.ndindex(height, width), places, strict=True):
            offsets += interpolated(x[sample], *place) @ offset_kernel[i, j]
        out[sample, row, column] = bias
        for tap, (i, j) in enumerate(np.ndindex(height, width)):
            y, z = places[tap][0] + offsets[2 * tap], places[tap][1] + offsets[2 * tap + 1]
            out[sample, row, column] += interpolated(x[sample], y, z) @ kernel[i, j]
    return out


# --- cases ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """A layer with settings, what enters it, and what should come out of inputs and weights."""

    name: str
    settings: dict[str, Any]
    expected: Callable[..., Any]
    shape: tuple[int, ...] = (2, 5, 7, 6)
    indices: bool = False

    def layer(self) -> keras.layers.Layer:
        return getattr(layers, self.name)(**self.settings, dtype="float64", name="layer")

    def inputs(self) -> list[Array]:
        random = np.random.default_rng(3)
        values = random.normal(size=self.shape)
        taps = int(np.prod(self.settings.get("pool_size", (2, 2))))
        return [values, random.integers(0, taps, self.shape).astype(np.int32)] if self.indices else [values]

    def model(self) -> keras.Model:
        """The layer alone in a model of any batch size, with random weights."""
        entries = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in self.inputs()]
        model = keras.Model(entries, self.layer()(entries if len(entries) > 1 else entries[0]))
        random = np.random.default_rng(4)
        model.set_weights([random.normal(scale=0.3, size=weight.shape) for weight in model.weights])
        return model

    def __str__(self) -> str:
        return f"{self.name}-{'-'.join(str(value) for value in self.settings.values())}"


def pooling_cases(name: str, expected: Callable[..., Any], **more: Any) -> list[Case]:
    return [
        Case(name, settings, lambda x, s=settings: expected(x, **s))
        for settings in (
            {**more},
            {"pool_size": (3, 2), "strides": (2, 1), "padding": "same", **more},
            {"pool_size": (2, 3), "strides": (3, 2), "padding": "valid", **more},
        )
    ]


def unpooling_case(size: tuple[int, int], shape: tuple[int, ...], **settings: Any) -> Case:
    given = {key: value for key, value in settings.items() if key != "output_size"}
    return Case(
        "MaxUnpooling2D", settings, lambda v, i: unpooled(v, i, size, **given), shape=shape, indices=True
    )  # fmt: skip


def deformable_case(**settings: Any) -> Case:
    expected = lambda x, *weights: deformed(x, *weights, **settings)  # noqa: E731
    return Case("DeformableConv2D", {"filters": 4, "kernel_size": (3, 2), **settings}, expected, shape=(2, 6, 5, 3))


CASES = [
    Case("LocalResponseNormalization", {}, channels_normalized),
    Case(
        "LocalResponseNormalization",
        {"depth_radius": 9, "bias": 1.0, "alpha": 0.5, "beta": 1.5},
        lambda x: channels_normalized(x, 9, 1.0, 0.5, 1.5),
        shape=(3, 4, 6),
    ),
    Case("ChannelShuffle", {"groups": 3}, lambda x: channels_shuffled(x, 3)),
    Case("ChannelShuffle", {"groups": 2}, lambda x: channels_shuffled(x, 2), shape=(2, 5, 4)),
    Case("ChannelSplit", {}, lambda x: (x[..., :3], x[..., 3:])),
    Case("ChannelSlice", {"start": 1, "stop": 4}, lambda x: x[..., 1:4]),
    Case("ChannelSlice", {"start": 2}, lambda x: x[..., 2:], shape=(2, 6)),
    *pooling_cases("MaxPoolingWithIndices2D", max_pooled),
    unpooling_case((6, 8), (2, 3, 4, 2)),
    unpooling_case((7, 9), (2, 3, 4, 2), output_size=(7, 9)),
    unpooling_case((6, 4), (2, 3, 4, 2), pool_size=(3, 2), strides=(2, 1), padding="same"),
    unpooling_case((5, 4), (2, 3, 4, 2), pool_size=(4, 3), strides=(2, 1), padding="same", output_size=(5, 4)),
    unpooling_case((7, 10), (2, 3, 4, 2), pool_size=(3, 1), strides=(2, 3), output_size=(7, 10)),
    *pooling_cases("LpPooling2D", norm_pooled),
    *pooling_cases("LpPooling2D", norm_pooled, p=3.5),
    *pooling_cases("BlurPooling2D", blurred),
    *pooling_cases("BlurPooling2D", blurred, sigma=0.4),
    deformable_case(),
    deformable_case(strides=(2, 3), padding="same"),
    deformable_case(dilation_rate=(2, 1), padding="same"),
]
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=str)
ONE_OF_EACH = pytest.mark.parametrize("case", {case.name: case for case in CASES}.values(), ids=lambda case: case.name)


def as_list(outputs: Any) -> list[Array]:
    several = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [np.asarray(output) for output in several]


def test_every_layer_of_ours_has_a_case() -> None:
    assert {case.name for case in CASES} == set(layers.__all__)


@EVERY_CASE
def test_equals_the_reference(case: Case) -> None:
    model, inputs = case.model(), case.inputs()
    weights = [weight.numpy() for weight in model.weights]
    outputs = as_list(model(inputs))
    expected = as_list(case.expected(*inputs, *weights))
    assert [output.shape[1:] for output in outputs] == [tuple(output.shape[1:]) for output in model.outputs]
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, wanted, rtol=1e-9, atol=1e-12)
    one = as_list(model([x[:1] for x in inputs]))  # the batch may have any size
    np.testing.assert_allclose(one[0], expected[0][:1], rtol=1e-9, atol=1e-12)


@EVERY_CASE
def test_the_gradient_equals_differences(case: Case) -> None:
    """Along random directions through inputs and weights, by central differences in double precision."""
    model, (values, *indices) = case.model(), case.inputs()
    indices = [tf.constant(taps) for taps in indices]
    random = np.random.default_rng(5)
    watched = [tf.constant(values), *(weight.value for weight in model.weights)]
    shares = [random.normal(size=output.shape) for output in as_list(model([watched[0], *indices]))]

    def loss(x: Any) -> Any:
        outputs = model([x, *indices])
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return sum(tf.reduce_sum(out * s) for out, s in zip(several, shares, strict=True) if out.dtype.is_floating)

    with tf.GradientTape() as tape:
        tape.watch(watched[0])
        total = loss(watched[0])
    gradients = tape.gradient(total, watched)
    before = [weight.numpy() for weight in model.weights]
    for _ in range(3):
        steps = [random.normal(size=tensor.shape) for tensor in watched]
        losses = []
        for factor in (1e-6, -1e-6):
            model.set_weights([b + factor * step for b, step in zip(before, steps[1:], strict=True)])
            losses.append(float(loss(tf.constant(values + factor * steps[0]))))
        model.set_weights(before)
        slope = sum(float(np.sum(g.numpy() * step)) for g, step in zip(gradients, steps, strict=True))
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(slope, rel=1e-5, abs=1e-6)


@ONE_OF_EACH
def test_is_saved_and_loaded(case: Case, tmp_path: Path) -> None:
    model = case.model()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("layer").get_config() == model.get_layer("layer").get_config()
    for output, again in zip(as_list(model(case.inputs())), as_list(loaded(case.inputs())), strict=True):
        np.testing.assert_array_equal(output, again)


@ONE_OF_EACH
def test_compiles_with_xla(case: Case) -> None:
    model, inputs = case.model(), [tf.constant(x) for x in case.inputs()]
    compiled = tf.function(lambda *x: model(list(x)), jit_compile=True)
    for output, eager in zip(as_list(compiled(*inputs)), as_list(model(inputs)), strict=True):
        np.testing.assert_allclose(output, eager, rtol=1e-9, atol=1e-12)


def test_local_response_normalization_is_tensorflows() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 9)).astype(np.float32)
    settings = {"depth_radius": 3, "bias": 1.5, "alpha": 0.2, "beta": 0.6}
    np.testing.assert_allclose(
        layers.LocalResponseNormalization(**settings)(x), tf.nn.local_response_normalization(x, **settings), rtol=1e-5
    )


def test_unpooling_undoes_pooling_where_the_largest_values_stood() -> None:
    x = np.abs(np.random.default_rng(0).normal(size=(1, 5, 7, 2))).astype(np.float32)
    values, indices = layers.MaxPoolingWithIndices2D()(x)
    restored = np.asarray(layers.MaxUnpooling2D(output_size=(5, 7))([values, indices]))
    kept = restored != 0
    assert kept.sum() == 2 * 3 * 2
    np.testing.assert_array_equal(restored[kept], x[kept])


def test_a_deformable_convolution_begins_as_a_plain_one() -> None:
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)
    layer = layers.DeformableConv2D(4, (3, 3), padding="same", activation="relu")
    layer.build(x.shape)
    plain = keras.layers.Conv2D(4, 3, padding="same", activation="relu")
    plain.build(x.shape)
    plain.set_weights([layer.kernel, layer.bias])
    np.testing.assert_allclose(layer(x), plain(x), atol=1e-5)


@pytest.mark.parametrize("name", ["ChannelShuffle", "ChannelSplit"])
def test_channels_that_cannot_be_divided_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"Received 7 channels; expected"):
        getattr(layers, name)().build((None, 4, 4, 7))


def test_the_norm_of_zeros_has_a_finite_gradient() -> None:
    x = tf.zeros((1, 4, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layers.LpPooling2D()(x))
    assert np.isfinite(tape.gradient(total, x)).all()


@ONE_OF_EACH
def test_works_in_half_precision(case: Case) -> None:
    layer = getattr(layers, case.name)(**case.settings, dtype="mixed_float16")
    values, *indices = case.inputs()
    inputs = [tf.constant(values, tf.float16), *indices]
    outputs = layer(inputs if indices else inputs[0])
    first = outputs[0] if isinstance(outputs, list | tuple) else outputs
    assert first.dtype == tf.float16
    assert np.isfinite(first).all()
