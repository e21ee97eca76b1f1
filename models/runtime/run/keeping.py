"""`Keeper`: what is kept of a run while it goes on: checkpoints, the last finite weights and the best ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt

from models.runtime.live_model import LiveModel, Weights
from models.runtime.run.checkpoints import Checkpoint, weight_places
from models.runtime.run.run_folder import check_there
from models.runtime.run.run_record import RunRecord
from models.runtime.run.saving import RunSaver
from models.runtime.run.snapshots import Snapshots
from models.runtime.step.training_state import read_state
from models.training.run_state import RunState

Floats = npt.NDArray[np.float32]

SECONDS = 60.0


class Keeper:
    """Takes copies of a live model and its optimizer, and has them written when the plan wants it.

    Attributes:
        best: the best weights so far, without an optimizer; None where nobody knows them.
    """

    def __init__(
        self,
        live: LiveModel,
        optimizer: keras.optimizers.Optimizer,
        saver: RunSaver,
        record: RunRecord,
        best: Checkpoint | None,
    ) -> None:
        self.best = best
        self._live = live
        self._optimizer = optimizer
        self._saver = saver
        self._record = record
        self._places = weight_places(live.model)
        self._finite: Weights = live.weights()
        self._snapshots: Snapshots | None = None
        self._best_is_new = self._is_due = False

    def after_epoch(self, state: RunState, is_best: bool) -> None:
        """An epoch has ended: its weights are the last finite ones, and perhaps the best."""
        weights = self._live.weights()
        if not _are_finite(weights):
            return
        self._finite = weights
        if is_best:
            weights = self._live.end_weights() if state.plan.use_ema else weights
            variables = {
                f"layers/{layer}/{number}": value
                for layer, values in weights.items()
                for number, value in zip(self._places[layer], values, strict=True)
            }
            self.best, self._best_is_new = Checkpoint(state, variables, self._places), True
        every = state.plan.checkpoint_epochs
        self._is_due = self._is_due or (every is not None and (state.epoch - state.first_epoch) % every == 0)

    def is_due(self, state: RunState) -> bool:
        """Whether a checkpoint is due by now, and nothing is in its way."""
        minutes = self._saver.seconds_since_checkpoint / SECONDS
        return (self._is_due or minutes >= state.plan.checkpoint_minutes) and self._saver.takes_checkpoints

    def capture(self, state: RunState) -> Checkpoint:
        """A copy of everything, as it is now."""
        variables = read_state(self._live.model, self._optimizer)
        return Checkpoint(state, variables, self._places, self._record.arrays())

    def write(self, checkpoint: Checkpoint) -> None:
        """Have a checkpoint written, and the best weights where they are new."""
        if self._saver.path is None:
            return
        self._saver.checkpoint(checkpoint, self.best if self._best_is_new else None)
        self._best_is_new = self._is_due = False
        if checkpoint.final is None and checkpoint.is_finite:
            self._finite = checkpoint.weights

    def take_snapshot(self, epochs: int, image: Callable[[], Floats | None], always: bool = False) -> float:
        """Write what the network is like inside after so many epochs; the seconds that took.

        `image` gives what is looked at, as the network takes it. Once a snapshot was taken, `always` adds a last one.
        """
        path = self._saver.path
        if path is None or not self._saver.has_begun or (always and self._snapshots is None):
            return 0.0
        if self._snapshots is None or self._snapshots.folder != path:
            self._snapshots = Snapshots(path, self._live)
        try:
            check_there(path)
            return self._snapshots.take(epochs, image(), always=always)
        except OSError as error:
            self._saver.fail(error)
            return 0.0

    def mend(self) -> bool:
        """Go back to the last finite weights where the present ones are not; whether that was so."""
        if _are_finite(self._live.weights()):
            return False
        self._live.set_weights(self._finite)
        return True

    def end_with(self, checkpoint: Checkpoint, use_best: bool) -> Checkpoint:
        """Give the model the weights that the plan wants in the end; the checkpoint tells of them."""
        if use_best and self.best is not None:
            self._live.set_weights(self.best.weights)
        elif checkpoint.state.plan.use_ema:
            self._live.end_averaging()
        else:
            return checkpoint
        return replace(checkpoint, final=self._live.weights())


def _are_finite(weights: Weights) -> bool:
    return all(bool(np.isfinite(value).all()) for values in weights.values() for value in values)
