"""Draws the 1-D signals."""

from __future__ import annotations

import numpy as np

from models.data.generated.made import Floats, Made, balanced_labels, kept, portions
from models.data.sources.base import Progress
from models.data.sources.signals import SIGNALS, Signals


@kept
def made_signals(source: Signals, progress: Progress | None) -> Made:
    """(samples, steps, 1) float32 around 0, of height 1 before the noise."""
    generator = np.random.default_rng(source.seed)
    labels = balanced_labels(generator, source.samples, len(SIGNALS))
    values = np.empty((source.samples, source.steps, 1), np.float32)
    for portion in portions(source.samples, progress, at_once=1000):
        values[portion, :, 0] = _portion(generator, labels[portion], source)
    return Made(values, labels)


def _portion(generator: np.random.Generator, labels: np.ndarray, source: Signals) -> Floats:
    count = len(labels)
    time = np.linspace(0, 1, source.steps, endpoint=False)
    periods, starts = generator.uniform(2, 5, (count, 1)), generator.uniform(0, 1, (count, 1))
    heights = generator.uniform(0.7, 1.3, (count, 1))
    turns = starts + periods * time
    phase = turns % 1
    rising = starts + periods * (0.4 * time + 0.8 * time**2)  # the pitch of a chirp rises by a factor of five
    width = generator.uniform(0.1, 0.2, (count, 1))
    shapes = {
        "sine": np.sin(2 * np.pi * turns),
        "square": np.where(phase < 0.5, 1.0, -1.0),
        "triangle": 4 * np.abs(phase - 0.5) - 1,
        "sawtooth": 2 * phase - 1,
        "chirp": np.sin(2 * np.pi * rising),
        "pulse": np.where(phase < width, 1.0, -0.2),
    }
    every = np.stack([shapes[name] for name in SIGNALS])
    clean = heights * every[labels, np.arange(count)]
    noise = source.noise * generator.standard_normal(clean.shape)
    return np.asarray(clean + noise, dtype=np.float32)
