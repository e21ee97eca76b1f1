"""Yellow or blue: what raw colours do not tell and normalized ones do, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.data.samples import Samples
from models.data.sources.yellow_or_blue import YellowOrBlue

Floats = npt.NDArray[np.float64]


def scenes(samples: Samples) -> Floats:
    return np.stack([samples.read(index) for index in range(len(samples))]).astype(np.float64)


def spot_colours(samples: Samples, images: Floats) -> Floats:
    """The mean colour of the middle of each scene's first spot."""
    colours = []
    for index, image in enumerate(images):
        boxes = samples.boxes(index)
        assert boxes is not None
        top, left, bottom, right, _ = boxes[0]
        reach = max(1, int((bottom - top) / 4))
        down, across = int((top + bottom) / 2), int((left + right) / 2)
        colours.append(image[down - reach : down + reach, across - reach : across + reach].mean(axis=(0, 1)))
    return np.array(colours)


def accuracy(features: Floats, labels: npt.NDArray[Any]) -> float:
    """Of the best linear classifier by least squares: fitted to the first half, measured on the second."""
    half = len(labels) // 2
    rows = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    fitted, goals = rows[:half], 2.0 * labels[:half] - 1
    squares = fitted.T @ fitted
    weights = np.linalg.solve(squares + 1e-9 * np.trace(squares) * np.eye(len(squares)), fitted.T @ goals)
    return float(np.mean((rows[half:] @ weights > 0) == labels[half:]))


@pytest.mark.parametrize("size", [16, 32, 48])
def test_the_spots_colour_tells_the_class_only_after_division_by_the_scenes(size: int) -> None:
    samples = YellowOrBlue(size=size).open()
    images = scenes(samples)
    colours = spot_colours(samples, images)
    raw = accuracy(colours, samples.labels)
    normalized = accuracy(colours / images.mean(axis=(1, 2)), samples.labels)
    assert raw < 0.75
    assert normalized > 0.97


def test_under_white_light_the_raw_colour_tells_it() -> None:
    samples = YellowOrBlue(tint=0).open()
    assert accuracy(spot_colours(samples, scenes(samples)), samples.labels) > 0.99


def test_the_raw_pixels_of_the_whole_scene_do_not_tell_it() -> None:
    """A linear look at all pixels, as a dense layer has it, cannot know where the spot is."""
    samples = YellowOrBlue(size=16).open()
    images = scenes(samples)
    assert accuracy(images.reshape(len(images), -1), samples.labels) < 0.65


def test_a_small_window_tells_it_wherever_the_spot_lies() -> None:
    """What a convolution and global pooling can do: compare the colour of each place with the scene's."""
    samples = YellowOrBlue().open()
    images = np.log(scenes(samples) + 4)
    blueness = images[..., 2] - images[..., :2].mean(axis=3)
    windows = np.lib.stride_tricks.sliding_window_view(blueness, (4, 4), axis=(1, 2)).mean(axis=(3, 4))
    contrast = windows - np.median(windows, axis=(1, 2), keepdims=True)
    strongest = np.stack([contrast.max(axis=(1, 2)), contrast.min(axis=(1, 2))], axis=1)
    assert accuracy(strongest, samples.labels) > 0.9


def test_spots_lie_everywhere_and_whole_in_the_scene() -> None:
    samples = YellowOrBlue(samples=1000, spots=2).open()
    boxes = np.stack([samples.boxes(index) for index in range(1000)])
    assert boxes.shape == (1000, 2, 5)
    assert boxes[..., :2].min() >= 0
    assert boxes[..., 2:4].max() <= 32
    assert (boxes[..., 4] == samples.labels[:, None]).all()
    middles = (boxes[..., :2] + boxes[..., 2:4]).reshape(-1, 2) / 2
    assert np.histogram2d(*middles.T, bins=4, range=[[3, 29], [3, 29]])[0].min() > 60


def test_tints_go_both_ways_for_both_classes() -> None:
    samples = YellowOrBlue().open()
    means = scenes(samples).mean(axis=(1, 2))
    bluish = means[:, 2] > means[:, :2].mean(axis=1)
    for label in (0, 1):
        assert 0.4 < bluish[samples.labels == label].mean() < 0.6
