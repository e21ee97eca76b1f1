"""`Bench`: the model an engine has at hand, what was learned last, and what it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from models.files import FileError
from models.network.graph import Network
from models.network.project import StoredWeights
from models.network.weighted_layer import WeightedLayer
from models.network.weights_file import Arrays, WeightsError, load_weights, stored_layers
from models.runtime.failures import RequestError
from models.runtime.live_model import Learned, LiveModel, NetworkError, Weights
from models.runtime.run.run_record import RunRecord
from models.runtime.step.run_data import RunData
from models.training.events import Event, Failed
from models.training.plan import DtypePolicy

Stored = tuple[Arrays, Sequence[WeightedLayer]]


class Bench:
    """Makes models, and knows what they can take over.

    Attributes:
        live: the model there is.
        learned: what the last run left; it outlives the model.
        record: the curves of the runs that led to it.
        data: what was trained on last.
        restored: whether the model is a finished run's whose data set cannot be read any more.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.live: LiveModel | None = None
        self.learned: Learned | None = None
        self.record = RunRecord()
        self.data: RunData | None = None
        self.restored = False
        self._emit = emit
        self._stored: tuple[StoredWeights, Stored] | None = None

    def forget(self) -> None:
        """Let go of all that was learned."""
        self.learned = self.data = None
        self.record = RunRecord()
        self.restored = False

    def model(
        self,
        network: Network,
        seed: int,
        keep: bool,
        name: str = "network",
        stored: StoredWeights | None = None,
        dtype_policy: DtypePolicy | None = None,
    ) -> LiveModel:
        """The model of a network: the one there is, or a new one with the learned or the stored weights that fit.

        `dtype_policy`: what it computes with; None where that is all the same.
        """
        there = self.live
        if keep and there is not None and there.network == network and dtype_policy in (None, there.dtype_policy):
            return there
        live = LiveModel(network, seed, name, dtype_policy or "float32")
        if keep and self.learned is not None:
            live.keep_from(self.learned)
        elif stored is not None:
            live.start_from(*self._given(stored))
        self.live = live
        return live

    def restore(self, network: Network, seed: int, name: str, weights: Weights) -> None:
        """Make a finished run's model. Raises NetworkError where weights and network do not belong together."""
        live = LiveModel(network, seed, name)
        try:
            live.set_weights(weights)
        except ValueError as error:
            raise NetworkError("The run's weights do not belong to its network. Choose another run.") from error
        live.trained = frozenset(weights)
        self.live, self.learned, self.data, self.record = live, live.learned(), None, RunRecord()

    def there(self) -> LiveModel:
        """The model there is. Raises RequestError without one."""
        if self.live is None:
            raise RequestError("There is no model yet. Build or train the network first.")
        return self.live

    def _given(self, stored: StoredWeights) -> Stored:
        """The weights that a project names, and their layers; none where they cannot be used, which is told once."""
        if self._stored is None or self._stored[0] != stored:
            try:
                weights = load_weights(stored)
                self._stored = (stored, (weights, stored_layers(Path(stored.path), weights)))
            except (WeightsError, FileError) as error:
                self._stored = (stored, ({}, ()))
                self._emit(Failed("Weights", f"{error} The network starts with fresh weights."))
        return self._stored[1]
