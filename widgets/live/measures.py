"""What is measured of a layer while it trains: names, scales, and words for what is healthy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.training.events import BlockMeasured, BlocksMeasured, Histogram
from widgets.colormaps import DIVERGING, MAGMA

Doubles = npt.NDArray[np.float64]

HEALTHY_RATIO = (1e-4, 1e-2)
"""Updates that change weights by about a thousandth of their size in each step teach without shaking the network."""

MANY = 0.5
"""Share of dead channels or saturated values that deserves a word."""


@dataclass(frozen=True)
class Measure:
    """One number of a layer.

    Attributes:
        field: of BlockMeasured.
        title: what it is called.
        meaning: one sentence that a student understands.
        band: what is healthy, where that can be said.
        share: whether it is a share of 0 … 1; all others are drawn on a logarithmic scale.
    """

    field: str
    title: str
    meaning: str
    band: tuple[float, float] | None = None
    share: bool = False

    def of(self, block: BlockMeasured) -> float | None:
        """The value of a layer; None where it has none."""
        value: float | None = getattr(block, self.field)
        return value

    @property
    def colors(self) -> str:
        """The colour map: where there is a healthy middle, one that shows both sides of it."""
        return DIVERGING if self.band is not None and not self.share else MAGMA

    def scaled(self, values: Doubles) -> Doubles:
        """Values as they are drawn: logarithms to the base of ten, or shares as they are."""
        if self.share:
            return values
        return np.log10(np.where(values > 0, values, np.nan))

    def levels(self, scaled: Doubles) -> tuple[float, float]:
        """The range of colours for values as they are drawn."""
        if self.share:
            return (0.0, 1.0)
        if self.band is not None:
            low, high = np.log10(self.band)
            middle, reach = (low + high) / 2, high - low
            return (float(middle - reach), float(middle + reach))
        finite = scaled[np.isfinite(scaled)]
        if not finite.size:
            return (-1.0, 1.0)
        low, high = float(finite.min()), float(finite.max())
        return (low, high) if high - low > 0.1 else (low - 0.5, high + 0.5)

    def text(self, value: float) -> str:
        """A value as it is read: `32 %`, `1.2e-03`, `0.41`."""
        if not np.isfinite(value):
            return "–"
        if self.share:
            return f"{value:.0%}"
        return f"{value:.1e}" if self.band is not None or not 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"

    def verdict(self, value: float) -> str:
        """What is to be said of a value, in a word or two; empty where nothing can be said."""
        if not np.isfinite(value) or self.band is None:
            return ""
        if self.share:
            return "many" if value >= MANY else ""
        return "low" if value < self.band[0] else "high" if value > self.band[1] else "healthy"


UPDATE_RATIO = Measure(
    "update_ratio", "update-to-weight ratio",
    "How much one step changes a layer's weights, against their size: about 1e-3 is healthy.", HEALTHY_RATIO,
)  # fmt: skip
MEASURES = (
    UPDATE_RATIO,
    Measure(
        "gradient_norm", "gradient norm",
        "How strongly the loss pulls at a layer: near zero at the front is a vanishing gradient.",
    ),
    Measure("weight_norm", "weight norm", "How large a layer's weights are together: steady growth asks for decay."),
    Measure(
        "dead_share", "dead units", "Channels behind a ReLU that were zero for every sample: they learn nothing.",
        (0.0, MANY), share=True,
    ),
    Measure(
        "saturated_share", "saturated units",
        "Values of a tanh or sigmoid at the end of its range: hardly any gradient comes through.", (0.0, MANY),
        share=True,
    ),
)  # fmt: skip


def layer_text(layer: str) -> str:
    """A layer's id for people: `residualblock › conv1`."""
    return layer.replace("__", " › ")


