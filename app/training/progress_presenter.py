"""`ProgressPresenter`: the status line's account of training: how far it is, what waits behind it, what is safe."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from app.time_words import ago_text, time_text
from app.training.run_queue import RunQueue
from app.training.training_controller import State, TrainingController
from models.training.history import History
from widgets.toolbar import StatusStrip

QUIET = {
    State.STARTING: "Loading TensorFlow …",
    State.BROKEN: "TensorFlow is missing or broken",
    State.FINDING: "Trying learning rates …",
    State.IDLE: "",
}


class ProgressPresenter(QObject):
    """Between the controller, the queue and the status strip."""

    def __init__(self, training: TrainingController, queue: RunQueue, status: StatusStrip, parent: QObject) -> None:
        super().__init__(parent)
        self._training = training
        self._queue = queue
        self._status = status
        training.history_changed.connect(self.refresh)
        training.state_changed.connect(self.refresh)
        queue.changed.connect(self._show_queue)
        self._show_queue()
        self.refresh()

    def refresh(self) -> None:
        """Say how far training is, and in the tooltip what of it is on the disk."""
        training = self._training
        begun = training.has_begun
        share = (share_done(training.history) if begun else 0.0) if training.is_training else None
        tip = safety_text(training) if training.is_training else ""
        self._status.set_progress(progress_text(training.state, training.history, begun), share, tip)

    def _show_queue(self) -> None:
        count, going = len(self._queue.runs), self._queue.is_going
        names = ", ".join(run.name for run in self._queue.runs[:5]) + (" …" if count > 5 else "")
        how = "They follow by themselves." if going else "They wait to be started."
        self._status.set_queue(waiting_text(count), f"{names}. {how} Click to see and order them." if count else "")


def share_done(history: History) -> float:
    """Share of all epochs that are done, 0 … 1, those before the run was resumed among them: as the text counts."""
    started = history.started
    if started is None:
        return 0.0
    total = (started.first_epoch + started.epochs) * started.steps_per_epoch
    return min((history.epoch * started.steps_per_epoch + history.step_in_epoch) / total, 1.0) if total else 0.0


def waiting_text(count: int) -> str:
    """`2 runs waiting`; empty for none."""
    return f"{count} run{'s' if count > 1 else ''} waiting" if count else ""


def safety_text(training: TrainingController) -> str:
    """What of a run is on the disk: `Checkpoint 12 s ago`."""
    if training.run_dir is None:
        return "This run is not saved."
    if training.checkpoint_at is None:
        return f"No checkpoint yet. The run's folder is {training.run_dir}."
    age = time.monotonic() - training.checkpoint_at
    said = f"{age:.0f} s ago" if age < 90 else ago_text(age)
    return f"Checkpoint {said}: from there the run can be resumed. Its folder is {training.run_dir}."


def progress_text(state: State, history: History, begun: bool = True) -> str:
    """`Epoch 6/10 · batch 18/23 · 1,490 images/s · 4 s left`; `begun` tells a run from its preparation."""
    if state in QUIET:
        return QUIET[state]
    started = history.started
    if started is None or not begun:
        return "Stopping …" if state is State.STOPPING else "Preparing …"
    last = started.first_epoch + started.epochs
    parts = [f"Epoch {min(history.epoch + 1, last)}/{last}", f"batch {history.step_in_epoch}/{started.steps_per_epoch}"]
    if state is State.TRAINING:
        if history.images_per_second > 0:
            parts.append(f"{history.images_per_second:,.0f} images/s")
        if history.seconds_left is not None:
            parts.append(f"{time_text(history.seconds_left)} left")
    else:
        parts.append("paused" if state is State.PAUSED else "stopping …")
    return " · ".join(parts)
