"""`RunState`: where a run is, as a value. With the variables of model and optimizer it is all that going on needs."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from models.training.events import EpochDone
from models.training.plan import TrainingPlan
from models.training.schedules import Length
from models.training.schedules.plateau import Plateau, ReduceLROnPlateau


class Stopping(BaseModel):
    """What early stopping remembers: the best value that counted, and epochs without a better one since."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    best: float | None = None
    waited: int = 0


class RunState(BaseModel):
    """Where a run is between two steps.

    Attributes:
        plan: as it is trained, with the learning rate as it was set meanwhile.
        end_epoch: epochs that will lie behind the weights when the run has ended.
        first_epoch, first_step: what lay behind the weights when the run began.
        epoch: the one under way, counted from 0; `step` steps of it have been taken.
        steps: taken in all, those before the run included.
        steps_per_epoch: as it was last known: samples that are lost make epochs shorter.
        plateau: of ReduceLROnPlateau.
        stopping: of early stopping.
        best_value, best_epoch: of what the plan monitors.
        seconds: of training so far; `epoch_seconds` of them in this epoch, of which `epoch_waited` waiting for data and
            `epoch_probed` looking inside.
        missed: samples of this epoch that did not come through so far.
        lost: samples that cannot be read, with the reasons; `gone` those of them whose files are not there.
        by_pillow: samples that only Pillow can read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    plan: TrainingPlan
    end_epoch: int
    first_epoch: int = 0
    first_step: int = 0
    epoch: int = 0
    step: int = 0
    steps: int = 0
    steps_per_epoch: int = 0
    plateau: Plateau = Plateau()
    stopping: Stopping = Stopping()
    best_value: float | None = None
    best_epoch: int | None = None
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    epoch_waited: float = 0.0
    epoch_probed: float = 0.0
    missed: tuple[int, ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    gone: tuple[int, ...] = ()
    by_pillow: tuple[int, ...] = ()

    @classmethod
    def begin(cls, plan: TrainingPlan, epochs: int = 0, steps: int = 0) -> Self:
        """The start of a run on weights that have so much behind them."""
        return cls(
            plan=plan, end_epoch=epochs + plan.epochs, first_epoch=epochs, first_step=steps, epoch=epochs, steps=steps
        )

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed."""
        return self.model_copy(update=changes)

    def extended(self, epochs: int) -> Self:
        """The same with more epochs to do; early stopping waits anew."""
        if not epochs:
            return self
        plan = self.plan
        if plan.max_steps is not None:
            plan = plan.replace(max_steps=min(plan.max_steps + epochs * max(self.steps_per_epoch, 1), 10**9))
        waiting = self.stopping.model_copy(update={"waited": 0})
        return self.replace(plan=plan, end_epoch=self.end_epoch + epochs, stopping=waiting)

    # --- where it ends ----------------------------------------------------------------------------------------------
    @property
    def last_step(self) -> int | None:
        """The step behind which the plan's limit ends the run; None without one."""
        return None if self.plan.max_steps is None else self.first_step + self.plan.max_steps

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do of what was planned."""
        return self.epoch >= self.end_epoch or (self.last_step is not None and self.steps >= self.last_step)

    @property
    def epochs_left(self) -> int:
        """Epochs still to be done, the one under way included, as far as the plan's limit of steps lets them begin."""
        left = max(self.end_epoch - self.epoch, 0)
        if self.last_step is None or not self.steps_per_epoch:
            return left
        return min(left, -(-max(self.last_step - self.steps + self.step, 0) // self.steps_per_epoch))

    @property
    def has_waited_enough(self) -> bool:
        """Whether early stopping ends the run."""
        return self.plan.early_stopping and self.stopping.waited >= self.plan.patience

    # --- the learning rate ------------------------------------------------------------------------------------------
    @property
    def length(self) -> Length:
        """How long the run is, as far as that is known now."""
        left = (self.end_epoch - self.epoch) * self.steps_per_epoch - self.step
        steps = self.steps + max(left, 0)
        return Length(min(steps, self.last_step) if self.last_step is not None else steps, self.steps_per_epoch)

    @property
    def learning_rate(self) -> float:
        """The plan's learning rate after all drops on plateaus; the schedule makes it smaller or larger."""
        return self.plan.learning_rate * self.plateau.factor

    def rates(self, count: int) -> npt.NDArray[np.float32]:
        """(count,) the learning rates of the next steps."""
        steps = self.steps + np.arange(count)
        return (self.learning_rate * self.plan.schedule.factors(steps, self.length)).astype(np.float32)

    # --- the end of an epoch ----------------------------------------------------------------------------------------
    def monitored(self, done: EpochDone, holds_out: bool) -> float | None:
        """The value that the plan goes by; None where it was not measured after this epoch.

        Where nothing is held out the training samples' values stand in.
        """
        name = self.plan.monitor if holds_out else self.plan.monitor.removeprefix("held_out_")
        value: float | None = getattr(done, name)
        return value if value is not None and math.isfinite(value) else None

    def after_epoch(self, value: float | None) -> Self:
        """The state at the start of the next epoch; `value` is what the plan monitors, None where it is not known."""
        behind = self.replace(
            epoch=self.epoch + 1, step=0, epoch_seconds=0.0, epoch_waited=0.0, epoch_probed=0.0, missed=()
        )
        if value is None:
            return behind
        plan, sign = self.plan, 1.0 if self.plan.smaller_is_better else -1.0
        if self.best_value is None or sign * value < sign * self.best_value:
            behind = behind.replace(best_value=value, best_epoch=self.epoch)
        counts = self.stopping.best is None or sign * value < sign * self.stopping.best - plan.min_delta
        stopping = (
            Stopping(best=value) if counts else Stopping(best=self.stopping.best, waited=self.stopping.waited + 1)
        )
        plateau = self.plateau
        if isinstance(plan.schedule, ReduceLROnPlateau):
            plateau = plan.schedule.after_epoch(plateau, value, plan.smaller_is_better)
        return behind.replace(stopping=stopping, plateau=plateau)
