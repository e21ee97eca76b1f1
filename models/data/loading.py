"""Scanning a data source for its facts, and loading its images fitted to a network's input."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from models.blocks import Shape
from models.data.images import Bytes, ImageSet, Indices, fit_image
from models.data.sources import DataError, DataFacts, DataSource, Digits
from resources import resource

Progress = Callable[[int, int], None]
"""Called with the images done and the images in all."""

DIGITS_FACTS = DataFacts("Digits", 1797, (8, 8, 1), tuple("0123456789"))


def scan(source: DataSource) -> DataFacts:
    """What is known of a source. Raises DataError with what was found and what to do."""
    if isinstance(source, Digits):
        return DIGITS_FACTS
    raise DataError(f"{source} cannot be read")


def load(source: DataSource, shape: Shape, progress: Progress | None = None) -> ImageSet:
    """Every image of a source, resized and with its channels converted to `shape` (height, width, 1 or 3).

    Raises DataError.
    """
    if isinstance(source, Digits):
        return _load_digits(shape)
    raise DataError(f"{source} cannot be read")


@cache
def _digits() -> tuple[Bytes, Indices]:
    """The bundled scans as bytes 0 … 255, and their labels."""
    with np.load(resource("digits.npz"), allow_pickle=False) as archive:
        scans = archive["images"].astype(np.float32)
        return np.round(scans * (255 / 16)).astype(np.uint8), archive["labels"].astype(np.int64)


def _load_digits(shape: Shape) -> ImageSet:
    scans, labels = _digits()
    fitted = [fit_image(scan[:, :, None].astype(np.float32) / 255, shape) for scan in scans]
    return ImageSet(DIGITS_FACTS, np.round(np.stack(fitted) * 255).astype(np.uint8), labels)
