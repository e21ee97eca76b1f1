"""Gradients on their way back through the network: too small at its start, too large at times."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Doubles, Evidence, finite
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import counted, small_text

RECENT = 200
"""Steps that are looked at for spikes."""


class VanishingGradients(Rule):
    """The first blocks get gradients that are orders of magnitude smaller than those of the last ones."""

    title: ClassVar[str] = "Vanishing gradients"
    meaning: ClassVar[str] = (
        "On the way back to the first blocks the gradient shrinks to almost nothing, so that they learn nothing."
    )
    looks: ClassVar[str] = (
        "At the last three measurements of the blocks, in networks of at least four convolutions and dense layers: at "
        "their gradients beside their weights, those of the first third beside those of the last."
    )
    helps: ClassVar[tuple[str, ...]] = (
        "ReLU in place of tanh and sigmoid", "BatchNormalization", "He's initial weights",
    )  # fmt: skip
    explains: ClassVar[tuple[str, ...]] = ("Underfitting", "LearningRateTooLow", "ClassCollapse")

    ratio: float = Field(
        1e-3,
        description="Three orders of magnitude: Glorot and Bengio 2010 see one to two in networks that still learn.",
    )

    def find(self, evidence: Evidence) -> Finding | None:
        weights, gradients = evidence.of_layers("weight_norm"), evidence.of_layers("gradient_norm")
        frozen = {rule.node for rule in evidence.plan.blocks if not rule.trainable}
        layers = [
            layer
            for layer in evidence.structure.kernels
            if layer in gradients and weights.get(layer, 0.0) > 0 and evidence.structure.owner_id(layer) not in frozen
        ]
        if len(layers) < 4:
            return None
        beside = np.array([gradients[layer] / weights[layer] for layer in layers])
        third = max(len(layers) // 3, 1)
        first, last = float(np.median(beside[:third])), float(np.median(beside[-third:]))
        if last <= 0 or first >= self.ratio * last:
            return None
        worst = layers[int(np.argmin(beside[:third]))]
        text = _shrunk(evidence, worst, layers[-1], gradients, first / last)
        stuck = evidence.guessing_loss is not None and _late(evidence) > 0.9 * evidence.guessing_loss
        everywhere = [node.id for node in evidence.structure.layers.nodes if evidence.structure.is_hidden(node.id)]
        remedies = offers.joined(
            offers.activate_with(evidence, everywhere, "relu", "ReLU"), offers.normalize(evidence),
            offers.start_as(evidence, layers[:-1], "he_normal", "He's initial weights"),
        )  # fmt: skip
        return self.finding("bad" if stuck else "warn", text, remedies, worst)


class ExplodingGradients(Rule):
    """Single gradients are many times larger than usual, or all of them grow."""

    title: ClassVar[str] = "Exploding gradients"
    meaning: ClassVar[str] = "Now and then a gradient is so large that one step spoils what many steps have learned."
    looks: ClassVar[str] = (
        "From 60 steps on, where gradients are not clipped: at the norm of all gradients in the last 200 steps, beside "
        "what was usual then and what was usual at first."
    )
    helps: ClassVar[tuple[str, ...]] = ("clip gradients", "a third of the learning rate", "BatchNormalization")
    explains: ClassVar[tuple[str, ...]] = ("Underfitting",)

    spike: float = Field(
        20.0, description="A spike is this many times both; LeNet-5 on the digits stays below three times."
    )
    spikes: int = Field(3, description="So many spikes are no accident.")
    growth: float = Field(30.0, description="Or the usual norm has grown by this factor since the start.")

    def find(self, evidence: Evidence) -> Finding | None:
        norms = finite(evidence.gradient_norms[-RECENT:])
        if len(norms) < 60 or evidence.plan.clipping != "none":
            return None
        first = finite(evidence.gradient_norms[:60])
        usual, start = float(np.median(norms)), float(np.median(first))
        if start <= 0:
            return None
        grown = float(np.median(norms[-30:]))
        if grown > self.growth * start:
            text = f"the gradients' norm grew from {small_text(start)} at first to {small_text(grown)}"
            return self.finding("bad", text, self._remedies(evidence, start), self._node(evidence))
        return self._spikes(evidence, norms, max(usual, start))

    def _spikes(self, evidence: Evidence, norms: Doubles, usual: float) -> Finding | None:
        spikes = norms[norms > self.spike * usual]
        if len(spikes) < self.spikes:
            return None
        text = (
            f"{counted(len(spikes), 'spike')} of the gradients' norm in the last {len(norms)} steps, as high as "
            f"{small_text(float(spikes.max()))}; {small_text(usual)} is usual"
        )
        return self.finding("warn", text, self._remedies(evidence, usual), self._node(evidence))

    def _node(self, evidence: Evidence) -> str | None:
        """The block with the largest gradient, where they were measured."""
        norms = evidence.of_layers("gradient_norm")
        return max(norms, key=lambda layer: norms[layer]) if norms else None

    def _remedies(self, evidence: Evidence, usual: float) -> offers.Remedies:
        at = max(offers.nice(usual), 0.01)
        return offers.joined(
            offers.clip_gradients(evidence, at), offers.lower_rate(evidence, 3), offers.normalize(evidence)
        )


def _late(evidence: Evidence) -> float:
    late = finite(evidence.losses[-50:])
    return float(np.median(late)) if len(late) else 0.0


def _shrunk(evidence: Evidence, worst: str, last: str, gradients: dict[str, float], ratio: float) -> str:
    title = evidence.structure.title
    if not gradients[worst]:
        return f"no gradient at all arrives in {title(worst)}; it is {small_text(gradients[last])} in {title(last)}"
    return (
        f"the gradient is {small_text(gradients[worst])} in {title(worst)} and {small_text(gradients[last])} in "
        f"{title(last)}; beside the weights it shrinks to {_part(ratio)} on its way to the first blocks"
    )


def _part(ratio: float) -> str:
    return f"1/{1 / ratio:,.0f}" if ratio > 1e-12 else "nothing"
