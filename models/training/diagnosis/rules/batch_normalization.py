"""BatchNormalization: on too few samples, after too few steps."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks import InsertAfter, RemoveBlock, Repair
from models.blocks.normalization import GroupNormalization
from models.training.diagnosis import offers
from models.training.diagnosis.evidence import Evidence
from models.training.diagnosis.finding import Finding, Rule
from models.training.diagnosis.words import and_more, counted, share_text
from models.training.remedies import Remedy


class SmallBatch(Rule):
    """BatchNormalization measures on a handful of samples."""

    title: ClassVar[str] = "Batch too small for BatchNormalization"
    meaning: ClassVar[str] = (
        "BatchNormalization measures mean and variance on each batch; with a handful of samples both are mostly chance."
    )
    looks: ClassVar[str] = "From the first step on: at the batch size, where the network has such blocks."
    helps: ClassVar[tuple[str, ...]] = ("a batch size of 32", "GroupNormalization in its place")

    few: int = Field(8, description="Samples in a batch: below 8 the error grows by points (Wu and He 2018, fig. 1).")
    fewest: int = Field(2, description="Up to here what is measured says nothing.")

    def find(self, evidence: Evidence) -> Finding | None:
        layers, batch = evidence.structure.batch_normalizations, evidence.plan.batch_size
        if not layers or batch >= self.few or not evidence.steps:
            return None
        where = and_more(evidence.structure.title(layers[0]), len(layers) - 1)
        text = f"{counted(batch, 'sample')} in a batch, on which {where} measure" + ("s" if len(layers) == 1 else "")
        remedies = offers.joined(offers.batch_of(evidence, 32), self._by_group(evidence))
        return self.finding("bad" if batch <= self.fewest else "warn", text, remedies, layers[0])

    def _by_group(self, evidence: Evidence) -> Remedy | None:
        """GroupNormalization, which does not look at the batch, in place of those that are no part of a composite."""
        found: list[tuple[str, Repair]] = []
        for layer in evidence.structure.batch_normalizations:
            node, known = evidence.structure.own(layer), evidence.structure.analysis.nodes.get(layer)
            if node is None or known is None or not known.input_shapes:
                continue
            channels = known.input_shapes[0][-1]
            groups = max(number for number in range(1, min(32, channels) + 1) if channels % number == 0)
            block = GroupNormalization(groups=groups)
            found += [(node.id, InsertAfter("GroupNormalization", (block,))), (node.id, RemoveBlock("Remove"))]
        return offers.several("GroupNormalization instead", found)


class UnsettledAverages(Rule):
    """A short run ends before the moving averages of BatchNormalization have settled, and measures worse for it."""

    title: ClassVar[str] = "BatchNormalization has not settled"
    meaning: ClassVar[str] = (
        "When it is measured, BatchNormalization takes moving averages, which still tell how the network was at first."
    )
    looks: ClassVar[str] = (
        "At the end of a run, where the network has such blocks: at the steps taken beside those that the averages "
        "need, and at how far the held-out accuracy is behind that of the training samples."
    )
    helps: ClassVar[tuple[str, ...]] = ("averages that follow faster (momentum 0.9)", "twice the epochs")

    behind: float = Field(0.1, description="The held-out accuracy is behind by this, as in overfitting.")

    def find(self, evidence: Evidence) -> Finding | None:
        needed, measured = evidence.structure.settling_steps, evidence.held_out
        if evidence.ended not in ("finished", "stopped") or not measured or evidence.steps >= needed:
            return None
        last = measured[-1]
        trained = evidence.trained_at(last.place)
        if trained.metric - last.metric < self.behind:
            return None
        text = (
            f"{counted(evidence.steps, 'step')} taken, and the averages need {needed:,}: {share_text(last.metric)} of "
            f"the held-out samples are right, and {share_text(trained.metric)} while training"
        )
        layers = evidence.structure.batch_normalizations
        return self.finding("note", text, self._remedies(evidence), layers[0])

    def _remedies(self, evidence: Evidence) -> offers.Remedies:
        structure = evidence.structure
        nodes = [node for layer in structure.batch_normalizations if (node := structure.own(layer)) is not None]
        return offers.joined(offers.fields_of(nodes, "momentum", 0.9, "Momentum 0.9"), offers.more_epochs(evidence))
