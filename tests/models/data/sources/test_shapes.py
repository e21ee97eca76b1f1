"""Shapes with their masks and boxes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.generated.shapes import AREAS, LARGEST_REACH
from models.data.sources.shapes import BACKGROUND, SHAPES, Shapes

SETTINGS = st.builds(
    Shapes,
    samples=st.just(50),
    size=st.integers(32, 80),
    colour=st.booleans(),
    objects=st.integers(1, 4),
    target=st.sampled_from(["class", "mask"]),
    noise=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 1000),
)


@settings(max_examples=25)
@given(SETTINGS)
def test_boxes_and_masks_tell_the_same(source: Shapes) -> None:
    samples = source.open()
    offset = 1 - (source.target == "mask")
    for index in range(len(samples)):
        mask, boxes = samples.mask(index), samples.boxes(index)
        assert mask is not None
        assert boxes is not None
        assert mask.shape == samples.read(index).shape[:2]
        assert 1 <= len(boxes) <= source.objects
        covered = np.zeros(mask.shape, bool)
        for top, left, bottom, right, kind in boxes.astype(int):
            inside = mask[top:bottom, left:right]
            mine = inside == kind + offset
            assert mine[0].any()
            assert mine[-1].any()
            assert mine[:, 0].any()
            assert mine[:, -1].any()
            covered[top:bottom, left:right] = True
        assert not mask[~covered].any(), "every object has its box"


@settings(max_examples=15)
@given(SETTINGS)
def test_labels_are_the_largest_objects(source: Shapes) -> None:
    samples = source.replace(target="class").open()
    for index, label in enumerate(samples.labels):
        mask, boxes = samples.mask(index), samples.boxes(index)
        assert mask is not None
        assert boxes is not None
        areas = [
            np.count_nonzero(mask[top:bottom, left:right] == kind + 1)
            for top, left, bottom, right, kind in boxes.astype(int)
        ]
        assert boxes[int(np.argmax(areas)), 4] == label


def test_for_masks_the_background_is_a_class_and_images_have_none() -> None:
    samples = Shapes(samples=100, target="mask").open()
    assert samples.facts.class_names == (BACKGROUND, *SHAPES)
    assert set(samples.labels.tolist()) == {-1}
    found = {value for index in range(100) for value in np.unique(samples.mask(index))}
    assert found == set(range(len(SHAPES) + 1))
    named = [samples.facts.class_names[int(box[4])] for index in range(100) for box in samples.boxes(index)]
    assert set(named) == set(SHAPES)


def test_a_mask_has_the_area_that_geometry_gives_it() -> None:
    """Areas by formula against counted pixels: shapes of all kinds have the area of a circle of the same radius."""
    samples = Shapes(samples=1000, size=128, noise=0).open()
    largest = (128 / 2 - 1) / LARGEST_REACH
    areas = np.array([np.count_nonzero(samples.mask(index)) for index in range(1000)])
    assert areas.min() > np.pi * (0.6 * largest) ** 2 * 0.97
    assert areas.max() < np.pi * largest**2 * 1.03
    means = [areas[samples.labels == kind].mean() for kind in range(len(SHAPES))]
    assert max(means) < 1.15 * min(means), "the area does not tell the class"
    assert set(AREAS) == set(SHAPES)


def test_shapes_stand_out_from_what_is_around_them() -> None:
    samples = Shapes(samples=200, noise=0).open()
    for index in range(200):
        image, mask = samples.read(index)[..., 0].astype(float), samples.mask(index)
        assert mask is not None
        assert abs(image[mask > 0].mean() - image[mask == 0].mean()) > 25
