"""A problem of a node: what arrived, what is needed, and what would repair it."""

from __future__ import annotations

from dataclasses import dataclass

from models.blocks import Repair


@dataclass(frozen=True)
class Problem:
    """What is wrong with one node; `repairs` holds the best edit first."""

    node_id: str
    received: str
    expected: str
    repairs: tuple[Repair, ...] = ()

    @property
    def text(self) -> str:
        """One sentence for badges and messages."""
        return f"Received {self.received}; expected {self.expected}."
