"""Single pictures as arrays: their size and their channels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.blocks import Shape
from models.data.sources.base import LARGEST_SIDE

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in a grey value (ITU-R BT.601)."""


def as_floats(pixels: Bytes) -> Floats:
    """Bytes as float32 in 0 … 1."""
    return pixels.astype(np.float32) / np.float32(255)


def reduced(pixels: Bytes) -> Floats:
    """An image as float32 in 0 … 1, no side above LARGEST_SIDE: a photograph whole would fill the memory."""
    height, width, channels = pixels.shape
    scale = min(LARGEST_SIDE / max(height, width), 1.0)
    return fit_image(as_floats(pixels), (max(round(height * scale), 1), max(round(width * scale), 1), channels))


def fit_image(image: Floats, shape: Shape) -> Floats:
    """One image, float32 (height, width, channels) in 0 … 1, brought to another size and 1 or 3 channels."""
    if image.ndim == 2:
        image = image[:, :, None]
    height, width, channels = shape
    fitted = _fit_channels(image.astype(np.float32), channels)
    if fitted.shape[:2] == (height, width):
        return np.ascontiguousarray(fitted)
    planes = [
        np.asarray(Image.fromarray(fitted[:, :, c]).resize((width, height), Image.Resampling.BILINEAR))
        for c in range(channels)
    ]
    clipped: Floats = np.clip(np.stack(planes, axis=-1), 0.0, 1.0)
    return clipped


def _fit_channels(image: Floats, channels: int) -> Floats:
    if image.shape[-1] == channels:
        return image
    if channels == 1:
        return (image[:, :, :3] @ LUMINANCE)[:, :, None] if image.shape[-1] >= 3 else image[:, :, :1]
    grey = image[:, :, :1]
    return image[:, :, :3] if image.shape[-1] >= 3 else np.repeat(grey, channels, axis=-1)
