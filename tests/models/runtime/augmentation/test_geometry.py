"""Image, mask and box move together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.steps import STEPS, Step
from models.data.steps.geometric import (
    LensDistortion,
    RandomAffine,
    RandomCrop,
    RandomFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomShear,
    RandomStretch,
    RandomTranslation,
    RandomZoom,
)
from models.runtime.augmentation import Augmenter, Batch
from models.runtime.augmentation.warps import Lens
from models.runtime.boxes import kept_boxes

COUNT = 6
shares = st.floats(0.0, 0.4)
STEPS_DRAWN = st.one_of(
    st.builds(RandomFlip, mode=st.sampled_from(["horizontal", "vertical", "horizontal_and_vertical"])),
    st.builds(RandomRotation, factor=shares),
    st.builds(RandomTranslation, height_factor=shares, width_factor=shares),
    st.builds(RandomZoom, height_factor=shares, width_factor=st.none() | shares),
    st.builds(RandomShear, x_factor=shares, y_factor=shares),
    st.builds(RandomStretch, factor=st.floats(0.0, 1.0)),
    st.builds(RandomAffine, factor=shares, height_factor=shares, zoom_factor=shares, shear_factor=shares),
    st.builds(RandomCrop, padding=st.integers(0, 9)),
    st.builds(RandomResizedCrop, scale=st.floats(0.1, 1.0).map(lambda least: (least, 1.0))),
    st.builds(LensDistortion, factor=st.floats(0.0, 0.3), mode=st.sampled_from(["both", "barrel", "pincushion"])),
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Some copies of an image (height, width) of zeros with a rectangle of ones, and its box."""
    height, width = draw(st.integers(16, 48)), draw(st.integers(16, 48))
    top, left = draw(st.integers(0, height - 8)), draw(st.integers(0, width - 8))
    bottom, right = draw(st.integers(top + 8, height)), draw(st.integers(left + 8, width))
    image = np.zeros((height, width), np.float32)
    image[top:bottom, left:right] = 1
    return np.repeat(image[None], COUNT, axis=0), np.tile(
        np.array([top, left, bottom, right, 3], np.float32), (COUNT, 1, 1)
    )


def augmented(step: Step, images: Any, boxes: Any = None, seed: int = 0, value_range: Any = (0.0, 1.0)) -> Batch:
    augmenter = Augmenter((step,), value_range, (*images.shape[1:], 1), seed)
    batch = Batch(images[..., None], np.eye(2, dtype=np.float32)[[0] * len(images)], images.astype(np.int32), boxes)
    return Batch(*(None if values is None else values.numpy() for values in augmenter(batch, 0, 0)))


def extent(mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1])


def test_every_geometric_step_is_drawn() -> None:
    drawn = {kind.__name__ for kind in STEPS.values() if kind.geometric and not kind.changes_shape}

    assert drawn == {
        "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear", "RandomStretch",
        "RandomAffine", "RandomCrop", "RandomResizedCrop", "LensDistortion",
    }  # fmt: skip


@given(scenes(), STEPS_DRAWN, st.integers(0, 1000))
@settings(max_examples=120)
def test_mask_and_box_follow_the_image(scene: Any, step: Step, seed: int) -> None:
    images, boxes = scene
    height, width = images.shape[1:]

    result = augmented(step, images, boxes, seed)

    for image, mask, box in zip(result.samples[..., 0], result.masks, result.boxes[:, 0], strict=True):
        assert (mask[image > 0.77] == 1).all(), "where three quarters are in the object, the nearest pixel is, too"
        assert (mask[image < 0.23] == 0).all()
        if box[4] < 0:
            assert not box[:4].any()
            continue
        assert box[4] == 3
        assert (box[:4] >= 0).all()
        assert (box[:4] <= [height, width, height, width]).all()
        if mask.any():
            found = extent(mask)
            assert (box[:2] <= found[:2] + 1).all()
            assert (found[2:] - 1 <= box[2:4]).all()
            inside = (box[:2] > 0.01).all() and (box[2:4] < np.array([height, width]) - 0.01).all()
            if inside:  # otherwise the part that was cut off may have reached farthest; turned corners are thin
                np.testing.assert_allclose(box[:4], found, atol=2.5)


