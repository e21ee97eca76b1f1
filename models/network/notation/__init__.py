"""Stacks as one line of text, both ways: `INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> FC 10`.

The grammar is described in docs/notation.md. `scanner` reads items with their settings, `words` makes blocks of them,
`writer` goes the other way.
"""

from __future__ import annotations

from models.blocks import Shape
from models.network.graph import Network
from models.network.notation.chain import build
from models.network.notation.scanner import NotationError, scan
from models.network.notation.writer import to_notation, why_no_notation

__all__ = ["NotationError", "parse_notation", "to_notation", "why_no_notation"]


def parse_notation(text: str, input_shape: Shape | None = None, classes: int | None = None) -> Network:
    """The stack that a notation describes. It may have problems, as any network: analyse it.

    Args:
        text: the notation.
        input_shape: for an INPUT that says no size, or where there is none.
        classes: units of a last FC that says none; a notation without any FC gets `gap -> fc N` at its end.

    Raises:
        NotationError: with the place of the first mistake.
    """
    return build(scan(text), input_shape, classes)
