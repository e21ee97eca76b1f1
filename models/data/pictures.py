"""A single picture that someone wants to try."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.data.decoding import BrokenImage, quiet_pillow, read_image
from models.data.images import Floats, fit_image
from models.data.sources import LARGEST_SIDE

__all__ = ["BrokenImage", "read_picture"]


def read_picture(path: Path) -> Floats:
    """A picture file as float32 (height, width, 1 or 3) in 0 … 1, no side above LARGEST_SIDE. Raises BrokenImage."""
    with quiet_pillow():
        pixels = read_image(path).astype(np.float32) / np.float32(255)
    height, width, channels = pixels.shape
    shrink = min(1.0, LARGEST_SIDE / max(height, width))
    return fit_image(pixels, (max(1, round(height * shrink)), max(1, round(width * shrink)), channels))
