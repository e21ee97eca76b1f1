"""Draws the scenes under tinted light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.data.generated.made import Floats, Made, balanced_labels, check_memory, clouds, kept, portions, to_bytes
from models.data.samples import Boxes, Indices
from models.data.sources.base import Progress
from models.data.sources.yellow_or_blue import COLOURS, YellowOrBlue

TOWARDS_BLUE = np.array([-0.5, -0.5, 1.0])
"""How red, green and blue change, on a logarithmic scale, from yellow to blue at the same brightness."""

TOWARDS_RED = np.array([0.5, -0.5, 0.0])

SATURATION = 0.3
"""How far spots lie from grey in that direction; under a tint of 1.2 the light lies up to four times as far."""

GREY_SPOTS = 2
"""Spots without colour in each scene, so that not everything that stands out tells the class."""


@kept
def made_yellow_or_blue(source: YellowOrBlue, progress: Progress | None) -> Made:
    """(samples, size, size, 3) bytes, with boxes around the coloured spots."""
    check_memory(source.samples * source.size**2 * 3)
    generator = np.random.default_rng(source.seed)
    labels = balanced_labels(generator, source.samples, len(COLOURS))
    values = np.empty((source.samples, source.size, source.size, 3), np.uint8)
    boxes = np.empty((source.samples, source.spots, 5), np.float32)
    for portion in portions(source.samples, progress):
        surfaces, boxes[portion] = _surfaces(generator, labels[portion], source)
        lit = surfaces * _light(generator, len(surfaces), source.tint)[:, None, None, :]
        values[portion] = to_bytes(lit + source.noise * generator.standard_normal(lit.shape, dtype=np.float32))
    boxes.setflags(write=False)
    return Made(values, labels, boxes=tuple(boxes))


def _light(generator: np.random.Generator, count: int, tint: float) -> Floats:
    """(samples, 3) how much of red, green and blue the light has; the strongest of them about 1."""
    towards_blue, towards_red = generator.uniform(-tint, tint, (2, count, 1)) * np.array([1, 0.25])[:, None, None]
    light = np.exp(towards_blue * TOWARDS_BLUE + towards_red * TOWARDS_RED)
    return np.asarray(light / light.max(axis=1, keepdims=True) * generator.uniform(0.8, 1, (count, 1)), np.float32)


def _surfaces(generator: np.random.Generator, labels: Indices, source: YellowOrBlue) -> tuple[Floats, Boxes]:
    """How much of red, green and blue every place reflects: (samples, size, size, 3), and (samples, spots, 5) boxes."""
    count, size = len(labels), source.size
    base = generator.uniform(0.3, 0.45, (count, 1, 1)).astype(np.float32)
    grey = base * (1 + 0.35 * clouds(generator, count, size, 5))
    surfaces = np.repeat(grey[..., None], 3, axis=3)
    radii = size * generator.uniform(0.09, 0.13, (count, GREY_SPOTS + source.spots))
    centres = radii[..., None] + (size - 2 * radii[..., None]) * generator.uniform(0, 1, (*radii.shape, 2))
    directions = np.where(labels == COLOURS.index("blue"), SATURATION, -SATURATION)[:, None]
    boxes = np.empty((count, source.spots, 5), np.float32)
    for spot in range(GREY_SPOTS + source.spots):
        brightness = base[:, 0] * generator.uniform(0.6, 1.4, (count, 1))
        strength = directions * generator.uniform(0.8, 1.2, (count, 1)) * (spot >= GREY_SPOTS)
        colour = np.asarray(brightness * np.exp(strength * TOWARDS_BLUE), np.float32)[:, None, None, :]
        covered = _discs(centres[:, spot], radii[:, spot], size)[..., None]
        surfaces += covered * (colour - surfaces)
        if spot >= GREY_SPOTS:
            near, far = (centres[:, spot] + side * radii[:, spot, None] for side in (-1, 1))
            boxes[:, spot - GREY_SPOTS] = np.concatenate([near, far, labels[:, None]], axis=1)
    return surfaces, boxes


def _discs(centres: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], size: int) -> Floats:
    """(samples, size, size) how much of every pixel a disc covers, 0 … 1."""
    pixels = np.arange(size) + 0.5
    down = pixels[None, :, None] - centres[:, 0, None, None]
    across = pixels[None, None, :] - centres[:, 1, None, None]
    return np.asarray(np.clip(radii[:, None, None] - np.hypot(down, across) + 0.5, 0, 1), np.float32)
