"""Training, held-out samples, and how fast they come."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.data.findings import FindingKind
from models.data.steps.preprocessing import Rescale
from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence, standard_error
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import counted, share_text
from models.training.remedies import Remedy

SCALING = ("Rescaling", "Normalization", "BatchNormalization", "LayerNormalization", "GroupNormalization")
"""Blocks that bring values to a usual range."""

MOST_LEFT_OUT = 10_000
"""More samples than these are not left out by one click."""


class DataBottleneck(Rule):
    """The model waits for its data."""

    title: ClassVar[str] = "Data is the bottleneck"
    meaning: ClassVar[str] = (
        "Training waits for samples that are still being prepared, so that a faster device would not help."
    )
    looks: ClassVar[str] = (
        "After the second epoch, by when samples may have been kept: at the share of its time that training spent "
        "waiting for data, and at how fast data and model are each by itself."
    )
    helps: ClassVar[tuple[str, ...]] = ("train without augmentation", "twice the batch size")

    waits: float = Field(0.25, description="Share of an epoch's time spent waiting, in each of the last two.")
    much: float = Field(0.5, description="Above this share the run would take half the time with faster data.")
    slower: float = Field(0.8, description="Where waiting was not measured: the data's speed as a part of the model's.")

    def find(self, evidence: Evidence) -> Finding | None:
        last = [epoch for epoch in evidence.epochs[-2:] if epoch.seconds > 0.2]
        waited = [epoch.data_seconds / epoch.seconds for epoch in last]
        measured = len(evidence.epochs) >= 3 and len(waited) == 2 and any(waited)
        speed = evidence.speed
        parts = []
        if measured:
            if min(waited) < self.waits:
                return None
            parts.append(f"{share_text(min(waited))} of the time goes to waiting for data")
        elif speed is None or speed.data >= self.slower * speed.model:
            return None
        if speed is not None:
            parts.append(f"data gives {speed.data:,.0f} samples a second, the model takes {speed.model:,.0f}")
        if evidence.place == "stream":
            parts.append("samples are prepared anew in every epoch, since they fit neither in memory nor on the disk")
        much = min(waited) >= self.much if measured else speed is not None and speed.data < self.much * speed.model
        return self.finding("warn" if much else "note", "; ".join(parts), self._remedies(evidence))

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        without = Remedy("Train without augmentation", preparation=(("augmentation", ()),))
        return offers.joined(
            without if evidence.preparation.augmentation else None,
            offers.batch_of(evidence, evidence.plan.batch_size * 2) if evidence.plan.batch_size <= 256 else None,
        )


class ValidationLeak(Rule):
    """Held-out samples are known from training, or so it seems."""

    title: ClassVar[str] = "Held-out samples leak, perhaps"
    meaning: ClassVar[str] = (
        "Held-out samples stand among those trained on, so that the result is better than it will be on new ones."
    )
    looks: ClassVar[str] = (
        "At what a scan of the data set found on both sides of the split; and from the fourth epoch on, where nothing "
        "makes training harder than measuring: at whether held-out samples do clearly better than training samples."
    )
    helps: ClassVar[tuple[str, ...]] = ("leave those samples out",)

    ahead: float = Field(0.03, description="The held-out accuracy is ahead by this, three times in a row …")
    errors: float = Field(4.0, description="… and by so many standard errors, which chance does not do three times.")

    def find(self, evidence: Evidence) -> Finding | None:
        leak = next((one for one in evidence.data_findings if one.kind is FindingKind.LEAKAGE), None)
        if leak is not None:
            severity = "bad" if leak.severity == "bad" else "warn"
            return self.finding(severity, leak.text.rstrip("."), self._remedies(evidence))  # type: ignore[arg-type]
        last = evidence.held_out[-3:]
        if len(evidence.held_out) < 4 or evidence.handicaps or evidence.plan.use_ema:
            return None
        trained = evidence.trained
        for one in last:
            trained, noise = evidence.trained_at(one.place), standard_error(one.metric, evidence.held_out_images)
            ahead = one.metric - trained.metric
            if ahead < max(self.ahead, self.errors * noise) or one.loss >= trained.loss:
                return None
        text = (
            f"{share_text(last[-1].metric)} of the held-out samples are right and {share_text(trained.metric)} of the "
            "training samples, and so it was in the last three epochs"
        )
        return self.finding("warn", text)

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        """Leaving the held-out copies out; names that are left out already stay so."""
        names = evidence.leaked
        if not names or len(names) > MOST_LEFT_OUT:
            return ()
        left_out = tuple(dict.fromkeys((*evidence.preparation.left_out, *names)))
        return (Remedy(f"Leave {counted(len(names), 'sample')} out", preparation=(("left_out", left_out),)),)


class FewHeldOut(Rule):
    """Too few samples are held out to tell how good the network is."""

    title: ClassVar[str] = "Too few held-out samples"
    meaning: ClassVar[str] = "With so few samples to measure on, chance moves the result by more than an edit would."
    looks: ClassVar[str] = "After three epochs: at the range in which the true accuracy lies with 95 % certainty."
    helps: ClassVar[tuple[str, ...]] = ("hold out a larger share",)

    half: float = Field(
        0.07,
        description="Half of that range: with 100 samples and 85 % right it is ±7 points (Agresti and Coull 1998).",
    )

    def find(self, evidence: Evidence) -> Finding | None:
        if len(evidence.epochs) < 3:
            return None
        split, count = evidence.preparation.split, evidence.held_out_images
        share = 0.2 if count == 0 else min(max(round(2 * split.validation, 2), 0.2), 0.4)
        possible = split.by == "shares" and share > split.validation
        larger = split.replace(validation=share)
        remedy = Remedy(f"Hold out {share:.0%} of the samples", preparation=(("split", larger),)) if possible else None
        if count == 0:
            text = "nothing is held out: whether the network knows its samples by heart cannot be seen"
            return self.finding("note", text, offers.joined(remedy))
        if not evidence.held_out:
            return None
        metric = evidence.held_out[-1].metric
        half = 1.96 * standard_error(metric, count)
        if half <= self.half:
            return None
        text = (
            f"{counted(count, 'sample')} held out: the true accuracy lies between {share_text(max(metric - half, 0))} "
            f"and {share_text(min(metric + half, 1))}, measured {share_text(metric)}"
        )
        return self.finding("note", text, offers.joined(remedy))


class UnscaledInputs(Rule):
    """Samples go into the network with values up to 255."""

    title: ClassVar[str] = "Inputs are not scaled"
    meaning: ClassVar[str] = (
        "Large input values make large gradients in the first block, so that no learning rate suits all blocks."
    )
    looks: ClassVar[str] = (
        "From the first step on: at whether anything brings samples with values beyond 2 to a usual range: a step of "
        "the preprocessing that changes values, or normalization as the network's first block."
    )
    helps: ClassVar[tuple[str, ...]] = ("divide by the largest value",)

    largest: float = Field(
        2.0, description="Values up to 1, or two or three standard deviations, are usual (LeCun 1998)."
    )

    def find(self, evidence: Evidence) -> Finding | None:
        white, structure = evidence.facts.white, evidence.structure
        if not evidence.steps or white <= self.largest or self._is_scaled(evidence):
            return None
        first = structure.network.input_node
        behind = [edge.target for edge in structure.layers.consumers(first.id)] if first is not None else []
        if any(structure.layers.node(layer).block.type in SCALING for layer in behind):
            return None
        text = f"values go up to {white:g}, and no step of the preprocessing changes them"
        steps = (*evidence.preparation.preprocessing, Rescale())
        return self.finding("warn", text, (Remedy("Rescale to 0 … 1", preparation=(("preprocessing", steps),)),))

    def _is_scaled(self, evidence: Evidence) -> bool:
        shape = evidence.facts.sample_shape
        return any(step.group == "Values" and step.applies_to(shape) for step in evidence.preparation.preprocessing)
