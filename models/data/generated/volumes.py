"""Draws the volumes."""

from __future__ import annotations

import numpy as np

from models.data.generated.made import Floats, Made, balanced_labels, check_memory, kept, portions, to_bytes
from models.data.samples import Indices
from models.data.sources.base import Progress
from models.data.sources.volumes import SOLIDS, Volumes


@kept
def made_volumes(source: Volumes, progress: Progress | None) -> Made:
    """(samples, size, size, size, 1) bytes."""
    check_memory(source.samples * source.size**3)
    generator = np.random.default_rng(source.seed)
    labels = balanced_labels(generator, source.samples, len(SOLIDS))
    values = np.empty((source.samples, source.size, source.size, source.size, 1), np.uint8)
    for portion in portions(source.samples, progress, at_once=50):
        values[portion, ..., 0] = to_bytes(_portion(generator, labels[portion], source))
    return Made(values, labels)


def _portion(generator: np.random.Generator, labels: Indices, source: Volumes) -> Floats:
    """(samples, size, size, size) in 0 … 1."""
    count, size = len(labels), source.size
    radii = size * generator.uniform(0.25, 0.4, count)
    centres = radii[:, None] + (size - 2 * radii[:, None]) * generator.uniform(0, 1, (count, 3))
    turns = _rotations(generator, count)
    pixels = np.arange(size, dtype=np.float32) + 0.5
    grid = np.stack(np.meshgrid(pixels, pixels, pixels, indexing="ij")).reshape(3, -1)
    shape = (count, size, size, size)
    covered = np.empty(shape, np.float32)
    for number, name in enumerate(SOLIDS):
        chosen = np.flatnonzero(labels == number)
        places = turns[chosen] @ (grid - centres[chosen, :, None].astype(np.float32))
        inside = _inside(name, places, radii[chosen, None].astype(np.float32))
        covered[chosen] = np.clip(inside + 0.5, 0, 1).reshape(-1, *shape[1:])
    dark, bright = (generator.uniform(*ends, (count, 1, 1, 1)) for ends in ((0.1, 0.3), (0.5, 0.9)))
    noise = source.noise * generator.standard_normal(shape, dtype=np.float32)
    return np.asarray(dark + (bright - dark) * covered + noise, dtype=np.float32)


def _inside(name: str, places: Floats, radii: Floats) -> Floats:
    """How far each place lies inside of a solid, in voxels; negative outside. `places` is (samples, 3, voxels)."""
    if name == "box":
        return np.asarray(radii / np.sqrt(3) * 1.05 - np.abs(places).max(axis=1))
    if name == "tube":
        across = np.hypot(places[:, 1], places[:, 2])
        wall = np.minimum(radii * 0.62 - across, across - radii * 0.24)
        return np.asarray(np.minimum(wall, radii * 0.78 - np.abs(places[:, 0])))
    distances = np.sqrt(np.einsum("nav,nav->nv", places, places))
    if name == "shell":
        return np.asarray(np.minimum(radii - distances, distances - radii * 0.6))
    return np.asarray(radii - distances)


def _rotations(generator: np.random.Generator, count: int) -> Floats:
    """(count, 3, 3) random rotations, every one as likely as any other (of random unit quaternions)."""
    quaternions = generator.standard_normal((count, 4))
    w, x, y, z = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows, dtype=np.float32).transpose(2, 0, 1)
