"""`WeightedLayer`: what has to be known of a layer's weights to tell whose they are after the network was edited."""

from __future__ import annotations

from dataclasses import dataclass

from models.blocks import Shape, Weight


@dataclass(frozen=True)
class WeightedLayer:
    """A layer with weights.

    Attributes:
        layer_id: its id in the full expansion.
        bare_id: the same without the groups around it, which is its id before it was grouped.
        kind: the type of its block; empty where only the shapes of its weights are known.
        weights: in Keras's order.
    """

    layer_id: str
    bare_id: str
    kind: str
    weights: tuple[Weight, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of its weights."""
        return tuple(weight.shape for weight in self.weights)

    def fits(self, other: WeightedLayer) -> bool:
        """Whether the weights of the one can be the other's: same type of block, same weights."""
        if not self.kind or not other.kind:
            return self.shapes == other.shapes
        return (self.kind, self.weights) == (other.kind, other.weights)
