"""What holds for every augmentation step."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.data.steps import Stage, Step, steps_of
from models.data.steps.geometric import RandomCrop, RandomFlip
from models.data.steps.mixing import CutMix, MixUp
from models.data.steps.photometric import (
    GaussianNoise,
    RandomBrightness,
    RandomColorBalance,
    RandomContrast,
    RandomErasing,
    RandomGaussianBlur,
    RandomHue,
    RandomSaturation,
    Vignette,
)
from models.data.steps.signals import RandomScaling, RandomShift
from models.runtime.augmentation import AUGMENTATIONS, Augmenter, Batch

KINDS = steps_of(Stage.AUGMENTATION)
SHAPES = [(7, 5, 3), (7, 5, 1), (1, 1, 3), (9, 2), (6,), (4, 3, 5, 1)]
BYTES = (0.0, 255.0)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def batch_of(count: int, shape: tuple[int, ...]) -> Batch:
    generator = np.random.default_rng(count)
    samples = generator.uniform(0, 255, (count, *shape)).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[generator.integers(0, 4, count)]
    if len(shape) != 3:
        return Batch(samples, targets)
    masks = generator.integers(0, 3, (count, *shape[:2])).astype(np.int32)
    boxes = np.tile(np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, -1]], np.float32), (count, 1, 1))
    return Batch(samples, targets, masks, boxes)


def compiled(augmenter: Augmenter, batch: Batch) -> Any:
    """The augmenter in a graph that knows neither the number of samples nor that of boxes."""

    def signature(values: Any) -> tf.TensorSpec:
        free = (None, None, 5) if values is batch.boxes else (None, *values.shape[1:])
        return tf.TensorSpec(free, values.dtype)

    present = [name for name, values in batch._asdict().items() if values is not None]
    specs = [signature(getattr(batch, name)) for name in present]
    number = tf.TensorSpec((), tf.int64)

    @tf.function(input_signature=[specs, number, number])
    def augment(tensors: Any, epoch: Any, step: Any) -> Batch:
        return augmenter(Batch(**dict(zip(present, tensors, strict=True))), epoch, step)

    return lambda batch, epoch, step: augment([getattr(batch, name) for name in present], epoch, step)


def arrays(batch: Batch) -> list[np.ndarray[Any, Any]]:
    return [values.numpy() for values in batch if values is not None]


def same(first: Batch, second: Batch) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(arrays(first), arrays(second), strict=True))


@every_kind
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_batches_keep_their_shape_and_come_back_the_same(kind: type[Step], shape: tuple[int, ...]) -> None:
    augmenter = Augmenter((kind(),), BYTES, shape, seed=1)
    for count in (5, 1):
        batch = batch_of(count, shape)

        result = augmenter(batch, 2, 3)

        assert same(result, Augmenter((kind(),), BYTES, shape, seed=1)(batch, 2, 3))
        for name in ("samples", "targets", "masks"):
            before, after = getattr(batch, name), getattr(result, name)
            assert (before is None) == (after is None)
            assert before is None or (before.shape, before.dtype) == (after.shape, after.dtype.as_numpy_dtype)
        assert (batch.boxes is None) == (result.boxes is None)
        assert np.isfinite(result.samples).all()
        np.testing.assert_allclose(np.sum(result.targets, axis=1), 1, atol=1e-6)
        if not kind().applies_to(shape):
            assert np.array_equal(result.samples, batch.samples)


@every_kind
def test_graphs_take_batches_of_any_length_and_give_the_same(kind: type[Step]) -> None:
    shape = next(shape for shape in SHAPES if kind().applies_to(shape))
    augmenter = Augmenter((kind(),), BYTES, shape, seed=1)
    augment = compiled(augmenter, batch_of(1, shape))

    for count in (5, 1):
        batch = batch_of(count, shape)
        first = augment(batch, 2, 3)
        assert same(first, augment(batch, 2, 3))
        for one, other in zip(arrays(first), arrays(augmenter(batch, 2, 3)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)


@every_kind
def test_other_numbers_draw_other_changes(kind: type[Step]) -> None:
    shape = next(shape for shape in ((20, 20, 3), (50, 2)) if kind().applies_to(shape))
    batch = batch_of(16, shape)
    augmenter = Augmenter((kind(),), BYTES, shape, seed=1)

    results = [
        augmenter(batch, 0, 0),
        augmenter(batch, 0, 1),
        augmenter(batch, 1, 0),
        Augmenter((kind(),), BYTES, shape, seed=2)(batch, 0, 0),
    ]

    samples = [result.samples.numpy() for result in results]
    assert len({values.tobytes() for values in samples}) == 4
    assert not np.array_equal(samples[0], batch.samples)


def test_the_same_step_twice_draws_twice() -> None:
    batch = batch_of(32, (8, 8, 3))
    once = Augmenter((RandomFlip(),), BYTES, (8, 8, 3), 1)(batch, 0, 0)
    twice = Augmenter((RandomFlip(), RandomFlip()), BYTES, (8, 8, 3), 1)(batch, 0, 0)

    assert not np.array_equal(once.samples, twice.samples)
    assert not np.array_equal(twice.samples, batch.samples), "the second flip does not undo the first"


def test_every_step_has_its_augmentation_and_only_mixing_ones_mix() -> None:
    assert set(AUGMENTATIONS) == set(KINDS)
    for kind in KINDS:
        assert Augmenter((kind(),), BYTES, (8, 8, 3), 1).mixes == (kind in (MixUp, CutMix))


def test_nobody_elses_random_numbers_are_used_up() -> None:
    random.seed(3)
    np.random.seed(3)
    tf.random.set_seed(3)
    expected = random.random(), np.random.random(), float(tf.random.uniform(()))
    random.seed(3)
    np.random.seed(3)
    tf.random.set_seed(3)

    batch = batch_of(3, (8, 8, 3))
    Augmenter(tuple(kind() for kind in KINDS), BYTES, (8, 8, 3), 1)(batch, 0, 0)

    assert (random.random(), np.random.random(), float(tf.random.uniform(()))) == expected


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
def test_a_long_chain_keeps_within_the_range_whatever_it_is(value_range: tuple[float, float]) -> None:
    low, high = value_range
    steps = (*(kind() for kind in KINDS if kind is not MixUp), GaussianNoise(stddev=1.0))
    samples = batch_of(6, (12, 10, 3)).samples / 255 * (high - low) + low

    result = Augmenter(steps, value_range, (12, 10, 3), 1)(Batch(samples, np.eye(6, dtype=np.float32)), 0, 0)

    assert low - 1e-4 * (high - low) <= np.min(result.samples)
    assert np.max(result.samples) <= high + 1e-4 * (high - low)


@every_kind
def test_changes_are_the_same_in_every_range(kind: type[Step]) -> None:
    shape = next(shape for shape in ((6, 8, 3), (50, 2)) if kind().applies_to(shape))
    batch = batch_of(4, shape)
    unit = batch._replace(samples=batch.samples / 255)

    as_bytes = Augmenter((kind(),), BYTES, shape, 1)(batch, 0, 0).samples
    as_floats = Augmenter((kind(),), (0.0, 1.0), shape, 1)(unit, 0, 0).samples

    np.testing.assert_allclose(as_bytes / 255, as_floats, atol=1e-4)


def test_noise_follows_a_samples_own_range_where_none_is_known() -> None:
    samples = np.zeros((2, 2000, 1), np.float32)
    samples[0, 0], samples[1, 0] = 1, 100

    noisy = Augmenter((GaussianNoise(stddev=0.1),), None, (2000, 1), 1)(Batch(samples, np.eye(2)), 0, 0).samples

    deviation = np.std(noisy - samples, axis=(1, 2))
    np.testing.assert_allclose(deviation, [0.1, 10], rtol=0.1)


def changed(step: Step, samples: Any, count: int = 64) -> np.ndarray[Any, Any]:
    """Copies of one image of values 0 … 1, each changed by itself."""
    many = np.repeat(samples[None].astype(np.float32), count, axis=0)
    augmenter = Augmenter((step,), (0.0, 1.0), samples.shape, 1)
    return np.asarray(augmenter(Batch(many, np.zeros((count, 2), np.float32)), 0, 0).samples)


def test_brightness_and_contrast_go_both_ways_within_their_limits() -> None:
    image = np.random.default_rng(0).uniform(0.4, 0.6, (9, 9, 3))

    brightness = changed(RandomBrightness(factor=0.2), image).mean(axis=(1, 2, 3)) - image.mean()
    contrast = changed(RandomContrast(factor=0.3), image).std(axis=(1, 2)).mean(axis=1) / image.std(axis=(0, 1)).mean()

    assert -0.2 <= brightness.min() < -0.1
    assert 0.1 < brightness.max() <= 0.2
    assert 0.7 <= contrast.min() < 0.85
    assert 1.15 < contrast.max() <= 1.3


def test_colours_turn_and_fade_without_leaving_their_brightness() -> None:
    image = np.ones((4, 4, 3)) * [0.6, 0.3, 0.3]

    saturation = changed(RandomSaturation(factor=0.5), image)
    hue = changed(RandomHue(factor=1.0), image)

    for result in (saturation, hue):
        np.testing.assert_allclose(result.max(axis=-1), 0.6, atol=1e-5)
    least = saturation.min(axis=(1, 2, 3))
    assert least.min() < 0.25
    assert least.max() > 0.35
    assert set(hue.mean(axis=(1, 2)).argmax(axis=1)) == {0, 1, 2}, "red, green and blue"


def test_colour_balance_scales_channels_apart() -> None:
    result = changed(RandomColorBalance(factor=0.2), np.full((3, 3, 3), 0.5)) / 0.5

    assert np.ptp(result, axis=(1, 2)).max() < 1e-5
    assert np.ptp(result, axis=3).max() > 0.1
    assert 0.8 <= result.min() < 0.85 < 1.15 < result.max() <= 1.2


def test_blur_keeps_flat_images_and_spreads_points() -> None:
    flat, point = np.full((9, 7, 1), 0.7), np.zeros((9, 7, 1))
    point[4, 3] = 1

    np.testing.assert_allclose(changed(RandomGaussianBlur(factor=1.0, sigma=2.0), flat), 0.7, atol=1e-5)
    spread = changed(RandomGaussianBlur(factor=1.0, sigma=1.0), point)
    np.testing.assert_allclose(spread.sum(axis=(1, 2, 3)), 1, atol=1e-4)
    assert spread[:, 4, 3].min() < 0.3
    np.testing.assert_allclose(spread, spread[:, ::-1, ::-1], atol=1e-5)
    assert np.array_equal(changed(RandomGaussianBlur(factor=0.0), point)[0], point)


def test_a_vignette_darkens_corners_and_not_the_middle() -> None:
    result = changed(Vignette(factor=0.5), np.ones((9, 7, 1)))

    np.testing.assert_allclose(result[:, 4, 3], 1, atol=1e-6)
    corners = result[:, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert np.ptp(corners, axis=1).max() < 1e-5
    assert 0.5 <= corners.min() < 0.6
    assert (result >= corners[:, :1, None, None] - 1e-6).all()


def test_cutout_covers_one_rectangle_of_the_size_wanted() -> None:
    result = changed(RandomErasing(factor=1.0, scale=(0.25, 0.25), fill_value=0.0), np.ones((20, 20, 3)))
    covered = (result == 0).all(axis=-1)

    np.testing.assert_allclose(covered.sum(axis=(1, 2)), 100, atol=21)
    for mask in covered:
        assert mask.sum() == mask.any(axis=0).sum() * mask.any(axis=1).sum(), "a filled rectangle"
    share = (changed(RandomErasing(factor=0.3), np.ones((8, 8, 1)), 400) != 1).any(axis=(1, 2, 3)).mean()
    assert 0.2 < share < 0.4


def test_a_random_crop_moves_by_whole_pixels() -> None:
    image = np.random.default_rng(0).uniform(0.1, 1, (6, 5, 1)).astype(np.float32)
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)))
    places = {padded[y : y + 6, x : x + 5].tobytes() for y in range(5) for x in range(5)}

    found = {crop.tobytes() for crop in changed(RandomCrop(padding=2), image, 300)}

    assert found == places


@pytest.mark.parametrize("mode", ["wrap", "constant", "nearest"])
def test_signals_move_by_whole_steps(mode: str) -> None:
    signal = np.random.default_rng(0).uniform(1, 2, (8, 2)).astype(np.float32)
    ways = {"wrap": {"mode": "wrap"}, "constant": {}, "nearest": {"mode": "edge"}}
    padded = np.pad(signal, ((4, 4), (0, 0)), **ways[mode])
    step = RandomShift(factor=0.5, fill_mode=mode)

    found = {moved.tobytes() for moved in changed(step, signal, 400)}

    assert found == {padded[start : start + 8].tobytes() for start in range(9)}


def test_signals_are_scaled_as_a_whole() -> None:
    signal = np.random.default_rng(0).uniform(1, 2, (8, 2))

    factors = changed(RandomScaling(factor=0.2), signal) / signal

    assert np.ptp(factors, axis=(1, 2)).max() < 1e-5
    assert 0.8 <= factors.min() < 0.85 < 1.15 < factors.max() <= 1.2
