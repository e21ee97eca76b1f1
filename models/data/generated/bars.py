"""Draws the bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.data.generated.made import Floats, Made, balanced_labels, check_memory, kept, portions, to_bytes
from models.data.samples import TEST, TRAINING, VALIDATION, Indices
from models.data.sources.bars import Bars
from models.data.sources.base import Progress


@kept
def made_bars(source: Bars, progress: Progress | None) -> Made:
    """(samples, size, size, 1) bytes, with parts in each of which every class is as frequent as the others."""
    check_memory(source.samples * source.size**2)
    generator = np.random.default_rng(source.seed)
    parts = np.full(source.samples, TRAINING, np.int8)
    fifth = source.samples // 5
    parts[-2 * fifth :], parts[-fifth:] = VALIDATION, TEST
    counts = [int(np.count_nonzero(parts == part)) for part in (TRAINING, VALIDATION, TEST)]
    labels = np.concatenate([balanced_labels(generator, count, source.classes) for count in counts])
    values = np.empty((source.samples, source.size, source.size, 1), np.uint8)
    for portion in portions(source.samples, progress):
        left = (parts[portion] == TRAINING) & (source.training_positions == "left half")
        shares = _portion(generator, labels[portion], left, source)
        values[portion, :, :, 0] = to_bytes(shares)
    return Made(values, labels, parts)


def _portion(generator: np.random.Generator, labels: Indices, left: npt.NDArray[np.bool_], source: Bars) -> Floats:
    """(samples, size, size) in 0 … 1: a bar that lies whole in the image, or in its left half where `left` says so."""
    count, size = len(labels), source.size
    half_length, half_width = 0.18 * size, max(0.04 * size, 0.75)
    margin = float(np.hypot(half_length, half_width)) + 0.5
    ends = np.where(left, size / 2, size) - margin
    across = margin + (ends - margin) * generator.uniform(0, 1, count)
    down = generator.uniform(margin, size - margin, count)
    spread = np.pi / source.classes / 8  # directions vary a little, and stay far from the next class
    angles = np.pi * labels / source.classes + generator.uniform(-spread, spread, count)
    pixels = np.arange(size, dtype=np.float32) + 0.5
    x = pixels[None, None, :] - across[:, None, None].astype(np.float32)
    y = down[:, None, None].astype(np.float32) - pixels[None, :, None]  # upwards, as angles are meant
    cosine, sine = (part(angles)[:, None, None].astype(np.float32) for part in (np.cos, np.sin))
    along, beside = np.abs(x * cosine + y * sine), np.abs(y * cosine - x * sine)
    covered = np.clip(np.minimum(half_length - along, half_width - beside) + 0.5, 0, 1)
    brightness = generator.uniform(0.6, 0.9, (count, 1, 1)).astype(np.float32)
    noise = source.noise * generator.standard_normal(covered.shape, dtype=np.float32)
    return np.asarray(0.1 + covered * brightness + noise, dtype=np.float32)
