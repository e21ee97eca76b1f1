"""The learning rate: too high, too low."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence, finite, levels
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import loss_text, share_text, small_text

PARTS = 16
"""Parts into which the steps are divided, to see whether the loss rises from one to another."""


class LearningRateTooHigh(Rule):
    """The training loss jumps, rises or swings, or is worse than that of guessing."""

    title: ClassVar[str] = "Learning rate too high"
    meaning: ClassVar[str] = "Each step overshoots, so that the loss jumps about or grows instead of falling."
    looks: ClassVar[str] = (
        "After 50 steps: at the training loss of every sixteenth part of the run, beside that of guessing and the best "
        "part; after six epochs: at how it swings from one to the next; and when a run ended because numbers ceased to "
        "be finite."
    )
    helps: ClassVar[tuple[str, ...]] = ("a tenth of the learning rate", "clip gradients", "a warm-up")
    explains: ClassVar[tuple[str, ...]] = ("Underfitting", "ExplodingGradients", "ClassCollapse", "SaturatedUnits")

    beyond: float = Field(
        1.5, description="The loss is this many times that of guessing: a network that knows nothing does better."
    )
    rise: float = Field(
        2.0, description="The loss of the latest parts is this many times that of the best: noise of batches is less."
    )
    swing: float = Field(
        0.1, description="The loss goes up by this share of that of guessing, from one epoch to the next."
    )
    swings: int = Field(2, description="And does so that often in six epochs, where it should only fall.")

    def find(self, evidence: Evidence) -> Finding | None:
        if evidence.ended == "diverged":
            last = finite(evidence.losses)
            text = f"the loss was no number any more after step {evidence.steps:,}"
            if len(last):
                text += f"; the last one that was is {loss_text(float(last[-1]))}"
            return self.finding("bad", text + _rate(evidence), offers.anew(*self._remedies(evidence)))
        if evidence.steps < 50:
            return None
        return self._beyond(evidence) or self._risen(evidence) or self._swings(evidence)

    def _beyond(self, evidence: Evidence) -> Finding | None:
        """A warm-up and large initial weights are given time: the first two epochs, or 500 steps."""
        if evidence.guessing_loss is None or evidence.steps < min(2 * evidence.steps_per_epoch, 500):
            return None
        late = float(levels(evidence.losses[-max(evidence.steps // 4, 20) :], 1)[0])
        if not late > self.beyond * evidence.guessing_loss:
            return None
        text = f"the loss is {loss_text(late)} of late; guessing gives {loss_text(evidence.guessing_loss)}"
        return self.finding("bad", text + _rate(evidence), self._remedies(evidence))

    def _risen(self, evidence: Evidence) -> Finding | None:
        parts = levels(evidence.losses, PARTS)
        if not np.isfinite(parts).all() or len(parts) < PARTS:
            return None
        best = int(np.argmin(parts))
        late = float(min(parts[-2:]))
        if best >= PARTS - 2 or late < self.rise * parts[best] or late - parts[best] < 0.25 * evidence.scale:
            return None
        step = round((best + 0.5) * evidence.steps / PARTS)
        text = f"the loss rose from {loss_text(parts[best])} (around step {step:,}) to {loss_text(late)}"
        return self.finding("bad", text + _rate(evidence), self._remedies(evidence))

    def _swings(self, evidence: Evidence) -> Finding | None:
        losses = evidence.epoch_losses[-6:]
        if len(losses) < 6 or evidence.steps_per_epoch < 5 or not np.isfinite(losses).all():
            return None
        jumps = np.diff(losses)
        ups = jumps[jumps > self.swing * evidence.scale]
        if len(ups) < self.swings:
            return None
        text = (
            f"in the last six epochs the training loss went up {len(ups)} times, by as much as "
            f"{loss_text(float(ups.max()))}; it is {loss_text(float(losses[-1]))} now"
        )
        return self.finding("warn", text + _rate(evidence), self._remedies(evidence))

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        return offers.joined(offers.lower_rate(evidence), offers.clip_gradients(evidence), offers.warm_up(evidence))


class LearningRateTooLow(Rule):
    """The loss falls in every epoch, and hardly at all."""

    title: ClassVar[str] = "Learning rate too low"
    meaning: ClassVar[str] = "The steps lead the right way, but each is so small that the run will not arrive in time."
    looks: ClassVar[str] = (
        "After three epochs and 50 steps, where the loss fell in almost every epoch: at how much it fell, and at how "
        "large the steps are beside the weights, or the learning rate beside the optimizer's own."
    )
    helps: ClassVar[tuple[str, ...]] = ("ten times the learning rate", "the optimizer's own learning rate")
    explains: ClassVar[tuple[str, ...]] = ("Underfitting", "ClassCollapse", "NotDone")

    falls: float = Field(0.8, description="Share of the epochs in which the loss fell: it goes steadily.")
    hardly: float = Field(0.05, description="Largest part of the present loss that an epoch takes away.")
    far: float = Field(0.5, description="The loss is still above this share of that of guessing: there is far to go.")
    update_ratio: float = Field(
        1e-4, description="Steps below this share of the weights' size are small; about 0.001 is usual (CS231n, 2015)."
    )
    below: float = Field(
        0.2, description="Where steps were not measured: a learning rate below this part of the optimizer's own is low."
    )

    def find(self, evidence: Evidence) -> Finding | None:
        losses = evidence.epoch_losses
        if len(losses) < 3 or evidence.steps < 50 or not np.isfinite(losses).all() or evidence.guessing_loss is None:
            return None
        falls = -np.diff(losses)
        steadily = (falls > 0).mean() >= self.falls
        hardly = float(np.median(falls[-3:])) <= self.hardly * losses[-1]
        if not steadily or not hardly or losses[-1] < self.far * evidence.scale:
            return None
        why = self._small_steps(evidence)
        if not why:
            return None
        text = (
            f"the training loss fell in {int((falls > 0).sum())} of {len(falls)} epochs, from {loss_text(losses[0])} "
            f"to {loss_text(losses[-1])} in all; {why}"
        )
        remedies = offers.joined(offers.raise_rate(evidence), offers.default_rate(evidence))
        return self.finding("warn", text, _different(remedies))

    def _small_steps(self, evidence: Evidence) -> str:
        plan = evidence.plan
        late = finite(evidence.learning_rates[-20:])
        if len(late) and float(np.median(late)) < 0.5 * plan.learning_rate:
            return ""  # a schedule has made it so low on purpose
        ratios = [ratio for ratio in evidence.of_layers("update_ratio").values() if ratio > 0]
        if ratios:
            usual = float(np.median(ratios))
            small = usual < self.update_ratio
            return f"a step changes the weights by {small_text(100 * usual)} % of their size" if small else ""
        own = plan.optimizer.default_learning_rate
        if plan.learning_rate >= self.below * own:
            return ""
        return f"the learning rate is {plan.learning_rate:g}, and {plan.optimizer.type} starts with {own:g} by itself"


def _rate(evidence: Evidence) -> str:
    """The learning rate, and how large the steps are where that is known."""
    ratios = [ratio for ratio in evidence.of_layers("update_ratio").values() if ratio > 0]
    text = f"; the learning rate is {evidence.plan.learning_rate:g}"
    large = float(np.median(ratios)) if ratios else 0.0
    return f"{text}, and a step changes the weights by {share_text(large)} of their size" if large > 0.02 else text


def _different(remedies: offers.Remedies) -> offers.Remedies:
    return tuple(dict.fromkeys(remedies))
