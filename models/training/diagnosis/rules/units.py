"""Units that have stopped working: dead ReLUs, saturated tanh and sigmoid."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import counted, share_text

GATES = frozenset({"Multiply"})
"""What a sigmoid gates: there 0 and 1 are its business."""


class DeadReLUs(Rule):
    """Many channels of a ReLU are zero for every sample."""

    title: ClassVar[str] = "Dead ReLUs"
    meaning: ClassVar[str] = (
        "Units that give zero for every sample get no gradient either, so that they never come back."
    )
    looks: ClassVar[str] = "At the last three measurements of the blocks: at channels that were zero for every sample."
    helps: ClassVar[tuple[str, ...]] = (
        "a leaky ReLU there", "a tenth of the learning rate", "He's initial weights", "BatchNormalization",
    )  # fmt: skip
    explains: ClassVar[tuple[str, ...]] = ("Underfitting", "ClassCollapse", "VanishingGradients")

    share: float = Field(
        0.5, description="Share of a layer's channels: up to 40 % is what too large steps leave behind (CS231n, 2015)."
    )
    most: float = Field(0.9, description="From here on hardly anything comes through.")

    def find(self, evidence: Evidence) -> Finding | None:
        shares = evidence.of_layers("dead_share") if evidence.has_looked_inside else {}
        dead = {layer: share for layer, share in shares.items() if share >= self.share}
        if not dead:
            return None
        worst = max(dead, key=lambda layer: dead[layer])
        title = evidence.structure.title(worst)
        text = f"{share_text(dead[worst])} of the channels of {title} are zero for every sample"
        if len(dead) > 1:
            text += f", and {share_text(min(dead.values()))} or more in {counted(len(dead) - 1, 'further block')}"
        kernels = [layer for layer in evidence.structure.kernels if evidence.structure.is_hidden(layer)]
        remedies = offers.joined(
            offers.leak(evidence, dead), offers.lower_rate(evidence),
            offers.start_as(evidence, kernels, "he_normal", "He's initial weights"), offers.normalize(evidence),
        )  # fmt: skip
        return self.finding("bad" if dead[worst] >= self.most else "warn", text, remedies, worst)


class SaturatedUnits(Rule):
    """Most values of a tanh or sigmoid lie at the ends of its range."""

    title: ClassVar[str] = "Saturated tanh or sigmoid"
    meaning: ClassVar[str] = (
        "Values at the flat ends of the curve hardly change with the weights, so that learning stops there."
    )
    looks: ClassVar[str] = (
        "At the last three measurements of the blocks: at values beyond 99 % of the range, in layers with another "
        "convolution or dense layer behind them."
    )
    helps: ClassVar[tuple[str, ...]] = (
        "ReLU in its place", "a third of the learning rate", "Glorot's initial weights", "weight decay",
    )  # fmt: skip
    explains: ClassVar[tuple[str, ...]] = ("Underfitting",)

    share: float = Field(
        0.5,
        description="Half of a layer's values; it is what stalls sigmoid networks (Glorot and Bengio 2010).",
    )
    most: float = Field(0.85, description="From here on it is a switch and no function to learn with.")

    def find(self, evidence: Evidence) -> Finding | None:
        structure = evidence.structure
        shares = evidence.of_layers("saturated_share") if evidence.has_looked_inside else {}
        saturated = {
            layer: share
            for layer, share in shares.items()
            if share >= self.share and structure.is_hidden(layer) and not self._gates(evidence, layer)
        }
        if not saturated:
            return None
        worst = max(saturated, key=lambda layer: saturated[layer])
        text = f"{share_text(saturated[worst])} of the values of {structure.title(worst)} are at the ends of the range"
        if len(saturated) > 1:
            text += (
                f", and {share_text(min(saturated.values()))} or more in {counted(len(saturated) - 1, 'further block')}"
            )
        remedies = offers.joined(
            offers.activate_with(evidence, saturated, "relu", "ReLU"), offers.lower_rate(evidence, 3),
            offers.start_as(evidence, saturated, "glorot_uniform", "Glorot's initial weights"),
            offers.decay_weights(evidence),
        )  # fmt: skip
        return self.finding("bad" if saturated[worst] >= self.most else "warn", text, remedies, worst)

    def _gates(self, evidence: Evidence, layer: str) -> bool:
        layers = evidence.structure.layers
        return any(layers.node(edge.target).block.type in GATES for edge in layers.consumers(layer))
