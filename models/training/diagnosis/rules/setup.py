"""What does not go together before any step is taken: batch and training set, output and loss, initial weights."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks import SetFields
from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import and_more, counted
from models.training.remedies import Remedy


class LargeBatch(Rule):
    """There are few steps in an epoch."""

    title: ClassVar[str] = "Very few steps in an epoch"
    meaning: ClassVar[str] = (
        "With a batch nearly as large as the training set the weights change a few times in each epoch only."
    )
    looks: ClassVar[str] = "From the second epoch on, in runs of fewer than 200 steps: at the steps of an epoch."
    helps: ClassVar[tuple[str, ...]] = ("a smaller batch size",)

    steps: int = Field(
        4, description="Fewer steps than these: small batches also find better minima (Keskar et al. 2017)."
    )
    short: int = Field(200, description="Steps in all, with which most networks have hardly begun.")

    def find(self, evidence: Evidence) -> Finding | None:
        plan, images = evidence.plan, evidence.training_images
        short = plan.epochs * evidence.steps_per_epoch < self.short
        if not evidence.epochs or evidence.steps_per_epoch >= self.steps or not short or plan.batch_size <= 8:
            return None
        wanted = max(2 ** max((images // 16).bit_length() - 1, 3), 8)
        if wanted >= plan.batch_size:
            return None
        text = (
            f"batches of {plan.batch_size:,} of {counted(images, 'training sample')} make "
            f"{counted(evidence.steps_per_epoch, 'step')} in an epoch"
        )
        return self.finding("note", text, offers.joined(offers.batch_of(evidence, min(wanted, 32))))


class OutputMismatch(Rule):
    """What the network ends with and what is minimized do not go together."""

    title: ClassVar[str] = "Output and loss do not match"
    meaning: ClassVar[str] = (
        "The loss reads the last block's values as something that they are not, so that some answers cannot be learned."
    )
    looks: ClassVar[str] = (
        "From the first step on: at the activation of the network's output, the loss, and the number of classes."
    )
    helps: ClassVar[tuple[str, ...]] = ("softmax or sigmoid at the output", 'the loss "auto"')
    explains: ClassVar[tuple[str, ...]] = ("Underfitting", "ClassCollapse", "LearningRateTooLow")

    def find(self, evidence: Evidence) -> Finding | None:
        structure = evidence.structure
        if not evidence.steps or structure.head is None:
            return None
        text = self._mismatch(evidence)
        if not text:
            return None
        head = structure.head
        wanted = "sigmoid" if structure.is_single else "softmax"
        if evidence.loss.startswith("binary"):
            wanted = "sigmoid"
        may = "activation" in type(head.block).model_fields and getattr(head.block, "activation", None) != wanted
        repair = SetFields(f"{wanted} in {offers.named(head)}", (("activation", wanted),))
        remedy = Remedy(repair.text, node=head.id, repairs=(repair,)) if may else None
        loss = offers.planned('Loss "auto"', evidence.plan, loss="auto")
        return self.finding("bad", text, offers.joined(remedy, loss), head.id)

    def _mismatch(self, evidence: Evidence) -> str:
        structure, classes = evidence.structure, evidence.facts.classes
        activation, loss = structure.output_activation, evidence.loss
        if structure.is_single and activation == "softmax":
            return "softmax over one value is always 1, whatever the network computes"
        if "crossentropy" not in loss.replace("-", "").replace("_", ""):
            return ""
        if activation in ("relu", "relu6"):
            return f"the output goes through {activation}, so that it has no negative scores: no class can be ruled out"
        if activation in ("tanh", "softsign"):
            return (
                f"the output goes through {activation}, so that scores stay within ±1: the network cannot become sure"
            )
        if activation == "softmax" and loss.startswith("binary") and classes > 2:
            return f"softmax makes the {classes} values sum to 1, and {loss} takes each as a yes or no by itself"
        return ""


class EqualWeights(Rule):
    """All weights of a hidden block start with the same value."""

    title: ClassVar[str] = "Weights start all equal"
    meaning: ClassVar[str] = (
        "Units that start with the same weights get the same gradients, so that they stay one unit for ever."
    )
    looks: ClassVar[str] = (
        "From the first step on: at the initial weights of the blocks that have another one behind them."
    )
    helps: ClassVar[tuple[str, ...]] = ("Glorot's initial weights",)
    explains: ClassVar[tuple[str, ...]] = (
        "Underfitting", "ClassCollapse", "LearningRateTooLow", "VanishingGradients", "DeadReLUs",
    )  # fmt: skip

    def find(self, evidence: Evidence) -> Finding | None:
        structure = evidence.structure
        if not evidence.steps:
            return None
        equal = structure.equal
        if not equal:
            return None
        initializer = structure.layers.node(equal[0]).block.kernel_initializer  # type: ignore[attr-defined]
        text = f"{and_more(structure.title(equal[0]), len(equal) - 1)} begin with nothing but {initializer}"
        remedy = offers.start_as(evidence, equal, "glorot_uniform", "Glorot's initial weights")
        return self.finding("bad", text, offers.joined(remedy), equal[0])
