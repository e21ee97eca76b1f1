"""`Tally`: loss, accuracy and whatever else a plan wants measured, added up over batches of samples."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from models.data.samples import Indices
from models.runtime.live_model import LiveModel
from models.runtime.step.run_data import RunData
from models.training.plan import Metric

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

PLACES: dict[Metric, int] = {"top_3_accuracy": 3, "top_5_accuracy": 5}
"""Among how many of the likeliest classes the right one must be."""

AUC_BINS, AUC_RANGE = 4096, 20.0
"""Scores are counted in bins of equal width between minus and plus this, on the scale of log odds."""


class Tally:
    """What a model makes of samples whose classes are known.

    Precision, recall and F1 are macro: the mean over the classes that there are, or that a sample was taken for, where
    one without a hit counts 0, as in scikit-learn. AUC is the mean over the classes of each one against all others,
    from a histogram of the scores that is finer than a thousandth of it.

    Attributes:
        confusion: (classes, classes) how many samples of the class i were taken for the class j.
    """

    def __init__(self, live: LiveModel, data: RunData, metrics: Collection[Metric] = ()) -> None:
        classes = data.facts.classes
        self.confusion: Counts = np.zeros((classes, classes), np.int64)
        self._live = live
        self._labels = data.labels
        self._metrics = tuple(metrics)
        self._loss = 0.0
        self._seen: list[Indices] = []
        self._placed = dict.fromkeys((metric for metric in metrics if metric in PLACES), 0)
        self._scores: Counts = np.zeros(
            (2, classes, AUC_BINS), np.int64
        )  # of samples of another class, and of this one

    def add(self, samples: Indices, loss: float, classes: Indices, outputs: Callable[[], Floats]) -> None:
        """Count a batch: its samples, their mean loss, the classes they are taken for; outputs only when needed."""
        labels = self._labels[samples]
        self._seen.append(samples)
        self._loss += loss * len(samples)
        np.add.at(self.confusion, (labels, classes), 1)
        if self._placed or "auc" in self._metrics:
            self._add_scores(self._live.probabilities(outputs()), labels)

    def _add_scores(self, scores: Floats, labels: Indices) -> None:
        own = np.take_along_axis(scores, labels[:, None], 1)
        better = (scores > own).sum(1)
        for metric in self._placed:
            self._placed[metric] += int((better < PLACES[metric]).sum())
        if "auc" in self._metrics:
            shares = np.clip(scores.astype(np.float64), 1e-12, 1 - 1e-12)
            odds = (np.log(shares / (1 - shares)) / AUC_RANGE + 1) / 2
            bins = np.clip(odds * AUC_BINS, 0, AUC_BINS - 1).astype(np.int64)
            every = np.arange(scores.shape[1])
            np.add.at(self._scores, ((labels[:, None] == every).astype(np.int64), every[None], bins), 1)

    @property
    def samples(self) -> Indices:
        """All that were counted."""
        return np.concatenate(self._seen) if self._seen else np.zeros(0, np.int64)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self._seen))

    @property
    def loss(self) -> float | None:
        """The mean loss; None without samples."""
        return self._loss / self.count if self.count else None

    @property
    def accuracy(self) -> float | None:
        """Share of samples whose class was found; None without samples."""
        return float(np.trace(self.confusion) / self.count) if self.count else None

    def metrics(self) -> dict[str, float]:
        """What was asked for beside loss and accuracy, by name; nothing without samples."""
        return {metric: self._value(metric) for metric in self._metrics} if self.count else {}

    def _value(self, metric: Metric) -> float:
        if metric in self._placed:
            return self._placed[metric] / self.count
        if metric == "auc":
            return self._auc()
        right, there, taken = np.diag(self.confusion), self.confusion.sum(1), self.confusion.sum(0)
        whole = {"precision": taken, "recall": there}.get(metric)
        shares = right / np.maximum(whole, 1) if whole is not None else 2 * right / np.maximum(there + taken, 1)
        return float(shares[(there + taken) > 0].mean())

    def _auc(self) -> float:
        """Chance that a sample of a class scores higher than one of another, a tie counting half; its mean."""
        others, own = self._scores
        below = np.cumsum(others, 1) - others
        wins = (own * (below + others / 2)).sum(1)
        pairs = own.sum(1) * others.sum(1)
        known = pairs > 0
        return float((wins[known] / pairs[known]).mean()) if known.any() else 0.5
