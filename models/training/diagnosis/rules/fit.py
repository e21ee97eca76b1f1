"""How well the network fits: too closely, not enough, not yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence, HeldOut, standard_error
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import counted, loss_text, share_text
from models.training.remedies import Remedy


class Overfitting(Rule):
    """The held-out loss rises while the training loss falls, or far more training samples are right."""

    title: ClassVar[str] = "Overfitting"
    meaning: ClassVar[str] = (
        "The network learns its training samples by heart, and what it learns of late does not help with others."
    )
    looks: ClassVar[str] = (
        "After each epoch that measures the held-out samples, from the fourth one on: at their loss since its best "
        "value, and at the share of them that is right beside that of the training samples."
    )
    helps: ClassVar[tuple[str, ...]] = (
        "stop early and keep the best weights", "augment the data", "Dropout before the last block", "weight decay",
    )  # fmt: skip

    rise: float = Field(
        1.25, description="The held-out loss has risen to this many times its best: less is how much it wavers anyway."
    )
    least: float = Field(
        0.02,
        description="The rise is at least this share of the loss of guessing: near 0 any change is a large factor.",
    )
    wait: int = Field(
        3, description="Measurements since the best one: a single rise is often followed by a fall (Prechelt 1998)."
    )
    gap: float = Field(
        0.1,
        description="Accuracy on training samples is ahead by this, and three standard errors, three times in a row.",
    )

    def find(self, evidence: Evidence) -> Finding | None:
        measured = evidence.settled
        if len(measured) <= self.wait:
            return None
        return self._risen(evidence, measured) or self._apart(evidence, measured)

    def _risen(self, evidence: Evidence, measured: Sequence[HeldOut]) -> Finding | None:
        best = min(measured, key=lambda one: one.loss)
        since = [one for one in measured if one.epoch > best.epoch]
        if len(since) < self.wait:
            return None
        last = since[-1]
        now = float(np.median([one.loss for one in since[-3:]]))
        before, trained = evidence.trained_at(best.place), evidence.trained_at(last.place)
        risen = now >= self.rise * best.loss and now - best.loss >= self.least * evidence.scale
        if not (risen and trained.loss < before.loss and 1.5 * trained.loss < now):
            return None
        fallen = best.metric - last.metric > 2 * standard_error(best.metric, evidence.held_out_images)
        text = (
            f"held-out loss rose from {loss_text(best.loss)} (epoch {best.epoch}) to {loss_text(last.loss)} "
            f"(epoch {last.epoch}), while the training loss fell to {loss_text(trained.loss)}"
        )
        return self.finding("bad" if fallen else "warn", text, self._remedies(evidence, best.epoch))

    def _apart(self, evidence: Evidence, measured: Sequence[HeldOut]) -> Finding | None:
        """Three times in a row: a single measurement may be far off, as with BatchNormalization it often is."""
        last = measured[-1]
        for one in measured[-3:]:
            trained, noise = evidence.trained_at(one.place), standard_error(one.metric, evidence.held_out_images)
            if not (trained.metric - one.metric >= max(self.gap, 3 * noise) and trained.loss <= 0.7 * one.loss):
                return None
        best = min(measured, key=lambda one: one.loss)
        text = (
            f"{share_text(evidence.trained_at(last.place).metric)} of the training samples are right by epoch "
            f"{last.epoch}, and {share_text(last.metric)} of the {evidence.held_out_images:,} held-out ones"
        )
        guess = evidence.largest_share
        guesses = last.metric < guess + 0.1 * (1 - guess)
        return self.finding("bad" if guesses else "warn", text, self._remedies(evidence, best.epoch))

    def _remedies(self, evidence: Evidence, best_epoch: int) -> offers.Remedies:
        return offers.joined(
            offers.stop_early(evidence, best_epoch), offers.augment(evidence), offers.drop_out(evidence),
            offers.decay_weights(evidence),
        )  # fmt: skip


class Underfitting(Rule):
    """The training loss has stopped falling where it is still high."""

    title: ClassVar[str] = "Underfitting"
    meaning: ClassVar[str] = (
        "The network does not even learn its training samples: it is too small, or too much held back."
    )
    looks: ClassVar[str] = (
        "After three epochs and 50 steps: at whether it is better than guessing; after eight epochs: at whether the "
        "training loss still falls, and from where."
    )
    helps: ClassVar[tuple[str, ...]] = (
        "the optimizer's own learning rate", "BatchNormalization", "twice the filters or units", "no weight decay",
        "twice the epochs",
    )  # fmt: skip

    guessing: float = Field(
        0.1, description="Of the way from guessing to no mistakes, the share that any network should come in that time."
    )
    high: float = Field(
        0.35,
        description="A plateau is high above this share of the loss of guessing: a third of the classes is unclear.",
    )
    right: float = Field(0.9, description="With so many right answers no plateau is called high.")
    still: float = Field(
        0.03, description="It is one when the loss fell by less than this in the last third of the epochs."
    )

    def find(self, evidence: Evidence) -> Finding | None:
        if len(evidence.epochs) < 3 or evidence.steps < 50 or not np.isfinite(evidence.epoch_losses).all():
            return None
        return self._guesses(evidence) or self._stands(evidence)

    def _guesses(self, evidence: Evidence) -> Finding | None:
        guess = evidence.largest_share
        right = max(evidence.trained.metric, evidence.epochs[-1].metric)
        if right >= guess + self.guessing * (1 - guess):
            return None
        scale = evidence.guessing_loss
        if scale is not None and not evidence.trained.loss >= 0.9 * scale:
            return None  # it learns, though the share of right ones does not show it yet
        text = (
            f"{share_text(right)} of the training samples are right after {counted(len(evidence.epochs), 'epoch')}; "
            f"guessing gives {share_text(guess)}"
        )
        if scale is not None:
            text += f" (loss {loss_text(evidence.trained.loss)}, guessing {loss_text(scale)})"
        return self.finding("bad", text, self._remedies(evidence))

    def _looks_high(self, evidence: Evidence) -> bool:
        """Whether the loss of a network that does well is high, too: targets that are shares allow no lower one."""
        mixed = any(step.group == "Mixing" for step in evidence.preparation.augmentation)
        best = max([evidence.trained.metric, *(one.metric for one in evidence.held_out[-3:])])
        return mixed or evidence.plan.label_smoothing > 0 or best >= self.right

    def _stands(self, evidence: Evidence) -> Finding | None:
        losses = evidence.epoch_losses
        third = len(losses) // 3
        if len(losses) < 8 or evidence.guessing_loss is None or self._looks_high(evidence):
            return None
        before, now = float(np.median(losses[-2 * third : -third])), float(np.median(losses[-third:]))
        if now < self.high * evidence.scale or before - now >= self.still * before or now > before * 1.1:
            return None
        text = (
            f"training loss {loss_text(before)} around epoch {len(losses) - round(1.5 * third)} and {loss_text(now)} "
            f"now; {share_text(evidence.trained.metric)} of the training samples are right"
        )
        return self.finding("warn", text, self._remedies(evidence))

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        optimizer = evidence.plan.optimizer
        free = optimizer.weight_decay > 0.01 or (optimizer.weight_decay and optimizer.type not in ("AdamW", "SGD"))
        lighter = optimizer.replace(weight_decay=0.0)
        return offers.joined(
            offers.default_rate(evidence), offers.normalize(evidence), offers.widen(evidence),
            offers.planned("No weight decay", evidence.plan, optimizer=lighter) if free else None,
            offers.more_epochs(evidence),
        )  # fmt: skip


class NotDone(Rule):
    """The run ended while the network was still learning."""

    title: ClassVar[str] = "Still learning at the end"
    meaning: ClassVar[str] = "The run ended while the network was still getting better on samples that it had not seen."
    looks: ClassVar[str] = "At the end of a run that was not stopped: at the held-out loss of its last fifth."
    helps: ClassVar[tuple[str, ...]] = ("keep training", "twice the epochs")

    fall: float = Field(0.1, description="The held-out loss fell by this share there: another run as long pays off.")
    least: float = Field(0.05, description="And by this share of the loss of guessing: near 0 there is little to gain.")

    def find(self, evidence: Evidence) -> Finding | None:
        measured = evidence.held_out
        if evidence.ended != "finished" or len(measured) < 3:
            return None
        last = measured[-1]
        before = measured[-1 - max(len(measured) // 5, 2)]
        best = min(one.loss for one in measured)
        gain = before.loss - last.loss
        if last.loss > best or gain < max(self.fall * before.loss, self.least * evidence.scale):
            return None
        text = (
            f"held-out loss fell from {loss_text(before.loss)} (epoch {before.epoch}) to {loss_text(last.loss)} "
            f"(epoch {last.epoch}), the best so far"
        )
        keep = Remedy("Keep training", trains="on")
        return self.finding("note", text, offers.joined(keep, offers.more_epochs(evidence)))
