"""What the samples of a data set look like on average, and how their values are spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.decoding import quiet_pillow
from models.data.images import LUMINANCE, Floats
from models.data.samples import Indices, Samples, Values
from models.data.scan.batches import in_threads, ranges
from models.data.scan.records import sampled, shrunk
from models.data.sources.base import Progress

BINS = 64
BATCH = 16


@dataclass(frozen=True, eq=False)
class PictureStatistics:
    """Averages and spreads of values as they are stored.

    Attributes:
        samples: how many were measured; those that cannot be read are not among them.
        mean: the average sample: (height, width, channels) of images, reduced; of volumes the same, of their middle
            slices; (steps, channels) of signals; (values,) of rows.
        deviation: the standard deviation at each place of `mean`.
        class_means: the average of each class's samples, shaped as `mean`; zeros where there are none.
        class_counts: how many samples of each class were measured.
        edges: (65,) between which values the bins of the histograms lie.
        histograms: (channels, 64) how many values of each channel are in each bin; of rows all values are one channel.
        channel_means, channel_deviations: (channels,).
    """

    samples: int
    mean: Floats
    deviation: Floats
    class_means: tuple[Floats, ...]
    class_counts: Indices
    edges: Floats
    histograms: Indices
    channel_means: Floats
    channel_deviations: Floats


class _Sums:
    """Sums over samples, which can be added to others."""

    def __init__(self, shape: Shape, channels: int, classes: int) -> None:
        self.count = 0
        self.total = np.zeros(shape)
        self.squares = np.zeros(shape)
        self.of_class: dict[int, npt.NDArray[np.float64]] = {}
        self.class_counts = np.zeros(classes, np.int64)
        self.histograms = np.zeros((channels, BINS), np.int64)
        self.values = 0
        self.channel_totals = np.zeros(channels)
        self.channel_squares = np.zeros(channels)

    def add(self, small: Floats, channels: Floats, label: int, edges: Floats) -> None:
        """Count one sample in: reduced, and all of its values as (values, channels)."""
        self.count += 1
        exact = small.astype(np.float64)
        self.total += exact
        self.squares += exact**2
        if 0 <= label < len(self.class_counts):
            self.class_counts[label] += 1
            self.of_class[label] = self.of_class.get(label, 0.0) + exact
        self.values += len(channels)
        self.channel_totals += channels.sum(0, dtype=np.float64)
        self.channel_squares += (channels.astype(np.float64) ** 2).sum(0)
        clipped = np.clip(channels, edges[0], edges[-1])
        for channel in range(channels.shape[1]):
            self.histograms[channel] += np.histogram(clipped[:, channel], BINS, (float(edges[0]), float(edges[-1])))[0]

    def join(self, other: _Sums) -> None:
        """Add what was counted elsewhere."""
        self.count += other.count
        self.total += other.total
        self.squares += other.squares
        for label, total in other.of_class.items():
            self.of_class[label] = self.of_class.get(label, 0.0) + total
        self.class_counts += other.class_counts
        self.histograms += other.histograms
        self.values += other.values
        self.channel_totals += other.channel_totals
        self.channel_squares += other.channel_squares


def measure(
    samples: Samples,
    indices: Indices,
    most: int = 1000,
    size: int = 64,
    value_range: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> PictureStatistics:
    """Measure some samples, of many an evenly spread choice. Those that cannot be read, or are not finite, are passed.

    Args:
        most: samples that are read at most.
        size: pixels of the longer side of mean images at most.
        value_range: of the histograms, as a scan tells it; by default from 0 to white where the data set has one,
            else what the samples measured have.
        progress: an exception raised in it ends the work.
    """
    chosen = indices[np.unique(np.linspace(0, len(indices) - 1, min(most, len(indices))).round().astype(np.int64))]
    with quiet_pillow():
        low, high = value_range or _value_range(samples, chosen)
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1).astype(np.float32)
        shape = _mean_shape(samples.facts.sample_shape, size)
        sums = _Sums(shape, _channels(shape), samples.facts.classes)
        for part in _measured(samples, chosen, shape, edges, progress):
            sums.join(part)
    return _statistics(sums, edges)


def _measured(
    samples: Samples, chosen: Indices, shape: Shape, edges: Floats, progress: Progress | None
) -> Iterator[_Sums]:
    """The sums over a few samples at a time."""

    def work(run: range, stopped: Event) -> _Sums:
        sums = _Sums(shape, _channels(shape), samples.facts.classes)
        for index in chosen[run.start : run.stop].tolist():
            if stopped.is_set():
                break
            values = _read(samples, index)
            if values is not None:
                fitted = _fitted(values, shape)
                sums.add(_reduced(fitted, shape), _by_channel(fitted), int(samples.labels[index]), edges)
        return sums

    return in_threads(work, ranges(len(chosen), BATCH), len(chosen), progress)


def _statistics(sums: _Sums, edges: Floats) -> PictureStatistics:
    count, values = max(sums.count, 1), max(sums.values, 1)
    mean = sums.total / count
    channel_means = sums.channel_totals / values
    nothing = np.zeros(mean.shape, np.float32)  # one for all classes without samples: there may be many
    class_means = tuple(
        (sums.of_class[label] / members).astype(np.float32) if members else nothing
        for label, members in enumerate(sums.class_counts.tolist())
    )
    return PictureStatistics(
        samples=sums.count,
        mean=mean.astype(np.float32),
        deviation=_root(sums.squares / count - mean**2),
        class_means=class_means,
        class_counts=sums.class_counts,
        edges=edges,
        histograms=sums.histograms,
        channel_means=channel_means.astype(np.float32),
        channel_deviations=_root(sums.channel_squares / values - channel_means**2),
    )


def _root(variance: npt.NDArray[np.float64]) -> Floats:
    """Standard deviations; rounding may have left a variance a little below zero."""
    return np.asarray(np.sqrt(np.maximum(variance, 0)), dtype=np.float32)


# --- samples ----------------------------------------------------------------------------------------------------------
def _read(samples: Samples, index: int) -> Values | None:
    try:
        values = samples.read(index)
    except (OSError, ValueError):  # BrokenImage is one; the scan names it
        return None
    return values if values.size and np.isfinite(values).all() else None


def _value_range(samples: Samples, chosen: Indices) -> tuple[float, float]:
    if samples.facts.white > 0:
        return 0.0, samples.facts.white
    read = (_read(samples, index) for index in chosen.tolist())
    ranges_found = [(float(values.min()), float(values.max())) for values in read if values is not None]
    if not ranges_found:
        return 0.0, 1.0
    return min(low for low, _ in ranges_found), max(high for _, high in ranges_found)


def _mean_shape(shape: Shape, size: int) -> Shape:
    """The shape of mean samples: images have no side above `size`."""
    if len(shape) < 3:
        return shape
    height, width, channels = shape[-3:]
    scale = min(size / max(height, width), 1.0)
    return max(round(height * scale), 1), max(round(width * scale), 1), channels


def _channels(shape: Shape) -> int:
    return shape[-1] if len(shape) > 1 else 1


def _fitted(values: Values, shape: Shape) -> Floats:
    """A sample with the data set's channels: grey for colour or the other way round; of a volume its middle slice."""
    if values.ndim == 4:
        values = values[len(values) // 2]
    if values.ndim == 3:
        values = sampled(values[None])[0]
    exact = values.astype(np.float32)
    channels = _channels(shape)
    if exact.ndim < 2 or exact.shape[-1] == channels:
        return exact
    if exact.shape[-1] == 3 and channels == 1:
        return np.asarray(exact @ LUMINANCE)[..., None]
    return np.repeat(exact[..., :1], channels, axis=-1)


def _reduced(fitted: Floats, shape: Shape) -> Floats:
    if fitted.shape == shape:
        return fitted
    if fitted.ndim == 3:
        return np.asarray(shrunk(fitted[None], shape[0], shape[1])[0])
    line = fitted.reshape(1, len(fitted), 1, -1)  # signals of another length, rows of another width
    return np.asarray(shrunk(line, shape[0], 1).reshape(shape))


def _by_channel(fitted: Floats) -> Floats:
    """All values as (values, channels)."""
    return np.asarray(fitted.reshape(-1, fitted.shape[-1] if fitted.ndim > 1 else 1))
