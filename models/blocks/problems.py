"""What is wrong with a block where it stands, and the repairs that would put it right.

A repair is a value that names an edit relative to the block that has the problem; `models.network.repairs` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.blocks.base import Block


@dataclass(frozen=True)
class SetFields:
    """Change fields of the block itself."""

    text: str
    changes: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class InsertBefore:
    """Insert blocks, in order, on one of the block's input edges."""

    text: str
    blocks: tuple[Block, ...]
    input_index: int = 0


@dataclass(frozen=True)
class InsertAfter:
    """Insert blocks, in order, behind the block."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class RemoveBlock:
    """Take the block out; its neighbours are joined."""

    text: str


@dataclass(frozen=True)
class ConnectInput:
    """Give a block one more input: an output of the named node, counted from 0."""

    text: str
    source: str
    output: int = 0


@dataclass(frozen=True)
class AddInput:
    """Put a block that takes no input, an Input, at the network's start and let it feed the block."""

    text: str
    block: Block


Repair = SetFields | InsertBefore | InsertAfter | RemoveBlock | ConnectInput | AddInput


@dataclass
class BlockProblem(Exception):
    """A block cannot work on the inputs it gets.

    Attributes:
        received: what arrived, in words.
        expected: what the block needs, in words.
        repairs: edits that would put it right, the best one first.
    """

    received: str
    expected: str
    repairs: tuple[Repair, ...] = field(default=())

    def __str__(self) -> str:
        return f"received {self.received}; expected {self.expected}"
