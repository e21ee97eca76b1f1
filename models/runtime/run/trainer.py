"""`Trainer`: one run as a sequence of events, with a breath after every chunk of steps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from models.runtime.live_model import LiveModel
from models.runtime.looking import Looking
from models.runtime.pipeline.prepared import Losses
from models.runtime.run.checkpoints import Checkpoint
from models.runtime.run.data_reports import DataReports
from models.runtime.run.endings import diverged_text, divergence_remedies, early_text, finished_text, title_of
from models.runtime.run.epoch import EpochSums
from models.runtime.run.keeping import Keeper
from models.runtime.run.pacing import Stopwatch
from models.runtime.run.run_folder import RunFolder
from models.runtime.run.run_record import RunRecord
from models.runtime.run.saving import RunSaver
from models.runtime.run.stepper import Stepper
from models.runtime.step.held_out import Tally
from models.runtime.step.loop import Chunk, CompiledLoop
from models.runtime.step.objective import METRIC
from models.runtime.step.run_data import RunData
from models.runtime.step.training_state import put_state
from models.training.commands import Train
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    EndReason,
    EpochDone,
    Event,
    Failed,
    LearningRateChanged,
    TrainingDone,
    TrainingStarted,
)
from models.training.run_state import RunState

Events = Generator[Event | None, None, None]
"""Events as they come; None is a breath in which commands can be answered."""

STOPPED = "Stopped; the weights are kept."

Measured = tuple[float | None, float | None]
"""Loss and accuracy on the held-out images; None where there are none."""


@dataclass(frozen=True, eq=False)
class RunStart:
    """Where a run begins, or goes on.

    Attributes:
        state, record: its own, and the curves of what it goes on from.
        checkpoint: what to put back into model and optimizer; None for a run that begins.
        best: the best weights so far, of a run that goes on.
    """

    command: Train
    state: RunState
    record: RunRecord
    checkpoint: Checkpoint | None = None
    best: Checkpoint | None = None


class Trainer:
    """Trains a live model. Whoever iterates over `events` may change it in between.

    Attributes:
        state: where the run is.
        stopping: end after the steps under way.
        abandoned: end without measuring, since nobody waits for it; what is needed to go on is saved.
        steps: how many were taken.
        stepper: takes them; it can be told to take only so many.
        stopwatch: held while the run is paused.
        started: what the run begins with.
        kept: the end of a run that could not be saved, so that it can be saved elsewhere.
    """

    def __init__(self, start: RunStart, live: LiveModel, data: RunData, saver: RunSaver, looking: Looking) -> None:
        self.stopping = self.abandoned = self._has_told_of_xla = False
        self.steps = 0
        self.run_id = start.command.run_id
        self.record = start.record
        self.saver = saver
        self._command = start.command
        self._looking = looking
        self._live = live
        self._data = data
        data.prepared.recall(_losses(start.state))
        self.state = start.state.replace(steps_per_epoch=self._batches(len(data.training)))
        optimizer = live.optimizer(self.state.plan, data.objectives)
        if start.checkpoint is not None:
            put_state(live.model, optimizer, start.checkpoint.variables)
            live.trained = frozenset(live.weights())
        live.epochs = self.state.epoch
        self.stopwatch = Stopwatch(self.state.seconds)
        self.keeper = Keeper(live, optimizer, saver, self.record, start.best)
        self._loop = CompiledLoop(live, data, self.state.plan, optimizer)
        self._reports = DataReports(self.run_id, data, self._loop, self.stopwatch)
        self.stepper = Stepper(self._loop, self.stopwatch, looking.prober.budget)
        self._epoch_began = self.stopwatch.seconds - self.state.epoch_seconds
        self._sums: EpochSums | None = None
        self.kept: Checkpoint | None = None
        self.started = self._started()

    def events(self) -> Events:
        """Train to the end of the plan, or until stopped or diverged."""
        yield self._noted(self.started)
        yield self._reports.planned()
        if self._command.more_epochs or not self._command.resume:
            self.keeper.write(self.captured())
        last: EpochDone | None = None
        reason: EndReason = "finished"
        message = ""
        while not self.state.is_done:
            if self.state.has_waited_enough:
                message = early_text(self.state)
                break
            last = None
            epoch = yield from self._epoch()
            if not epoch.losses and not self.stopping and epoch.finite and len(self._data.training):
                epoch = yield from self._epoch()  # what TensorFlow cannot decode and Pillow can comes now
            if not epoch.finite:
                reason = "diverged"
                break
            if self.stopping:
                reason, message = "stopped", STOPPED
                break
            yield from self._reports.after_epoch(epoch.count, epoch.waited, self._epoch_seconds)
            if not epoch.losses or not len(self._data.training):
                reason, message = "stopped", self._reports.gone_text()
                break
            if self.state.is_done and self.state.step < self._batches(len(epoch.order)):
                break  # the plan's most steps, within an epoch
            last = yield from self._epoch_done(epoch)
            if self.stopping and not self.state.is_done:
                reason, message = "stopped", STOPPED
                break
        yield from self._end(reason, message, last)

    # --- what others ask for between two steps ------------------------------------------------------------------------
    def set_learning_rate(self, learning_rate: float) -> LearningRateChanged:
        """Let what is left of the run have another one. Raises pydantic's ValidationError for one that cannot be."""
        self.state = self.state.replace(plan=self.state.plan.replace(learning_rate=learning_rate))
        changed = LearningRateChanged(self.run_id, self.state.steps, learning_rate)
        self._noted(changed)
        return changed

    def add_probe(self, seconds: float) -> None:
        """Looking inside took so long."""
        self.state = self.state.replace(epoch_probed=self.state.epoch_probed + seconds)

    def captured(self) -> Checkpoint:
        """A copy of everything that going on needs."""
        losses = self._data.prepared.losses
        state = self.state.replace(
            seconds=self.stopwatch.seconds,
            epoch_seconds=self._epoch_seconds,
            missed=self._missed,
            lost=tuple(sorted(losses.lost.items())),
            gone=tuple(sorted(losses.gone)),
            by_pillow=tuple(sorted(losses.by_pillow)),
        )
        return self.keeper.capture(state)

    def hold(self) -> None:
        """The run is paused now."""
        self.stopwatch.hold()
        self.saver.flush()

    def open(self, folder: RunFolder, goes_on: bool) -> None:
        """Save into a folder from now on; `goes_on` with the log that is there."""
        past = None if goes_on else self.record.events(self.started) if self.record.steps else ()
        self.saver.begin(folder, past)
        self.started = replace(self.started, run_dir=str(folder.path))

    def move(self, folder: RunFolder) -> None:
        """Save everything into another folder, and what comes, too. Raises FileError, and goes on as before."""
        self.saver.move(folder, self.record.events(self.started), self.captured(), self.keeper.best)

    # --- an epoch ---------------------------------------------------------------------------------------------------
    def _epoch(self) -> Generator[Event | None, None, EpochSums]:
        """What is left of a pass over the training samples, in an order of its own."""
        state, plan = self.state, self.state.plan
        order = self._data.order(plan.seed, state.epoch)
        if state.missed:
            order = order[~np.isin(order, state.missed)]
        self._loop.begin(order, state.epoch, state.step)
        self._epoch_began = self.stopwatch.seconds - state.epoch_seconds
        past = [self.record.curve(name)[self.record.steps - state.step :] for name in ("losses", "metrics")]
        epoch = self._sums = EpochSums(order, plan.batch_size, past[0], past[1], state.epoch_waited)
        batches = self._batches(len(order))
        self.state = state.replace(steps_per_epoch=batches)
        while self.state.step < batches and not self.stopping and not self.state.is_done:
            chunk = yield from self._chunk(batches)
            epoch.add(chunk)
            self.state = self.state.replace(epoch_waited=epoch.waited)
            if chunk.ended or not chunk.finite:
                break
            yield from self._news()
        if epoch.finite and not self.stopping and not self.state.is_done and not self._loop.is_resident:
            yield from self._reports.lost(np.union1d(epoch.missed, np.array(self.state.missed, np.int64)))
        return epoch

    def _chunk(self, batches: int) -> Generator[Event | None, None, Chunk]:
        """Some steps in one call."""
        state, taken = self.state, self.stepper.take(self.state, batches - self.state.step)
        chunk, count = taken.chunk, len(taken.chunk.losses)
        if self._loop.xla_note and not self._has_told_of_xla:
            self._has_told_of_xla = True
            yield Failed("XLA", self._loop.xla_note)
        self.steps += count
        self.state = state.replace(step=state.step + count, steps=state.steps + count)
        if count:
            done = (chunk.losses, chunk.accuracies, taken.images_per_second, taken.rates, chunk.gradient_norms)
            yield self._noted(BatchesDone(self.run_id, state.epoch, self.state.step, *done))
        if taken.blocks:
            self.add_probe(taken.looking_s)
            yield self._noted(BlocksMeasured(self.run_id, self.state.steps, state.epoch, taken.blocks))
        return chunk

    def _epoch_done(self, epoch: EpochSums) -> Generator[Event | None, None, EpochDone]:
        """Measure, and say what the epoch came to."""
        before, plan = self.state, self.state.plan
        is_last = before.epoch + 1 >= before.end_epoch
        tally = Tally(self._live, self._data)
        if (before.epoch + 1) % plan.validation_freq == 0 or is_last:
            tally = yield from self._measure()
        seconds, probed = self._epoch_seconds, self.state.epoch_probed
        done = EpochDone(
            self.run_id, before.epoch, float(np.mean(epoch.losses)), float(np.mean(epoch.metrics)), tally.loss,
            tally.accuracy, seconds, metrics=tally.metrics(), data_seconds=epoch.waited, probe_seconds=probed,
            images_per_second=epoch.count / seconds if seconds > 0 else 0.0,
        )  # fmt: skip
        self.state = self.state.after_epoch(self.state.monitored(done, len(self._data.held_out) > 0))
        done = replace(done, is_best=self.state.best_epoch == before.epoch)
        self._epoch_began = self.stopwatch.seconds
        self._live.epochs = self.state.epoch
        self.keeper.after_epoch(self.state, done.is_best)
        self.add_probe(self.keeper.take_snapshot(self.state.epoch, self._looking.image))
        yield self._noted(done)
        if self.state.plateau.factor != before.plateau.factor:
            rate = self.state.learning_rate
            yield self._noted(LearningRateChanged(self.run_id, self.state.steps, rate, "plateau"))
        yield from self._news()
        return done

    def _measure(self) -> Generator[Event | None, None, Tally]:
        """Loss and all that the plan wants of the held-out samples, unless nobody waits for it."""
        held_out = self._data.held_out
        tally = Tally(self._live, self._data, self.state.plan.metrics)
        for _ in self._loop.measure(held_out, tally):
            yield None
            if self.abandoned:
                return Tally(self._live, self._data)
        if not self._loop.is_resident:
            yield from self._reports.lost(np.setdiff1d(held_out, tally.samples))
        return tally

    # --- the end ----------------------------------------------------------------------------------------------------
    def _end(self, reason: EndReason, message: str, last: EpochDone | None) -> Events:
        node = self._loop.locate_non_finite() if reason == "diverged" else None
        mended = self.keeper.mend()
        checkpoint = self.captured() if not mended else None
        use_best = reason == "finished" and self.state.plan.restore_best_weights
        if checkpoint is not None and not self.abandoned and reason != "diverged":
            checkpoint = self.keeper.end_with(checkpoint, use_best)
        if reason == "diverged":
            self._live.forget_optimizer()
        held_out: Measured = (None, None)
        if last is not None and (checkpoint is None or checkpoint.final is None):
            held_out = (last.held_out_loss, last.held_out_metric)
        if held_out == (None, None) and reason != "diverged" and not self.abandoned:
            tally = yield from self._measure()
            held_out = (tally.loss, tally.accuracy)
        epochs = self.state.epoch - self.state.first_epoch
        done = TrainingDone(
            self.run_id, reason, message or finished_text(epochs, self.state, held_out[1]), epochs, *held_out,
            best_epoch=self.state.best_epoch,
        )  # fmt: skip
        if reason == "diverged":
            text = diverged_text(self.state, title_of(self._live, node) if node is not None else None)
            remedies = divergence_remedies(self.state, self._live, node)
            done = replace(done, message=text, node=node, remedies=remedies)
        yield from self._save_end(checkpoint, done)

    def _save_end(self, checkpoint: Checkpoint | None, done: TrainingDone) -> Events:
        """Write all that is there at the end, and tell it."""
        if checkpoint is not None and checkpoint.is_finite:
            self.keeper.write(checkpoint)
        if done.reason != "diverged" and not self.abandoned:
            self.keeper.take_snapshot(self.state.epoch, self._looking.image, always=True)
        yield from self.saver.drain()
        if done.reason != "diverged" and not self.abandoned:
            self.saver.write_model(self._live, self._command.project_name)
        path = self.saver.path
        done = replace(done, run_dir=str(path) if path is not None else None)
        told = self.saver.finish(() if self.abandoned else (done,))
        yield from told
        if path is None or told:
            done, self.kept = replace(done, run_dir=None), checkpoint
        yield done

    def salvage(self, end: TrainingDone | None) -> list[Event]:
        """After an error: save what there is, with the log ending so; what there is to tell of that."""
        try:
            if self.steps and (checkpoint := self.captured()).is_finite:
                self.keeper.write(checkpoint)
        except Exception:  # memory that was short before may still be
            return self.saver.finish(() if end is None else (end,))
        return [*self.saver.drain(), *self.saver.finish(() if end is None else (end,))]

    # --- parts ------------------------------------------------------------------------------------------------------
    def _news(self) -> Events:
        """Have a checkpoint written when it is due, and tell what became of others."""
        yield from self.saver.poll()
        if self.keeper.is_due(self.state):
            self.keeper.write(self.captured())

    @property
    def _missed(self) -> tuple[int, ...]:
        """Samples of the epoch under way that did not come through so far."""
        if self._sums is None or not self.state.step or self._loop.is_resident:
            return self.state.missed
        return tuple(np.union1d(self._sums.passed_over, np.array(self.state.missed, np.int64)).tolist())

    def _noted(self, event: Event) -> Event:
        """An event, once record and log have it."""
        self.record.add(event)
        self.saver.note(event)
        return event

    def _batches(self, samples: int) -> int:
        return -(-samples // self._command.plan.batch_size)

    @property
    def _epoch_seconds(self) -> float:
        return self.stopwatch.seconds - self._epoch_began

    def _started(self) -> TrainingStarted:
        data, state = self._data, self.state
        return TrainingStarted(
            run_id=self.run_id,
            network=self._command.network,
            facts=data.facts,
            epochs=state.epochs_left,
            steps_per_epoch=self._batches(len(data.training)),
            training_images=len(data.training),
            held_out_images=len(data.held_out),
            loss=data.objective.loss_name,
            metric=METRIC,
            first_epoch=state.epoch,
            first_step=state.steps,
            step_in_epoch=state.step,
            plan=state.plan,
        )


def _losses(state: RunState) -> Losses:
    return Losses(dict(state.lost), frozenset(state.gone), frozenset(state.by_pillow))
