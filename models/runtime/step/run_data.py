"""`RunData`: what a run is trained and measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.data.facts import DataFacts
from models.data.preparation import Preparation
from models.data.samples import Indices
from models.data.split import Parts
from models.runtime.pipeline.prepared import Prepared
from models.runtime.step.objective import Objective
from models.training.plan import TrainingPlan

Floats = npt.NDArray[np.float32]


MOST_SPREAD, SPREAD_BATCH = 4096, 64
"""Most training samples on which layers such as Normalization measure their statistics, and how many at once."""


@dataclass(frozen=True, eq=False)
class RunData:
    """A run's samples, which of them it trains on, and what it minimizes.

    Attributes:
        facts: of the data set, the classes called as the user calls them.
        prepared: the samples as the network gets them.
        parts: which are trained on, which are held out.
        objectives: of every output of the network, the main one's first.
        plan: as it is trained; of it the objectives are settled.
        preparation: as it was asked for, with measured statistics.
    """

    facts: DataFacts
    prepared: Prepared
    parts: Parts
    objectives: tuple[Objective, ...]
    plan: TrainingPlan
    preparation: Preparation

    @property
    def objective(self) -> Objective:
        """The main output's: by it the network is measured."""
        return self.objectives[0]

    @property
    def labels(self) -> Indices:
        """(samples,) the class of every sample of the data set."""
        return self.prepared.samples.labels

    @property
    def training(self) -> Indices:
        """The samples to train on that can be read."""
        return self.prepared.left(self.parts.training)

    @property
    def held_out(self) -> Indices:
        """The validation samples that can be read."""
        return self.prepared.left(self.parts.validation)

    @property
    def measured(self) -> Indices:
        """The samples to measure on: those held out, or all that are trained on where none are."""
        held_out = self.held_out
        return held_out if len(held_out) else self.training

    def order(self, seed: int, epoch: int) -> Indices:
        """The training samples in an epoch's own order: shuffled whole, not through a buffer.

        With balanced sampling every class comes equally often: those of a rare one again and again, in turn.
        """
        training = self.training
        return epoch_order(training, self.labels[training], self.preparation.balance, seed, epoch)

    def spread_batches(self, breath: Callable[[int, int], None]) -> Iterator[Floats]:
        """Training samples to measure statistics on, spread over all of them, in batches; a breath after each."""
        chosen, done = self.training[:: max(-(-len(self.training) // MOST_SPREAD), 1)], 0
        for indices, batch in self.prepared.scaled(chosen, SPREAD_BATCH):
            done += len(indices)
            breath(done, len(chosen))
            yield batch

    def class_weights(self) -> Floats | None:
        """(classes,) how much a sample of each class counts in the loss; None where all count the same.

        As scikit-learn's "balanced": samples / (classes · samples of the class), over the training samples.
        """
        if self.preparation.balance != "class_weight":
            return None
        counts = np.bincount(self.labels[self.training], minlength=self.facts.classes)
        there = np.count_nonzero(counts)
        weights: Floats = (counts.sum() / (max(there, 1) * np.maximum(counts, 1))).astype(np.float32)
        return weights


def epoch_order(training: Indices, labels: Indices, balance: str, seed: int, epoch: int) -> Indices:
    """The order of an epoch for training samples with these labels; see `RunData.order`."""
    generator = np.random.default_rng([seed, epoch])
    if balance != "oversample" or not len(training):
        return generator.permutation(training)
    groups = [generator.permutation(training[labels == label]) for label in np.unique(labels)]
    share, rest = divmod(len(training), len(groups))
    drawn = [np.resize(group, share + (position < rest)) for position, group in enumerate(groups)]
    return generator.permutation(np.concatenate(drawn))
