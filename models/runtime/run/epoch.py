"""`EpochSums`: what is gathered over an epoch, and where in its order of samples it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.runtime.step.loop import Chunk
from models.training.events import Floats

Indices = npt.NDArray[np.int64]


class EpochSums:
    """An epoch as far as it has come; one that is gone on with begins with what it had.

    Attributes:
        order: the samples it takes, those left out that did not come through before.
        losses, metrics: of every step.
        finite: whether the last step's numbers were.
        waited: seconds for which the model waited for data.
    """

    def __init__(self, order: Indices, batch_size: int, losses: Floats, metrics: Floats, waited: float) -> None:
        self.order = order
        self.losses: list[float] = losses.tolist()
        self.metrics: list[float] = metrics.tolist()
        self.finite = True
        self.waited = waited
        self._samples: list[Indices] = [order[: len(losses) * batch_size]]

    def add(self, chunk: Chunk) -> None:
        """Take in what a chunk of steps gave."""
        self.losses.extend(chunk.losses.tolist())
        self.metrics.extend(chunk.accuracies.tolist())
        self._samples.append(chunk.samples)
        self.finite = chunk.finite
        self.waited += chunk.waited

    @property
    def seen(self) -> Indices:
        """The samples trained on, in order."""
        if len(self._samples) > 1:
            self._samples = [np.concatenate(self._samples)]
        return self._samples[0]

    @property
    def count(self) -> int:
        """Samples trained on."""
        return sum(map(len, self._samples))

    @property
    def missed(self) -> Indices:
        """Samples that did not come through, of the whole epoch."""
        return np.setdiff1d(self.order, self.seen)

    @property
    def passed_over(self) -> Indices:
        """Samples that did not come through so far, before the last one that did."""
        seen, order = self.seen, self.order
        if len(seen) <= len(order) and bool(np.array_equal(seen, order[: len(seen)])):
            return order[:0]
        position, passed = 0, []
        for sample in seen.tolist():
            while position < len(order) and order[position] != sample:
                passed.append(order[position])
                position += 1
            position += 1
        return np.unique(np.array(passed, np.int64))
