"""`Running`: an engine's runs, from the command to the end, and what is saved of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from models.analysis import analyse
from models.data.facts import DataError
from models.network.project import Project
from models.runtime.bench import Bench
from models.runtime.data_desk import DataDesk
from models.runtime.failures import RequestError, check_trainable, is_out_of_memory, out_of_memory
from models.runtime.inbox import Inbox
from models.runtime.live_model import LiveModel
from models.runtime.looking import Looking
from models.runtime.run.breaks import Answerer, Breaks
from models.runtime.run.ended_run import EndedRun
from models.runtime.run.run_folder import RunFolder, RunIdentity
from models.runtime.run.run_record import RunRecord
from models.runtime.run.runs import FoundRun, check_vacant, find_run
from models.runtime.run.saving import RunSaver
from models.runtime.run.trainer import RunStart, Trainer
from models.runtime.step.rate_finder import find_rate
from models.runtime.step.run_data import RunData
from models.training.commands import FindLearningRate, SaveRun, Shutdown, Train
from models.training.events import Event, Failed, LearningRatesTried, RunSaved, TrainingDone
from models.training.run_state import RunState
from models.training.runs.layout import RunDescription

MOST_EPOCHS = 100_000
"""As many as a plan may have."""


class _RanOut(Exception):
    """Memory was short; `told` says so, and `learned` whether steps had been taken."""

    def __init__(self, told: RequestError, learned: bool) -> None:
        super().__init__(str(told))
        self.told = told
        self.learned = learned


class LoadingStopped(Exception):
    """Stop or Shutdown came while a run's samples were being read."""


@dataclass(frozen=True)
class Machine:
    """What computes, in words, and the bytes of memory that training may take."""

    device: str
    memory: int