class Table:
    """One measure of all layers over time, as a matrix that only its newest columns are added to."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._columns: dict[int, tuple[BlocksMeasured, Doubles]] = {}
        self._events: list[BlocksMeasured] = []
        self._order: tuple[str, ...] = ()
        self.layers: tuple[str, ...] = ()
        self.steps: Doubles = np.empty(0)
        self.values: Doubles = np.empty((0, 0))

    def follow(self, events: list[BlocksMeasured]) -> bool:
        """Take in what a history holds; the answer says whether anything is new.

        `layers` are those that have the measure, in the network's order; `values` is (layers, measurements), NaN where
        a layer had none.
        """
        if len(events) == len(self._events) and (not events or events[-1] is self._events[-1]):
            return False
        self._events = list(events)
        order = tuple(dict.fromkeys(layer for event in events[-1:] + events[:1] for layer in event.blocks))
        if order != self._order:
            self._order, self._columns = order, {}
        self._columns = {id(event): self._columns.get(id(event)) or (event, self._column(event)) for event in events}
        everything = np.array([column for _event, column in self._columns.values()], np.float64)
        everything = everything.reshape(len(events), len(order)).T
        known = ~np.isnan(everything).all(axis=1)
        self.layers = tuple(order[row] for row in np.flatnonzero(known).tolist())
        self.values = everything[known]
        self.steps = np.array([event.step for event in events], np.float64)
        return True

    def _column(self, event: BlocksMeasured) -> Doubles:
        """The values of one measurement, NaN where there are none."""
        blocks = (event.blocks.get(layer) for layer in self._order)
        values = [None if block is None else self.measure.of(block) for block in blocks]
        return np.array(values, np.float64)  # None becomes NaN

    def epoch(self, column: int) -> int:
        """The epoch of a measurement, counted from 0."""
        return self._events[column].epoch


def rebinned(histograms: Sequence[Histogram], edges: Doubles) -> Doubles:
    """The share of each histogram's values between each two of these edges: (histograms, edges - 1).

    Within a histogram's own bins the values are taken as even.
    """
    shares = np.zeros((len(histograms), len(edges) - 1))
    sizes = np.array([len(histogram.counts) for histogram in histograms], np.int64)
    for size in np.unique(sizes):
        alike = np.flatnonzero(sizes == size)
        shares[alike] = _rebinned([histograms[index] for index in alike.tolist()], edges)
    return shares


def _rebinned(histograms: Sequence[Histogram], edges: Doubles) -> Doubles:
    """The same for histograms of as many bins."""
    counts = np.maximum(np.nan_to_num(np.array([histogram.counts for histogram in histograms], np.float64)), 0)
    low = np.array([[histogram.low] for histogram in histograms], np.float64)
    high = np.array([[histogram.high] for histogram in histograms], np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    bins = counts.shape[1]
    below = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
    width = np.where(high > low, high - low, 1.0)
    places = np.clip((edges[None, :] - low) / width * bins, 0, bins)  # in bins
    places = np.where(high > low, places, np.where(edges[None, :] > low, bins, 0))
    whole = np.minimum(places.astype(np.int64), bins - 1)
    up_to = np.take_along_axis(below, whole, axis=1) + (places - whole) * np.take_along_axis(counts, whole, axis=1)
    shares: Doubles = np.diff(up_to, axis=1) / np.where(totals > 0, totals, 1.0)
    return shares


def moments(histogram: Histogram) -> tuple[float, float]:
    """Mean and standard deviation of a histogram's values, as far as its bins tell; NaN for an empty one."""
    counts = np.maximum(np.nan_to_num(np.asarray(histogram.counts, np.float64)), 0)
    if not counts.sum():
        return float("nan"), float("nan")
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    mean = float(np.average(middles, weights=counts))
    return mean, float(np.sqrt(np.average((middles - mean) ** 2, weights=counts)))


def with_values(blocks: Mapping[str, BlockMeasured]) -> tuple[str, ...]:
    """The layers that have a histogram."""
    return tuple(layer for layer, block in blocks.items() if block.weights is not None or block.activations is not None)
