"""Fitting images to a network's input, the bundled digits, and the split that holds images out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.images import fit_image, split
from models.data.loading import load, scan
from models.data.sources import Digits


def test_digits_are_what_scikit_learn_has() -> None:
    facts = scan(Digits())
    data = load(Digits(), (8, 8, 1))
    assert facts.text == "Digits · 1,797 images · 8×8×1 · 10 classes"
    assert data.facts == facts
    assert data.images.shape == (1797, 8, 8, 1)
    assert (data.images.min(), data.images.max()) == (0, 255)
    assert data.labels[:10].tolist() == list(range(10))
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_images_are_fed_as_floats_from_zero_to_one() -> None:
    data = load(Digits(), (32, 32, 1))
    floats = data.floats(slice(0, 100))
    assert floats.shape == (100, 32, 32, 1)
    assert floats.dtype == np.float32
    assert 0.0 <= floats.min() < floats.max() <= 1.0


@given(st.sampled_from([1, 3]), st.sampled_from([1, 3, 4]), st.integers(1, 40), st.integers(1, 40))
def test_fit_image_gives_the_shape_asked_for(to: int, channels: int, height: int, width: int) -> None:
    image = np.random.default_rng(1).random((7, 5, channels), dtype=np.float32)
    fitted = fit_image(image, (height, width, to))
    assert fitted.shape == (height, width, to)
    assert fitted.dtype == np.float32
    assert 0.0 <= fitted.min() <= fitted.max() <= 1.0


def test_fit_image_leaves_a_fitting_image_alone() -> None:
    image = np.random.default_rng(1).random((7, 5, 3), dtype=np.float32)
    np.testing.assert_array_equal(fit_image(image, (7, 5, 3)), image)


def test_fit_image_weighs_colours_as_the_eye_does() -> None:
    green = np.zeros((2, 2, 3), dtype=np.float32)
    green[..., 1] = 1.0
    assert fit_image(green, (2, 2, 1)) == pytest.approx(0.587)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.floats(0.0, 0.9), st.integers(0, 1000))
def test_split_divides_every_class(labels: list[int], held_out: float, seed: int) -> None:
    array = np.array(labels, dtype=np.int64)
    training, held = split(array, held_out, seed)
    assert sorted([*training, *held]) == list(range(len(labels)))
    for label in set(labels):
        members, kept = labels.count(label), int((array[training] == label).sum())
        assert kept >= 1
        if held_out > 0 and members > 1:
            assert abs((members - kept) - members * held_out) <= 1
    again, _ = split(array, held_out, seed)
    np.testing.assert_array_equal(again, training)