@given(scenes(), STEPS_DRAWN, st.integers(0, 1000))
@settings(max_examples=40)
def test_masks_without_boxes_show_what_comes_in_at_the_edges(scene: Any, step: Step, seed: int) -> None:
    images, _boxes = scene

    result = augmented(step, images, None, seed)

    assert (result.masks[result.samples[..., 0] > 0.77] == 1).all()
    assert (result.masks[result.samples[..., 0] < 0.23] == 0).all()


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_flips_are_exact(mode: str) -> None:
    generator = np.random.default_rng(0)
    images = np.repeat(generator.integers(0, 256, (1, 5, 7)).astype(np.float32), 40, axis=0)
    boxes = np.tile(np.array([[1, 2, 3, 6, 0], [0, 0, 0, 0, -1]], np.float32), (40, 1, 1))
    ways = {"horizontal": (1, -1), "vertical": (-1, 1)}
    wanted = [(1, 1), *([ways[mode]] if mode in ways else [*ways.values(), (-1, -1)])]
    expected = {images[0, ::down, ::across].tobytes() for down, across in wanted}

    result = augmented(RandomFlip(mode=mode), images, boxes, value_range=(0.0, 255.0))

    assert {image.tobytes() for image in result.samples[..., 0]} == expected
    assert np.array_equal(result.samples[..., 0], result.masks)
    for image, (box, filler) in zip(result.samples[..., 0], result.boxes, strict=True):
        top, left, bottom, right = box[:4].astype(int)
        held = np.sort(image[top:bottom, left:right], axis=None)
        assert np.array_equal(held, np.sort(images[0, 1:3, 2:6], axis=None))
        assert filler.tolist() == [0, 0, 0, 0, -1]


@pytest.mark.parametrize(
    "step",
    [
        RandomRotation(factor=0.0),
        RandomTranslation(height_factor=0.0, width_factor=0.0),
        RandomZoom(height_factor=0.0),
        RandomShear(x_factor=0.0),
        RandomStretch(factor=0.0),
        RandomAffine(factor=0.0, height_factor=0.0, width_factor=0.0, zoom_factor=0.0, shear_factor=0.0),
        RandomCrop(padding=0),
        RandomResizedCrop(scale=(1.0, 1.0), ratio=(1.0, 1.0)),
        LensDistortion(factor=0.0),
    ],
    ids=lambda step: step.type,
)
def test_no_change_changes_nothing(step: Step) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 6, 9)).astype(np.float32)
    boxes = np.tile(np.array([1, 2, 4, 8, 0], np.float32), (3, 1, 1))

    result = augmented(step, images, boxes, value_range=(0.0, 255.0))

    np.testing.assert_allclose(result.samples[..., 0], images, atol=1e-2)
    assert np.array_equal(result.masks, images)
    np.testing.assert_allclose(result.boxes, boxes, atol=1e-4)


def test_a_part_fills_the_image() -> None:
    images = np.ones((20, 12, 16), np.float32)

    for boxes in (None, np.zeros((20, 1, 5), np.float32)):
        result = augmented(RandomResizedCrop(scale=(0.05, 0.5)), images, boxes)

        np.testing.assert_allclose(result.samples, 1, atol=1e-5)
        assert result.masks.all()


def test_a_constant_comes_in_where_it_is_asked_for() -> None:
    images = np.zeros((30, 10, 10), np.float32)
    step = RandomTranslation(height_factor=0.4, width_factor=0.4, fill_mode="constant", fill_value=1.0)

    result = augmented(step, images)

    assert result.samples.max() == 1
    assert not result.masks.any(), "and the mask has class 0 there"


def test_ragged_boxes_are_filled_up() -> None:
    boxes = tf.ragged.constant(
        [[[0, 0, 4, 4, 1]], [], [[0, 0, 4, 4, 2], [4, 4, 8, 8, 0]]], ragged_rank=1, inner_shape=(5,)
    )

    result = augmented(RandomFlip(), np.zeros((3, 8, 8), np.float32), tf.cast(boxes, tf.float32))

    assert result.boxes.shape == (3, 2, 5)
    assert result.boxes[:, :, 4].tolist() == [[1, -1], [-1, -1], [2, 0]]


@given(st.floats(-0.3, 0.3), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=50)
def test_points_go_where_the_lens_shows_them(bend: float, down: float, across: float) -> None:
    height, width = 30, 40
    lens = Lens(height, width, tf.constant([bend], tf.float32))
    shown = np.array([down * height, across * width])
    centre, radius = np.array([height / 2, width / 2]), np.hypot(height, width) / 2
    around = (shown - centre) / radius
    came_from = centre + radius * around * (1 + bend * (around**2).sum()) / (1 + max(bend, 0))

    found = lens.points(came_from[None, None].astype(np.float32)).numpy()[0, 0]

    np.testing.assert_allclose(
        found, shown, atol=0.6 if bend < -0.28 else 0.05
    )  # in far corners the map is nearly flat


def test_boxes_with_a_tenth_left_stay() -> None:
    corners = tf.constant([[-9.0, 0.0, 1.0, 10.0], [-9.1, 0.0, 0.9, 10.0], [2.0, 2.0, 2.0, 5.0], [1.0, 1.0, 4.0, 4.0]])

    kept = kept_boxes(corners, tf.constant([1.0, 1.0, 1.0, -1.0]), 20, 20).numpy()

    assert kept[:, 4].tolist() == [1, -1, -1, -1]
    assert kept[0, :4].tolist() == [0, 0, 1, 10]
    assert not kept[1:, :4].any()
