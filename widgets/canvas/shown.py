"""What the canvas shows of a network: itself, with some composite blocks opened in place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from models.analysis import Analysis
from models.analysis.inside import Frame, OpenView, open_view
from models.network.graph import Edge, Network, Source


@dataclass(frozen=True, eq=False)
class Shown:
    """A network with composites opened, and how what is shown belongs to the network itself.

    Attributes:
        document: the network itself.
        network, analysis: what is shown.
        frames: the open composites from the outermost in.
        outputs: where each output of the document's nodes comes from in what is shown.
        view: what all of that was taken from.
    """

    document: Network
    network: Network
    analysis: Analysis
    frames: Mapping[str, Frame]
    outputs: Mapping[str, tuple[Source, ...]]
    view: OpenView

    @cached_property
    def _owners(self) -> dict[str, str]:
        """The outermost frame of every node that stands in one."""
        owners: dict[str, str] = {}
        for frame in self.frames.values():
            for node_id in (*frame.members, frame.node_id):
                owners.setdefault(node_id, frame.node_id)
        return owners

    @cached_property
    def _sources(self) -> dict[Source, Source]:
        return {
            shown: Source(node_id, index)
            for node_id, outputs in self.outputs.items()
            for index, shown in enumerate(outputs)
            if node_id in self.frames
        }

    def owner(self, node_id: str) -> str:
        """The document's node to which something shown belongs: itself, or the composite whose frame it stands in."""
        return self._owners.get(node_id, node_id)

    def is_inner(self, node_id: str) -> bool:
        """Whether a node stands in a frame, so that it is looked at and not edited."""
        return self.owner(node_id) != node_id

    def source(self, shown: Source) -> Source | None:
        """The document's output from which a shown one comes; None when it stays within a frame."""
        return self._sources.get(shown) if self.is_inner(shown.node) else shown

    def edge(self, shown: Edge) -> Edge | None:
        """The document's connection that a shown one stands for; None for one within a frame."""
        if not self.frames:
            return shown
        source, target = self.source(shown.source), self.owner(shown.target)
        if source is None or source.node == target:
            return None
        if target == shown.target:
            return Edge(source, target, shown.input_index)
        inputs = self.document.node(target).inputs
        return Edge(source, target, inputs.index(source)) if source in inputs else None


def show(network: Network, analysis: Analysis, opened: Collection[str], before: Shown | None = None) -> Shown:
    """What is shown of a network with these composites open; ids that name none are passed over.

    `before` is what was shown before an edit: what the edit did not touch is taken from there.
    """
    view = open_view(network, analysis, opened, before.view if before is not None else None)
    return Shown(network, view.network, view.analysis, view.frames, view.outputs, view)
