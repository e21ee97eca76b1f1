"""Blocks joined to one another: `Node` and `Source`, of which networks and the insides of composite blocks are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.blocks.base import AnyBlock, Block

MAX_ID = 200
NodeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=MAX_ID)]
"""Also the Keras layer's name: other characters break SavedModel or Keras itself."""


class Source(NamedTuple):
    """Where an input comes from: a node and which of its outputs."""

    node: str
    output: int = 0


class Node(BaseModel):
    """A block with a stable id and its inputs in order."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: NodeId
    block: AnyBlock
    inputs: tuple[Source, ...] = ()
    name: Annotated[str, Field(max_length=200)] = ""
    """What people call it; free text, empty for the block's own label."""

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.name or self.block.label

    def with_block(self, block: Block) -> Node:
        """The same node holding another block."""
        return Node(id=self.id, block=block, inputs=self.inputs, name=self.name)

    def with_inputs(self, inputs: Iterable[Source]) -> Node:
        """The same node fed by other sources."""
        return Node(id=self.id, block=self.block, inputs=tuple(inputs), name=self.name)

    def with_name(self, name: str) -> Node:
        """The same node under another name."""
        return Node(id=self.id, block=self.block, inputs=self.inputs, name=name)
