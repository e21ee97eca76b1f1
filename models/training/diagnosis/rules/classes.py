"""What the network answers, and what it was told: class collapse, wrong labels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.data.findings import Finding as DataFinding
from models.data.findings import FindingKind
from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import counted, loss_text, share_text


class ClassCollapse(Rule):
    """One class, or a few, are answered whatever the sample shows."""

    title: ClassVar[str] = "Class collapse"
    meaning: ClassVar[str] = "The network gives the same answer, or one of a few, whatever it is shown."
    looks: ClassVar[str] = (
        "At the confusion matrix of an evaluation, where each class has ten samples on average; without one, from the "
        "fourth epoch on, at whether the held-out accuracy stands still where answering one class would put it."
    )
    helps: ClassVar[tuple[str, ...]] = (
        "let rare classes count more",
        "a tenth of the learning rate",
        "BatchNormalization",
    )
    explains: ClassVar[tuple[str, ...]] = ("Underfitting",)

    ahead: float = Field(
        0.4,
        description="Share by which an answer is given too often: a good network stays within a few points.",
    )
    never: float = Field(
        0.3,
        description="Or this share of the classes is never answered: a hard class is, a third of them is no accident.",
    )
    stands: float = Field(
        0.02, description="Or the accuracy lies this near to the largest class's share, in three epochs."
    )

    def find(self, evidence: Evidence) -> Finding | None:
        if evidence.facts.classes < 2:
            return None
        return self._confusion(evidence) if evidence.evaluated is not None else self._accuracy(evidence)

    def _confusion(self, evidence: Evidence) -> Finding | None:
        assert evidence.evaluated is not None
        counts = evidence.evaluated.confusion
        total, classes = int(counts.sum()), len(counts)
        if total < 10 * classes:
            return None
        answered, true = counts.sum(axis=0), counts.sum(axis=1)
        most = int(np.argmax(answered - true))
        name = evidence.evaluated.class_names[most]
        if (answered[most] - true[most]) / total >= self.ahead:
            text = (
                f"“{name}” is answered for {share_text(answered[most] / total)} of {total:,} samples, and right for "
                f"{share_text(true[most] / total)}"
            )
            return self.finding("bad", text, self._remedies(evidence))
        never = [index for index in range(classes) if not answered[index] and true[index] >= 5]
        if len(never) >= max(self.never * classes, 2):
            names = ", ".join(f"“{evidence.evaluated.class_names[index]}”" for index in never[:3])
            more = f" and {len(never) - 3} more" if len(never) > 3 else ""
            text = f"{len(never)} of {counted(classes, 'class')} are never answered: {names}{more}"
            return self.finding("warn", text, self._remedies(evidence))
        return None

    def _accuracy(self, evidence: Evidence) -> Finding | None:
        last = evidence.held_out[-3:]
        if len(evidence.held_out) < 4 or evidence.held_out_images < 10 * evidence.facts.classes:
            return None
        share = evidence.largest_share
        metrics = [one.metric for one in last]
        same = max(metrics) - min(metrics) <= 1e-6 and metrics[-1] < 0.99
        if not same or max(evidence.trained_at(one.place).metric for one in last) > metrics[-1] + 0.1:
            return None
        near = abs(metrics[-1] - share) <= self.stands
        if not near:
            return None
        text = (
            f"the held-out accuracy is {share_text(metrics[-1])} in each of the last three epochs, as if one class "
            f"were always answered ({share_text(share)})"
        )
        return self.finding("bad", text, self._remedies(evidence))

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        counts = evidence.counts
        uneven = len(counts) > 0 and counts.max() > 2 * max(float(np.median(counts)), 1)
        return offers.joined(
            offers.balance_classes(evidence) if uneven else None,
            offers.lower_rate(evidence),
            offers.normalize(evidence),
        )


class WrongLabels(Rule):
    """Some samples resist a network that is large enough to know them all by heart."""

    title: ClassVar[str] = "Wrong labels, perhaps"
    meaning: ClassVar[str] = (
        "A few training samples keep contradicting the others, as wrong labels would: a suspicion, no proof."
    )
    explains: ClassVar[tuple[str, ...]] = ("Underfitting",)
    looks: ClassVar[str] = (
        "At copies in different classes that a scan of the data set found; and after ten epochs without dropout, "
        "augmentation and the like, in networks with five weights for each training sample: at a training accuracy "
        "that stands still below 1, while each wrong answer costs more than a guess."
    )
    helps: ClassVar[tuple[str, ...]] = ("label smoothing", "stop early and keep the best weights")

    large: float = Field(
        5.0, description="Weights for each training sample: about two can represent any labels (Zhang et al. 2017)."
    )
    stands: float = Field(0.01, description="The training accuracy changed by less in the last third of the epochs.")
    falls: float = Field(0.02, description="And the training loss fell by less than this part in each of them.")
    lowest: float = Field(0.6, description="Below this accuracy the network has not understood the rest either.")
    highest: float = Field(0.985, description="Above it there is nothing left to suspect.")
    costs: float = Field(
        1.3,
        description="A wrong answer costs this many times a guess: the network is sure of another label.",
    )

    sure: float = Field(3.0, description="And it costs at least this: the network gives the label less than 5 %.")

    def find(self, evidence: Evidence) -> Finding | None:
        conflict = next((one for one in evidence.data_findings if one.kind is FindingKind.CONFLICT), None)
        return self._conflict(evidence, conflict) if conflict is not None else self._resists(evidence)

    def _conflict(self, evidence: Evidence, conflict: DataFinding) -> Finding:
        return self.finding("warn", conflict.text.rstrip(".") + " (found by the scan)", self._remedies(evidence))

    def _resists(self, evidence: Evidence) -> Finding | None:
        epochs, guess = evidence.epochs, evidence.guessing_loss
        if len(epochs) < 10 or guess is None or evidence.handicaps or not evidence.training_images:
            return None
        third = [epoch.metric for epoch in epochs[-(len(epochs) // 3) :]]
        right, loss = float(np.mean(third)), float(np.mean([epoch.loss for epoch in epochs[-len(third) :]]))
        parameters = evidence.structure.analysis.trainable
        falls = epochs[-len(third)].loss / max(epochs[-1].loss, 1e-12) - 1
        stands = abs(third[-1] - third[0]) <= self.stands and falls < self.falls * len(third)
        if not stands or not self.lowest <= right <= self.highest:
            return None
        cost = loss / (1 - right)
        if parameters < self.large * evidence.training_images or not cost >= max(self.costs * guess, self.sure):
            return None
        text = (
            f"{share_text(1 - right)} of the training samples stay wrong over the last {len(third)} epochs, and each "
            f"costs {loss_text(cost)} where a guess costs {loss_text(guess)}; {parameters:,} weights could know all "
            f"{evidence.training_images:,} samples by heart"
        )
        return self.finding("note", text, self._remedies(evidence))

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        best = min(evidence.held_out, key=lambda one: one.loss, default=None)
        return offers.joined(
            offers.planned("Label smoothing 0.1", evidence.plan, label_smoothing=0.1)
            if evidence.plan.label_smoothing < 0.1
            else None,
            offers.stop_early(evidence, best.epoch) if best is not None else None,
        )
