"""Walking along a network with the arrow keys."""

from __future__ import annotations

from enum import Enum

from models.network.layout import Layout


class Direction(Enum):
    """Where an arrow key points."""

    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"


def neighbour(layout: Layout, node_id: str | None, direction: Direction) -> str | None:
    """The node that an arrow key leads to: up and down along connections, left and right between branches.

    From nowhere the first node; where a connection ends, the next node in the network's order; None at the ends.
    """
    ids = [node.id for node in layout.network.nodes]
    if node_id is None or node_id not in layout.rows:
        return ids[0] if ids else None
    row, column = layout.rows[node_id], layout.columns[node_id]
    if direction in (Direction.LEFT, Direction.RIGHT):
        sign = 1 if direction is Direction.RIGHT else -1
        beside = [other for other in ids if layout.rows[other] == row and sign * (layout.columns[other] - column) > 0]
        return min(beside, key=lambda other: abs(layout.columns[other] - column), default=None)
    if direction is Direction.UP:
        linked = [source.node for source in layout.network.node(node_id).inputs]
        following = ids[ids.index(node_id) - 1 : ids.index(node_id)] if node_id != ids[0] else []
    else:
        linked = [edge.target for edge in layout.network.consumers(node_id)]
        following = ids[ids.index(node_id) + 1 :][:1]
    return min(
        linked or following,
        key=lambda other: (abs(layout.rows[other] - row), abs(layout.columns[other] - column), layout.columns[other]),
        default=None,
    )
