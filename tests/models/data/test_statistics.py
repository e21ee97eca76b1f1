"""Averages and spreads of samples of every kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.data.facts import DataFacts
from models.data.samples import ArraySamples, FileSamples, Names, Values
from models.data.sources import Digits
from models.data.statistics import BINS, measure

RNG = np.random.default_rng(3)
FACTS = DataFacts("set", 0, (4, 4, 1), ("a", "b", "c"))


def arrays(values: Values, white: float = 255.0) -> ArraySamples:
    facts = replace(FACTS, samples=len(values), sample_shape=values.shape[1:], white=white)
    return ArraySamples(facts, values, np.arange(len(values)) % 2)


def everything(samples: ArraySamples) -> np.ndarray:
    return np.arange(len(samples))


@given(st.integers(1, 60), st.integers(1, 3))
def test_numbers_are_those_of_numpy(count: int, channels: int) -> None:
    values = np.random.default_rng(count).integers(0, 256, (count, 5, 7, channels), dtype=np.uint8)
    samples = arrays(values)
    found = measure(samples, everything(samples))
    exact = values.astype(np.float64)
    assert found.samples == count
    np.testing.assert_allclose(found.mean, exact.mean(0), atol=1e-3)
    np.testing.assert_allclose(found.deviation, exact.std(0), atol=1e-2)
    np.testing.assert_allclose(found.channel_means, exact.mean((0, 1, 2)), atol=1e-3)
    np.testing.assert_allclose(found.channel_deviations, exact.std((0, 1, 2)), atol=1e-2)
    for channel in range(channels):
        expected, edges = np.histogram(exact[..., channel], BINS, (0, 255))
        assert found.histograms[channel].tolist() == expected.tolist()
        np.testing.assert_allclose(found.edges, edges, rtol=1e-6)
    np.testing.assert_allclose(found.class_means[0], exact[::2].mean(0), atol=1e-3)
    assert found.class_counts.tolist() == [(count + 1) // 2, count // 2, 0]
    assert (found.class_means[2] == 0).all()


def test_many_samples_are_measured_by_an_even_choice() -> None:
    values = np.zeros((1001, 2, 2, 1), np.uint8)
    values[500:] = 100
    samples = arrays(values)
    told: list[tuple[int, int]] = []
    found = measure(samples, everything(samples), most=100, progress=lambda *done: told.append(done))
    assert found.samples == 100
    assert found.mean[0, 0, 0] == 50
    assert told[-1] == (100, 100)


def test_large_images_give_small_means() -> None:
    values = RNG.integers(0, 256, (3, 100, 50, 3), dtype=np.uint8)
    found = measure(arrays(values), np.arange(3), size=20)
    assert found.mean.shape == found.class_means[0].shape == (20, 10, 3)
    np.testing.assert_allclose(found.mean, values.reshape(3, 20, 5, 10, 5, 3).mean((0, 2, 4)), atol=1e-2)
    assert found.histograms.sum() == values.size


def test_signals_have_a_mean_curve_and_its_deviation() -> None:
    values = RNG.normal(size=(40, 30, 2)).astype(np.float32)
    found = measure(arrays(values, white=0.0), np.arange(40))
    np.testing.assert_allclose(found.mean, values.mean(0), atol=1e-5)
    np.testing.assert_allclose(found.deviation, values.std(0), atol=1e-4)
    assert found.edges[0] == pytest.approx(values.min())
    assert found.edges[-1] == pytest.approx(values.max())
    assert found.histograms.sum(1).tolist() == [1200, 1200]


def test_volumes_show_their_middle_slice() -> None:
    values = RNG.integers(0, 256, (4, 6, 5, 5, 1), dtype=np.uint8)
    found = measure(arrays(values), np.arange(4))
    np.testing.assert_allclose(found.mean, values[:, 3].mean(0), atol=1e-3)


def test_rows_have_one_histogram_for_all_values() -> None:
    values = RNG.random((9, 4), dtype=np.float32)
    found = measure(arrays(values, white=1.0), np.arange(9))
    assert found.mean.shape == (4,)
    assert found.histograms.shape == (1, BINS)
    assert found.histograms.sum() == 36


def test_what_cannot_be_read_is_passed(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 100).save(tmp_path / "grey.png")
    Image.new("RGB", (16, 4), (40, 50, 60)).save(tmp_path / "colour.png")
    (tmp_path / "broken.png").write_text("no image")
    names = Names(["grey.png", "colour.png", "broken.png", "gone.png"])
    facts = replace(FACTS, samples=4, sample_shape=(8, 8, 3))
    found = measure(FileSamples(facts, tmp_path, names, np.array([0, 1, 1, 0])), np.arange(4))
    assert found.samples == 2
    np.testing.assert_allclose(found.mean[3, 3], [70, 75, 80], atol=1e-3)
    assert found.class_counts.tolist() == [1, 1, 0]


def test_values_that_are_no_numbers_are_passed() -> None:
    values = np.ones((3, 4), np.float32)
    values[1, 2] = np.nan
    assert measure(arrays(values, white=0.0), np.arange(3)).samples == 2


def test_nothing_to_measure_gives_zeros() -> None:
    found = measure(arrays(np.zeros((0, 4, 4, 1), np.uint8)), np.zeros(0, np.int64))
    assert found.samples == 0
    assert (found.mean == 0).all()
    assert found.histograms.sum() == 0


def test_an_exception_in_progress_ends_it() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    samples = Digits().open()
    with pytest.raises(KeyboardInterrupt):
        measure(samples, np.arange(len(samples)), progress=stop)
