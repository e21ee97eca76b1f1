"""`Chain`: puts blocks behind one another, so that an architecture reads like the table of its paper."""

from __future__ import annotations

from models.blocks import Block
from models.network.graph import Network, Node, Source

Sources = Source | tuple[Source, ...]


class Chain:
    """A network that grows at its end; a block may also begin elsewhere, or join several ends.

        net = Chain(Input(shape=input_shape))
        skip = net.add(VGGBlock(pool=False))
        net.add(MaxPooling2D(), VGGBlock())
        net.add(Concatenate(), after=(net.end, skip))

    Attributes:
        end: what the next block takes.
    """

    def __init__(self, *blocks: Block) -> None:
        self._nodes: list[Node] = []
        self.end = Source("")
        self.add(*blocks)

    def add(self, *blocks: Block, after: Sources | None = None, name: str = "") -> Source:
        """Append blocks, the first behind `after` where that is given; `name` is what people call the last one.

        Returns the first output of the last block, which is the new end.
        """
        ends: Sources = self.end if after is None else after
        for block in blocks:
            ends = self._append(block, ends, name if block is blocks[-1] else "")
        if isinstance(ends, Source):
            self.end = ends
        return self.end

    def branch(self, *blocks: Block) -> None:
        """Append blocks beside the chain, whose end stays: an auxiliary head."""
        ends = self.end
        self.add(*blocks)
        self.end = ends

    def _append(self, block: Block, after: Sources, name: str) -> Source:
        sources = (after,) if isinstance(after, Source) else after
        node_id = Network().new_id(block, [node.id for node in self._nodes])
        self._nodes.append(Node(id=node_id, block=block, inputs=sources if block.max_inputs else (), name=name))
        return Source(node_id)

    def network(self) -> Network:
        """The network as it stands."""
        return Network(nodes=tuple(self._nodes))
