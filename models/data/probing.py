"""Samples to watch a network with: some of every class, as the window hands them to the engine."""

from __future__ import annotations

from itertools import chain, zip_longest

import numpy as np
import numpy.typing as npt

from models.data.decoding import BrokenImage, quiet_pillow
from models.data.facts import DataFacts
from models.data.images import reduced
from models.data.samples import Indices, Samples, Values

Floats = npt.NDArray[np.float32]

PICTURE_AXES = 3


def probe_samples(samples: Samples, count: int) -> tuple[list[Floats], list[int]]:
    """Up to `count` samples, the classes in turn, and their indices; what cannot be read is passed over.

    Pictures come as float32 (height, width, channels) in 0 … 1, no side above LARGEST_SIDE; others as they are stored.
    """
    found: list[Floats] = []
    indices: list[int] = []
    with quiet_pillow():
        for index in _in_turn(samples.labels, count):
            if len(found) == count:
                break
            try:
                found.append(as_probe(samples.read(index), samples.facts))
            except BrokenImage:
                continue
            indices.append(index)
    return found, indices


def as_probe(sample: Values, facts: DataFacts) -> Floats:
    """A stored sample as the engine takes probes."""
    if sample.ndim != PICTURE_AXES or not facts.white:
        return sample.astype(np.float32)
    if sample.dtype == np.uint8:
        return reduced(sample)
    return (sample / np.float32(facts.white)).astype(np.float32)


def _in_turn(labels: Indices, count: int) -> list[int]:
    """The first samples of every class in turn; twice as many as asked for, since some may not be readable."""
    classes = [np.flatnonzero(labels == label)[: 2 * count].tolist() for label in np.unique(labels)[: 2 * count]]
    return [index for index in chain.from_iterable(zip_longest(*classes)) if index is not None]
