"""A single picture that someone wants to try."""

from __future__ import annotations

from pathlib import Path

from models.data.decoding import BrokenImage, quiet_pillow, read_image
from models.data.images import Floats, reduced

__all__ = ["BrokenImage", "read_picture"]


def read_picture(path: Path) -> Floats:
    """A picture file as float32 (height, width, 1 or 3) in 0 … 1, no side above LARGEST_SIDE. Raises BrokenImage."""
    with quiet_pillow():
        return reduced(read_image(path))
