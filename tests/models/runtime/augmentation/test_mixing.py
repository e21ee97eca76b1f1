"""Mixed samples, and targets that say by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.steps import Step
from models.data.steps.mixing import CutMix, MixUp
from models.runtime.augmentation import Augmenter, Batch


def mixed(step: Step, count: int, shape: tuple[int, ...], seed: int = 0) -> Batch:
    """Sample i has the value i everywhere, in image and mask, and is of class i; its box holds the whole image."""
    numbers = np.arange(count).reshape(-1, *(1,) * len(shape))
    samples = np.broadcast_to(numbers, (count, *shape)).astype(np.float32)
    masks = samples[..., 0].astype(np.int32) if len(shape) == 3 else None
    boxes = None
    if len(shape) == 3:
        boxes = np.array([[[0, 0, *shape[:2], number]] for number in range(count)], np.float32)
    batch = Batch(samples, np.eye(count, dtype=np.float32), masks, boxes)
    result = Augmenter((step,), None, shape, seed)(batch, 0, 0)
    return Batch(*(None if values is None else values.numpy() for values in result))


@given(
    st.sampled_from([MixUp(), MixUp(alpha=0.1), MixUp(alpha=10.0), CutMix(), CutMix(factor=0.1)]),
    st.integers(1, 9),
    st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
    st.integers(0, 1000),
)
@settings(max_examples=50)
def test_targets_are_the_shares_of_what_is_seen(step: Step, count: int, shape: Any, seed: int) -> None:
    result = mixed(step, count, shape, seed)

    np.testing.assert_allclose(result.targets.sum(axis=1), 1, atol=1e-5)
    assert (result.targets >= 0).all()
    seen = result.samples.reshape(count, -1).mean(axis=1)
    np.testing.assert_allclose(seen, result.targets @ np.arange(count), atol=1e-4 * count)


def test_cutmix_shares_are_those_of_the_pixels_and_masks_go_with_them() -> None:
    result = mixed(CutMix(), 8, (11, 7, 3))

    for sample, target, mask in zip(result.samples, result.targets, result.masks, strict=True):
        counted = np.bincount(sample[..., 0].astype(int).ravel(), minlength=8) / 77
        np.testing.assert_allclose(target, counted, atol=1e-6)
        assert np.array_equal(mask, sample[..., 0])
    assert (result.targets.max(axis=1) < 1).any()


def test_cutmix_boxes_hold_what_was_pasted() -> None:
    result = mixed(CutMix(), 12, (20, 20, 1))

    assert result.boxes.shape == (12, 2, 5)
    for number, (mask, (own, pasted)) in enumerate(zip(result.masks, result.boxes, strict=True)):
        others = mask != number
        assert (own[4] == number) == (others.mean() <= 0.9 + 1e-6)
        if others.mean() >= 0.1:
            rows, columns = np.nonzero(others.any(axis=1))[0], np.nonzero(others.any(axis=0))[0]
            assert pasted[:4].tolist() == [rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]
            assert pasted[4] == mask[others][0]


def test_mixup_keeps_mask_and_box_of_the_stronger_sample() -> None:
    result = mixed(MixUp(alpha=1.0), 12, (4, 4, 1))

    stronger = result.targets.argmax(axis=1)
    assert np.array_equal(result.masks[:, 0, 0], stronger)
    assert np.array_equal(result.boxes[:, 0, 4], stronger)
    assert (result.targets.max(axis=1) < 0.95).any()


@pytest.mark.parametrize("shape", [(5,), (9, 2), (3, 4, 5, 1)])
def test_mixup_takes_samples_of_every_kind(shape: tuple[int, ...]) -> None:
    result = mixed(MixUp(alpha=1.0), 6, shape)

    expected = (result.targets @ np.arange(6)).reshape(-1, *(1,) * len(shape))
    np.testing.assert_allclose(result.samples, np.broadcast_to(expected, result.samples.shape), atol=1e-4)


def test_one_sample_alone_stays_as_it_is() -> None:
    for step in (MixUp(), CutMix()):
        result = mixed(step, 1, (6, 6, 3))
        assert not result.samples.any()
        assert result.targets.tolist() == [[1.0]]
