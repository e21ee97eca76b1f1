"""Fitting pictures to a size and to channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.images import fit_image


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
