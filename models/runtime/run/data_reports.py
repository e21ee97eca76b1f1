"""`DataReports`: what a run says of its samples: where they are kept, which were lost, how fast they come."""

from __future__ import annotations

from collections.abc import Iterator

from models.runtime.run.epoch import Indices
from models.runtime.run.pacing import Stopwatch
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.run_data import RunData
from models.training.events import DataPlanned, DataSpeed, Event, SamplesLost


class DataReports:
    """Of one run."""

    def __init__(self, run_id: str, data: RunData, loop: CompiledLoop, stopwatch: Stopwatch) -> None:
        self._run_id = run_id
        self._data = data
        self._loop = loop
        self._stopwatch = stopwatch
        self._speed_told = self._compiled_there = False

    def planned(self) -> DataPlanned:
        """Where the samples are kept."""
        plan = self._data.prepared.plan
        return DataPlanned(self._run_id, plan.place, plan.size, plan.text)

    def lost(self, missed: Indices) -> Iterator[Event]:
        """Name the samples that did not come through; from now on they are left out."""
        if len(missed) and (told := self._data.prepared.missed(missed)):
            yield SamplesLost(self._run_id, told)

    def after_epoch(self, samples: int, waited: float, seconds: float) -> Iterator[Event]:
        """How fast the data are, once they come from where they stay; and a disk that has turned out to be full.

        The first epoch there also compiles, so it is the second one that tells of the model.
        """
        if self._data.prepared.settle():
            yield self.planned()
        if self._speed_told or not samples or not self._loop.is_settled:
            return
        if not self._compiled_there:
            self._compiled_there = True
            return
        self._speed_told = True
        self._stopwatch.hold()
        data = self._loop.data_speed()
        self._stopwatch.go_on()
        if data:
            waited = samples / data if self._loop.is_resident else waited
            yield DataSpeed(self._run_id, data, samples / max(seconds - waited, seconds / 100))

    def gone_text(self) -> str:
        """What is said when no sample can be read any more."""
        return (
            f"No more samples of {self._data.facts.name} can be read: was it moved, removed, or is its disk no longer "
            "connected? Training ended; the weights so far are kept. Bring the data back, then keep training."
        )
