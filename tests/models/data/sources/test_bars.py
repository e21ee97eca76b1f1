"""Bars: where they lie, and which way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.samples import TEST, TRAINING, VALIDATION
from models.data.sources.bars import Bars


def bright(image: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and columns of a noiseless image's bar."""
    return np.nonzero(image[..., 0] > 60)


@settings(max_examples=20)
@given(st.builds(Bars, samples=st.just(100), size=st.integers(16, 64), classes=st.integers(2, 8), noise=st.just(0.0)))
def test_training_bars_lie_in_the_left_half_and_the_others_everywhere(source: Bars) -> None:
    samples = source.open()
    assert samples.parts is not None
    assert np.bincount(samples.parts).tolist() == [60, 20, 20]
    beyond = {TRAINING: 0, VALIDATION: 0, TEST: 0}
    for index, part in enumerate(samples.parts):
        _, columns = bright(samples.read(index))
        assert len(columns)
        beyond[int(part)] += columns.max() >= source.size / 2
    assert beyond[TRAINING] == 0
    assert beyond[VALIDATION] > 5
    assert beyond[TEST] > 5


@pytest.mark.parametrize("classes", [2, 3, 4, 5, 8])
def test_the_class_is_the_direction(classes: int) -> None:
    samples = Bars(samples=200, size=64, classes=classes, noise=0, training_positions="everywhere").open()
    for index, label in enumerate(samples.labels):
        rows, columns = bright(samples.read(index))
        places = np.stack([columns - columns.mean(), rows.mean() - rows])
        across, up = np.linalg.svd(places, full_matrices=False)[0][:, 0]
        turn = np.degrees(np.arctan2(up, across)) - 180 * label / classes
        assert abs((turn + 90) % 180 - 90) < 0.3 * 180 / classes


def test_bars_are_whole() -> None:
    samples = Bars(samples=300, size=64, noise=0, training_positions="everywhere").open()
    areas = [len(bright(samples.read(index))[0]) for index in range(300)]
    assert min(areas) > 0.6 * max(areas)


def test_everywhere_is_everywhere_for_training_too() -> None:
    samples = Bars(samples=500, training_positions="everywhere", noise=0).open()
    assert samples.parts is not None
    middles = [bright(samples.read(index))[1].mean() for index in np.flatnonzero(samples.parts == TRAINING)]
    assert 0.4 < np.mean(np.array(middles) > 13.5) < 0.6


def test_classes_are_named_by_their_angle() -> None:
    assert Bars(classes=4).glance().class_names == ("0°", "45°", "90°", "135°")
    assert Bars(classes=8).glance().class_names[1] == "22.5°"
