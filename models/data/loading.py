"""Scanning a data source for its facts, and loading its images fitted to a network's input."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from models.blocks import Shape
from models.data.image_folder import Progress, folder_samples, glance_at_folder, load_folder, scan_folder
from models.data.images import Bytes, Floats, ImageSet, Indices, fit_image
from models.data.sources import DataFacts, DataSource, Digits, ImageFolder
from models.data.sources.digits import DIGITS_FACTS
from resources import resource


def scan(source: DataSource, progress: Progress | None = None) -> DataFacts:
    """What is known of a source, broken files included. Raises DataError with what was found and what to do."""
    return DIGITS_FACTS if isinstance(source, Digits) else scan_folder(Path(source.path), progress)


def glance(source: DataSource) -> DataFacts:
    """The facts as a quick look gives them: an image folder's files are listed, not decoded. Raises DataError."""
    return DIGITS_FACTS if isinstance(source, Digits) else glance_at_folder(Path(source.path))


def load(source: DataSource, shape: Shape, progress: Progress | None = None) -> ImageSet:
    """Every readable image of a source, resized and with its channels converted to `shape` (height, width, 1 or 3).

    Raises DataError.
    """
    return _load_digits(shape) if isinstance(source, Digits) else load_folder(Path(source.path), shape, progress)


def samples(source: DataSource, count: int) -> tuple[list[Floats], list[int]]:
    """Up to `count` images to pick a probe from, the classes in turn, float32 (height, width, 1 or 3) in 0 … 1.

    Returns the images and their labels. Raises DataError.
    """
    if isinstance(source, ImageFolder):
        return folder_samples(Path(source.path), count)
    scans, labels = _digits()
    turns = [np.count_nonzero(labels[:index] == label) for index, label in enumerate(labels)]
    first = np.lexsort((labels, turns))[:count]
    return [scans[index][:, :, None].astype(np.float32) / 255 for index in first], labels[first].tolist()


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
