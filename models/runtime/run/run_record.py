"""`RunRecord`: all per-step values and epochs of a run, kept so that its curves outlive its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.network.graph import Network
from models.training.events import BatchesDone, EpochDone, Event, Floats, LearningRateChanged, TrainingStarted
from models.training.run_log import event_of, line_of

CURVES = ("losses", "metrics", "learning_rates", "gradient_norms")
"""Fields of BatchesDone with one value for each step."""

Arrays = Mapping[str, npt.NDArray[np.generic]]


class RunRecord:
    """Grows with a run's events. Steps are counted over the whole run, and those that it went on from.

    Attributes:
        epochs: what every epoch ended with; `epoch_steps` the steps taken by then.
        rate_changes: where the learning rate was set to another one.
    """

    def __init__(self) -> None:
        self.epochs: list[EpochDone] = []
        self.epoch_steps: list[int] = []
        self.rate_changes: list[LearningRateChanged] = []
        self.steps = 0
        self._parts: dict[str, list[Floats]] = {name: [] for name in CURVES}

    def add(self, event: Event) -> None:
        """Take an event in; those that no curve shows change nothing."""
        match event:
            case BatchesDone():
                self._add_batches(event)
            case EpochDone():
                self.epochs.append(event)
                self.epoch_steps.append(self.steps)
            case LearningRateChanged():
                self.rate_changes.append(event)
            case _:
                return

    def _add_batches(self, event: BatchesDone) -> None:
        count = len(event.losses)
        self.steps += count
        for name, parts in self._parts.items():
            values = getattr(event, name)
            parts.append(values if len(values) == count else np.full(count, np.nan, np.float32))
            while len(parts) > 1 and len(parts[-2]) <= 2 * len(parts[-1]):  # few parts, and each joined a few times
                parts[-2:] = [np.concatenate(parts[-2:])]

    def curve(self, name: str) -> Floats:
        """(steps,) one of CURVES."""
        joined = np.concatenate(self._parts[name]) if self._parts[name] else np.zeros(0, np.float32)
        self._parts[name] = [joined]
        return joined

    def copy(self) -> RunRecord:
        """Another one that can grow on its own."""
        other = RunRecord()
        other.epochs, other.epoch_steps = list(self.epochs), list(self.epoch_steps)
        other.rate_changes, other.steps = list(self.rate_changes), self.steps
        other._parts = {name: list(parts) for name, parts in self._parts.items()}
        return other

    # --- as files have it -------------------------------------------------------------------------------------------
    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as arrays that nobody changes: the curves, and the rest as lines of the log."""
        events: list[Event] = [*self.epochs, *self.rate_changes]
        lines = b"".join(map(line_of, events))
        return {
            **{name: self.curve(name) for name in CURVES},
            "epoch_steps": np.array(self.epoch_steps, np.int64),
            "events": np.frombuffer(lines, np.uint8),
        }

    @classmethod
    def of(cls, arrays: Arrays, network: Network, run_id: str) -> RunRecord:
        """What `arrays` gave. Raises KeyError or ValueError where something is missing."""
        record = cls()
        record._parts = {name: [np.asarray(arrays[name], np.float32)] for name in CURVES}
        record.steps = len(arrays[CURVES[0]])
        record.epoch_steps = np.asarray(arrays["epoch_steps"]).tolist()
        for line in arrays["events"].tobytes().split(b"\n"):
            event = event_of(line, network, run_id)
            if isinstance(event, EpochDone):
                record.epochs.append(event)
            elif isinstance(event, LearningRateChanged):
                record.rate_changes.append(event)
        if len(record.epochs) != len(record.epoch_steps):
            raise ValueError(f"{len(record.epochs)} epochs, expected {len(record.epoch_steps)}")
        return record

    def events(self, started: TrainingStarted) -> Sequence[Event]:
        """The events of a log that tells all of this, from a start at step 0."""
        run_id = started.run_id
        beginning = replace(
            started, first_epoch=0, first_step=0, step_in_epoch=0, epochs=started.first_epoch + started.epochs
        )
        events: list[Event] = [beginning]
        changes = [replace(change, run_id=run_id) for change in self.rate_changes]
        first = 0
        for done, end in zip(self.epochs, self.epoch_steps, strict=True):
            events += [change for change in changes if first <= change.step < end]
            events += self._batches(run_id, done.epoch, first, end)
            events.append(replace(done, run_id=run_id))
            first = end
        events += [change for change in changes if first <= change.step]
        events += self._batches(run_id, self.epochs[-1].epoch + 1 if self.epochs else 0, first, self.steps)
        return events

    def _batches(self, run_id: str, epoch: int, first: int, end: int) -> list[Event]:
        if end <= first:
            return []
        losses, metrics, rates, norms = (self.curve(name)[first:end] for name in CURVES)
        return [BatchesDone(run_id, epoch, end - first, losses, metrics, 0.0, rates, norms)]
