"""The preprocessing chain: one meaning in pipelines, on batches, and inside exported models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.steps import Stage, Step, steps_of
from models.data.steps.preprocessing import (
    CenterCrop,
    GreyWorld,
    PerImageStandardize,
    Rescale,
    Resize,
    Standardize,
    ToGray,
    ToRGB,
)
from models.runtime.preprocessing import Preprocessor, measured
from models.runtime.steps import OPERATIONS

KINDS = steps_of(Stage.PREPROCESSING)
DEFAULT = (Resize(), Rescale())
STATISTICS = Standardize(mean=(100.0, 120.0, 140.0), variance=(400.0, 2500.0, 0.0), measured_on="x")
CHAINS: dict[str, tuple[Step, ...]] = {
    "default": DEFAULT,
    "fit": (Resize(fit="fit", antialias=True), Rescale(scale=1 / 127.5, offset=-1.0)),
    "crop": (Resize(fit="crop", interpolation="bicubic"), GreyWorld(), Rescale()),
    "nearest": (Resize(fit="crop", interpolation="nearest"), PerImageStandardize()),
    "lanczos": (Resize(height=9, interpolation="lanczos3"), PerImageStandardize(per_channel=True)),
    "centre": (CenterCrop(), ToGray(), ToRGB(), STATISTICS),
    "grey first": (GreyWorld(), ToGray(), Resize(), Rescale()),
}
every_chain = pytest.mark.parametrize("steps", CHAINS.values(), ids=CHAINS)


def images(count: int, *shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8)


def close(got: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("shape", [(7, 5, 3), (7, 5, 1), (1, 1, 3), (9, 2), (6,), (4, 3, 5, 1)])
def test_every_step_gives_finite_values_of_the_shape_it_says(kind: type[Step], shape: tuple[int, ...]) -> None:
    target = (4, 6, 3)
    chain = Preprocessor((kind(),), 255.0, shape, target)
    whole = tf.function(chain.whole, input_signature=[tf.TensorSpec((None, *shape), tf.uint8)])

    for count in (1, 3):
        outputs = whole(images(count, *shape)).numpy()
        assert outputs.dtype == np.float32
        assert outputs.shape == (count, *chain.output_shape)
        assert np.isfinite(outputs).all()
        if chain.output_range is not None:
            low, high = chain.output_range
            assert low - 1e-3 <= outputs.min()
            assert outputs.max() <= high + 1e-3
    assert OPERATIONS[kind].step_class is kind


@every_chain
@pytest.mark.parametrize("channels", [1, 3])
def test_an_exported_model_takes_samples_as_they_are_stored(
    steps: tuple[Step, ...], channels: int, tmp_path: Path
) -> None:
    raw = keras.Input((None, None, channels))
    chain = Preprocessor(steps, 255.0, (20, 30, channels), (12, 16, 3))
    keras.Model(raw, chain.layers(raw)).save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)

    for size in ((20, 30), (7, 5), (1, 1), (12, 16)):
        batch = images(2, *size, channels)
        close(loaded(batch.astype(np.float32)), chain.whole(batch))
    assert loaded.output_shape == (None, *chain.output_shape)


@every_chain
def test_a_saved_model_does_the_same(steps: tuple[Step, ...], tmp_path: Path) -> None:
    raw = keras.Input((20, 30, 3), dtype="uint8")
    chain = Preprocessor(steps, 255.0, (20, 30, 3), (12, 16, 3))
    keras.Model(raw, chain.layers(raw)).export(str(tmp_path / "saved"), verbose=False)

    batch = images(2, 20, 30, 3)

    close(tf.saved_model.load(str(tmp_path / "saved")).serve(batch), chain.whole(batch))


@every_chain
def test_samples_of_any_size_and_channels_go_through_a_pipeline(steps: tuple[Step, ...]) -> None:
    samples = [images(1, 20, 30, 3)[0], images(1, 7, 5, 1)[0], images(1, 1, 1, 3)[0]]
    chain = Preprocessor(steps, 255.0, (20, 30, 3), (12, 16, 3))
    signature = tf.TensorSpec((None, None, None), tf.uint8)

    sized = tf.data.Dataset.from_generator(lambda: iter(samples), output_signature=signature).map(chain.size)

    assert sized.element_spec == tf.TensorSpec(chain.sized_shape, tf.float32)
    for sample, got in zip(samples, sized, strict=True):
        close(got, chain.size(sample))
        close(got, chain.size(sample[None])[0])


def test_bytes_are_resized_as_hand_written_code_does() -> None:
    batch = images(3, 20, 30, 3)

    close(Preprocessor(DEFAULT, 255.0, (20, 30, 3), (8, 9, 3)).whole(batch), tf.image.resize(batch, (8, 9)) / 255.0)


@given(st.tuples(*[st.integers(1, 40)] * 4), st.sampled_from(["stretch", "fit", "crop", "centre"]))
@settings(max_examples=40)
def test_masks_and_boxes_follow_the_image(sizes: tuple[int, int, int, int], way: str) -> None:
    height, width, *target = sizes
    step = CenterCrop() if way == "centre" else Resize(fit=way)  # type: ignore[arg-type]
    chain = Preprocessor((step,), 255.0, (height, width, 1), (*target, 1))
    top, left, bottom, right = height // 3, width // 4, height // 3 + (height + 1) // 2, width // 4 + (width + 1) // 2
    image = np.zeros((height, width, 1), np.uint8)
    image[top:bottom, left:right] = 255

    sized = chain.size(image).numpy()[..., 0]
    mask = chain.size_mask((image[..., 0] > 0).astype(np.uint8)).numpy()
    (box,) = chain.size_boxes(np.array([[top, left, bottom, right, 2]]), height, width).numpy()

    assert mask.dtype == np.int32
    assert mask.shape == tuple(target)
    assert (mask[sized > 200] == 1).all(), "where three quarters are in the object, the nearest pixel is, too"
    assert (mask[sized < 55] == 0).all()
    if mask.any() and box[4] >= 0:
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        extent = [rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]
        np.testing.assert_allclose(box[:4], extent, atol=1.01)  # the nearest pixel's middle is half a pixel off


def test_boxes_that_are_cut_off_are_gone() -> None:
    chain = Preprocessor((CenterCrop(height=10, width=10),), 255.0, (30, 30, 1), (10, 10, 1))
    boxes = np.array([[0, 0, 5, 5, 1], [12, 12, 15, 18, 2], [0, 0, 12, 12, 3], [0, 0, 30, 30, 4]], np.float32)

    sized = chain.size_boxes(boxes, 30, 30).numpy()

    assert sized[:, 4].tolist() == [-1, 2, -1, 4]
    assert sized[1, :4].tolist() == [2, 2, 5, 8]
    assert sized[3, :4].tolist() == [0, 0, 10, 10]
    assert not sized[0, :4].any()


def test_masks_of_a_batch_and_chains_without_sizes() -> None:
    chain = Preprocessor((Rescale(),), 255.0, (6, 7, 1), (6, 7, 1))
    masks = np.arange(84, dtype=np.uint8).reshape(2, 6, 7)

    assert np.array_equal(chain.size_mask(masks), masks)
    assert chain.sized_shape == (6, 7, 1)
    assert chain.keeps_bytes


def test_what_may_be_cached_as_bytes() -> None:
    shape, target = (20, 30, 3), (8, 8, 3)

    def keeps(steps: tuple[Step, ...], white: float = 255.0) -> bool:
        return Preprocessor(steps, white, shape, target).keeps_bytes

    assert keeps(DEFAULT)
    assert keeps((ToGray(), ToRGB(), Resize(interpolation="bicubic"), Rescale()))
    assert not keeps(DEFAULT, white=1.0)
    assert not keeps((Rescale(), Resize()))
    sized = Preprocessor((Resize(interpolation="bicubic"),), 255.0, shape, target).size(images(1, *shape)[0]).numpy()
    assert sized.min() >= 0
    assert sized.max() <= 255


def test_the_parts_meet_and_rescale_reads_white() -> None:
    steps = (Rescale(), Resize(), Rescale(scale=2.0, offset=-1.0))
    chain = Preprocessor(steps, 255.0, (20, 30, 3), (8, 9, 3))
    batch = images(2, 20, 30, 3)

    assert chain.value_range == (0.0, 1.0)
    assert chain.output_range == (-1.0, 1.0)
    close(chain.scale(chain.size(batch)), tf.image.resize(batch / np.float32(255), (8, 9)) * 2 - 1)
    floats = np.ones((1, 4, 4, 1), np.float32)
    close(Preprocessor((Rescale(),), 1.0, (4, 4, 1), (4, 4, 1)).whole(floats), floats)
    unknown = Preprocessor((Rescale(),), 0.0, (4, 4, 1), (4, 4, 1))
    close(unknown.whole(floats * 7), floats * 7)
    assert unknown.output_range is None


def test_steps_for_images_let_signals_pass() -> None:
    signals = np.random.default_rng(0).normal(size=(3, 9, 2)).astype(np.float32)
    chain = Preprocessor((Resize(), ToGray(), CenterCrop(), Rescale(scale=0.5)), 0.0, (9, 2), (9, 2))

    assert chain.sized_shape == (9, 2)
    close(chain.whole(signals), signals / 2)
    close(chain.size(signals[0]), signals[0])
    raw = keras.Input((9, 2))
    close(keras.Model(raw, chain.layers(raw))(signals), signals / 2)


def test_channels_that_cannot_be_converted_are_refused() -> None:
    with pytest.raises(ValueError, match=r"have 5 channels .* takes 3\. .* give the Input 5 channels"):
        Preprocessor((Resize(),), 255.0, (8, 8, 5), (8, 8, 3)).whole(images(1, 8, 8, 5))


def test_white_stays_white_in_grey() -> None:
    white = np.full((1, 2, 2, 3), 255, np.uint8)

    close(Preprocessor((ToGray(),), 255.0, (2, 2, 3), (2, 2, 1)).whole(white), np.full((1, 2, 2, 1), 255.0))


def test_grey_world_takes_the_tint_away() -> None:
    scene = np.random.default_rng(1).uniform(20, 120, (1, 8, 8, 1)) * np.ones(3)
    tinted = (scene * [1.4, 1.0, 0.6]).astype(np.float32)
    chain = Preprocessor((GreyWorld(),), 255.0, (8, 8, 3), (8, 8, 3))

    balanced = chain.whole(tinted).numpy()

    close(balanced[..., 0], balanced[..., 2])
    close(chain.whole(np.zeros((1, 8, 8, 3), np.uint8)), np.zeros((1, 8, 8, 3)))


@pytest.mark.parametrize("per_channel", [False, True])
def test_each_sample_gets_mean_0_and_variance_1(per_channel: bool) -> None:
    chain = Preprocessor((PerImageStandardize(per_channel=per_channel),), 255.0, (8, 8, 3), (8, 8, 3))
    batch = images(3, 8, 8, 3)
    batch[2] = 77

    outputs = chain.whole(batch).numpy().reshape(3, 64, 3)

    axes = 1 if per_channel else (1, 2)
    np.testing.assert_allclose(outputs.mean(axis=axes), 0, atol=1e-5)
    np.testing.assert_allclose(outputs[:2].std(axis=axes), 1, atol=1e-5)
    np.testing.assert_allclose(outputs[2], 0, atol=1e-2)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.sampled_from([0.0, 1e6]))
@settings(max_examples=10)
def test_statistics_are_those_of_all_samples(counts: list[int], far: float) -> None:
    generator = np.random.default_rng(sum(counts))
    batches = [(generator.normal(far, 3, (count, 4, 5, 3)) * [1, 2, 0]).astype(np.float32) for count in counts]
    steps = (Resize(), Rescale(scale=0.5), Standardize(), Rescale(scale=3.0))

    filled = measured(steps, batches, 0.0, (4, 5, 3), (4, 5, 3), "these")

    if not sum(counts):
        assert filled == steps
        return
    values = np.concatenate(batches).astype(np.float64).reshape(-1, 3) / 2
    standardize = filled[2]
    assert isinstance(standardize, Standardize)
    np.testing.assert_allclose(standardize.mean, values.mean(axis=0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(standardize.variance, values.var(axis=0), rtol=1e-4, atol=1e-6)
    assert standardize.measured_on == "these"
    assert (filled[0], filled[1], filled[3]) == (steps[0], steps[1], steps[3])


def test_a_second_standardize_is_measured_behind_the_first() -> None:
    batch = images(8, 6, 6, 3)

    _resize, first, second = measured((Resize(), Standardize(), Standardize()), [batch], 255.0, (6, 6, 3), (6, 6, 3))

    assert isinstance(first, Standardize)
    assert isinstance(second, Standardize)
    np.testing.assert_allclose(first.mean, batch.reshape(-1, 3).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(second.mean, 0, atol=1e-4)
    np.testing.assert_allclose(second.variance, 1, rtol=1e-4)


def test_statistics_of_other_channels_are_averaged() -> None:
    chain = Preprocessor((STATISTICS,), 255.0, (4, 4, 1), (4, 4, 1))
    batch = images(2, 4, 4, 1)

    close(chain.whole(batch), (batch - 120.0) / np.sqrt(2900 / 3))


def test_mixed_precision_leaves_preprocessing_precise() -> None:
    chain = Preprocessor((Resize(), STATISTICS), 255.0, (20, 30, 3), (8, 9, 3))
    batch = images(2, 20, 30, 3)
    expected = chain.whole(batch).numpy()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        raw = keras.Input((20, 30, 3))
        close(keras.Model(raw, chain.layers(raw))(batch.astype(np.float32)), expected)
    finally:
        keras.config.set_dtype_policy(before)