class Running:
    """Trains. While it does, `take` of its breaks answers what is asked meanwhile.

    Attributes:
        closing: whether Shutdown came.
    """

    def __init__(
        self, bench: Bench, inbox: Inbox, emit: Callable[[Event], None], answerer: Answerer, machine: Machine
    ) -> None:
        self.closing = False
        self.desk = DataDesk(emit, self.look_for_stop)
        self._bench = bench
        self._inbox = inbox
        self._emit = emit
        self._answerer = answerer
        self._machine = machine
        self._ended: EndedRun | None = None
        self._under_way: tuple[Trainer, RunIdentity] | None = None
        self._reading = False  # a run's samples: Stop then ends that

    def train(self, command: Train, looking: Looking) -> None:
        """Run to the end. Raises what ends it otherwise; its text is for the user."""
        found = None
        if command.resume:
            found = find_run(command)
            command = found.command
            for damaged in found.found.damaged:
                self._emit(Failed("Going on", f"{damaged} The run goes on from {found.found.path.name}."))
        check_trainable(command.network, command.plan, self._machine.memory)
        try:
            with self.reading():
                data = self._run_data(command, found)
            self._learn(command, data, found, looking)
        except LoadingStopped:
            self._emit(TrainingDone(command.run_id, "stopped", "Stopped while the samples were being read.", 0))

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._under_way is not None

    def save(self, command: SaveRun) -> None:
        """Save the run under way, or the last one, into another folder. Raises FileError or RequestError."""
        path = Path(command.run_dir)
        if self._under_way is not None:
            trainer, identity = self._under_way
            check_vacant(path, identity.description)
            trainer.move(RunFolder(path, replace(identity, known=None)))
            run_id: str | None = trainer.run_id
        elif self._ended is not None:
            check_vacant(path, self._ended.identity.description)
            self._ended.save(path, self._bench.live)
            run_id = self._ended.done.run_id
        else:
            raise RequestError("There is no run to save yet. Train the network first.")
        self._emit(RunSaved(command.run_dir, run_id))

    def find_learning_rate(self, command: FindLearningRate) -> None:
        """Try learning rates on a model of its own, with fresh weights. Raises what ends it; its text is for the user.

        Stop ends it; what else is asked meanwhile is put off.
        """
        check_trainable(command.network, command.plan, self._machine.memory)
        plan, nothing = command.plan, np.zeros(0, np.float32)
        try:
            with self.reading():
                data = self.desk.run_data(command.network, command.data, command.preparation, plan, command.storage)
                live = LiveModel(command.network, plan.seed, dtype_policy=plan.dtype_policy)
                live.adapt(data.spread_batches(self.look_for_stop))
            for tried in find_rate(command, live, data, self._goes_on):
                self._emit(tried)
        except LoadingStopped:
            self._emit(LearningRatesTried(nothing, nothing, done=True, text="Stopped."))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise out_of_memory(analyse(command.network), plan, self._machine.memory, trained=False) from error

    def _goes_on(self) -> bool:
        """Whether neither Stop nor Shutdown has come."""
        end = self._inbox.awaited_end()
        self.closing = self.closing or isinstance(end, Shutdown)
        return end is None

    # --- one run ----------------------------------------------------------------------------------------------------
    def _learn(self, command: Train, data: RunData, found: FoundRun | None, looking: Looking) -> None:
        """Run, and keep what was learned; a run without a step leaves the model as it was before."""
        bench = self._bench
        learned, before, bench.data = False, bench.data, data
        try:
            learned = self._run(command, data, found, looking)
        except _RanOut as error:
            learned = error.learned
            raise error.told from error
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise self._too_large(command, trained=False) from error
        finally:
            if not learned:  # the model as it was, as far as its weights fit
                bench.live, bench.data = None, before
                bench.model(command.network, command.plan.seed, True, command.project_name, command.weights)
        if not self.closing:
            self._answerer.probe()

    def _run(self, command: Train, data: RunData, found: FoundRun | None, looking: Looking) -> bool:
        """Train to the end of the run; whether there is something learned to keep."""
        live = self._live(command, found)
        if found is None:
            with self.reading():
                live.adapt(data.spread_batches(self.look_for_stop))
        start = found.start() if found is not None else self._start(command, live)
        trainer = Trainer(start, live, data, RunSaver(command.run_id), looking)
        identity = self._identity(command, trainer, data, found)
        if command.run_dir is not None:
            goes_on = found is not None and found.has_whole_log(trainer.started)
            trainer.open(RunFolder(Path(command.run_dir), identity), goes_on)
        breaks = Breaks(self._inbox, self._emit, self._answerer, trainer)
        self._under_way = (trainer, identity)
        try:
            self._walk(trainer, breaks)
        except Exception as error:
            told = self._ended_by(error, command, trainer)
            if isinstance(told, _RanOut) and told.learned:
                self._keep(live, trainer)
            raise told from error
        finally:
            self._under_way = None
            self.closing = self.closing or breaks.closing
        learned = trainer.steps > 0 or found is not None
        if learned:
            self._keep(live, trainer)
        return learned

    def _keep(self, live: LiveModel, trainer: Trainer) -> None:
        if trainer.steps:
            live.trained = frozenset(live.weights())
        self._bench.learned, self._bench.record = live.learned(), trainer.record

    def _walk(self, trainer: Trainer, breaks: Breaks) -> None:
        for event in trainer.events():
            if isinstance(event, TrainingDone):  # commands after the end are not meant for this run
                self._remember(trainer, event)
                self._emit(event)
                return
            if event is not None:
                self._emit(event)
            breaks.take()

    def _live(self, command: Train, found: FoundRun | None) -> LiveModel:
        keep, stored = command.keep_weights, command.weights if command.keep_weights else None
        plan = command.plan
        return self._bench.model(
            command.network, plan.seed, keep and found is None, command.project_name, stored, plan.dtype_policy
        )

    def _start(self, command: Train, live: LiveModel) -> RunStart:
        """Where a run begins that is not gone on with from a folder."""
        record = self._bench.record.copy() if command.keep_weights and live.epochs else RunRecord()
        return RunStart(command, RunState.begin(command.plan, live.epochs, record.steps), record)

    def _identity(self, command: Train, trainer: Trainer, data: RunData, found: FoundRun | None) -> RunIdentity:
        if found is not None:
            return RunIdentity(found.description, found.project, self._machine.device, found.found.path)
        project = Project(
            name=command.project_name,
            network=command.network,
            data=command.data,
            preparation=data.preparation,
            plan=command.plan.replace(epochs=min(trainer.state.end_epoch, MOST_EPOCHS)),
        )
        analysis = analyse(command.network)
        description = RunDescription(
            id=uuid4().hex,
            name=command.project_name,
            created=time.time(),
            data=data.facts.name,
            samples=len(data.prepared.samples),
            fingerprint=self.desk.fingerprint(data.prepared.samples),
            parameters=analysis.parameters,
            multiply_adds=analysis.multiply_adds,
            program=command.program,
        )
        return RunIdentity(description, project, self._machine.device)

    # --- how it ends --------------------------------------------------------------------------------------------------
    def _remember(self, trainer: Trainer, done: TrainingDone) -> None:
        """Keep what saving the run elsewhere takes."""
        assert self._under_way is not None
        folder = Path(done.run_dir) if done.run_dir is not None else None
        self._ended = EndedRun(
            self._under_way[1], trainer.started, trainer.record, done, folder, trainer.kept, trainer.keeper.best
        )

    def _ended_by(self, error: Exception, command: Train, trainer: Trainer) -> Exception:
        """What to raise for an error that ended a run, once all that can be saved is."""
        told: Exception = error
        end: TrainingDone | None = None
        if is_out_of_memory(error):
            trained = trainer.steps > 0
            too_large = self._too_large(command, trained)
            told = _RanOut(too_large, trained)
            end = TrainingDone(command.run_id, "stopped", str(too_large), trainer.state.epoch)
        for event in trainer.salvage(end):
            self._emit(event)
        return told

    def _too_large(self, command: Train, trained: bool) -> RequestError:
        return out_of_memory(analyse(command.network), command.plan, self._machine.memory, trained)

    # --- reading samples ----------------------------------------------------------------------------------------------
    def _run_data(self, command: Train, found: FoundRun | None) -> RunData:
        arguments = (command.preparation, command.plan, command.storage)
        try:
            data = self.desk.run_data(command.network, command.data, *arguments)
        except DataError:
            if found is None or found.other_data == command.data:
                raise
            data = self.desk.run_data(command.network, found.other_data, *arguments)  # it may have been moved
        if found is not None:
            found.check_data(self.desk.fingerprint(data.prepared.samples), len(data.prepared.samples))
        return data

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Stop and Shutdown end what is read meanwhile."""
        self._reading = True
        try:
            yield
        finally:
            self._reading = False

    def look_for_stop(self, done: int, total: int) -> None:
        """Between pieces of work on a run's data: raise LoadingStopped when Stop or Shutdown has come.

        Data that are read for anything else, as for a preview beside a run, leave the commands to whom they are meant.
        """
        if not self._reading:
            return
        end = self._inbox.awaited_end()
        if end is not None:
            self.closing = isinstance(end, Shutdown)
            raise LoadingStopped
