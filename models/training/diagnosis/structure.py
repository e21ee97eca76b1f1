"""`Structure`: a network as the rules look at it: its layers, and the blocks of the document that they belong to."""

from __future__ import annotations

from functools import cached_property

from models.analysis import Analysis, analyse
from models.blocks import Block, Family
from models.blocks.normalization import BatchNormalization
from models.blocks.output import AuxiliaryOutput
from models.network.expansion import Expansion, expand
from models.network.graph import Network, Node

NOISY = frozenset({
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
    "AlphaDropout",
})  # fmt: skip
"""Layers that make training harder than measuring."""

PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")

EQUAL = ("zeros", "ones")
"""Initial weights that are all the same."""

WITH_KERNEL = (Family.CONVOLUTION, Family.DENSE)


class Structure:
    """What is known of a network beside its nodes; worked out when it is first asked for, and then kept.

    Args:
        network: as trained.
        analysis: of this network, where there is one already.
    """

    def __init__(self, network: Network, analysis: Analysis | None = None) -> None:
        self.network = network
        self._analysis = analysis if analysis is not None and analysis.network is network else None

    @cached_property
    def analysis(self) -> Analysis:
        return self._analysis or analyse(self.network)

    @cached_property
    def layers(self) -> Network:
        """The network of layers that is trained."""
        return self._expansion.network

    @cached_property
    def _expansion(self) -> Expansion:
        return expand(self.network)

    @cached_property
    def _owners(self) -> dict[str, str]:
        members = self._expansion.members
        return {layer: node.id for node in self.network.nodes for layer in members.get(node.id, (node.id,))}

    def owner(self, layer: str) -> Node | None:
        """The block of the document that a layer is, or is inside of."""
        return self.network.find(self.owner_id(layer))

    def owner_id(self, layer: str) -> str | None:
        """The id of that block."""
        return self._owners.get(layer)

    def own(self, layer: str) -> Node | None:
        """The block of the document that a layer is; None for one inside of a composite, which cannot be edited."""
        node = self.owner(layer)
        return node if node is not None and node.id == layer else None

    def title(self, layer: str) -> str:
        """What people call a layer: `Dense (dense_2)`."""
        node = self.layers.find(layer) or self.network.find(layer)
        return f"{node.title} ({node.id})" if node is not None else layer

    # --- kinds ------------------------------------------------------------------------------------------------------
    @cached_property
    def kernels(self) -> tuple[str, ...]:
        """The convolutions and dense layers with weights, in order."""
        layers = [node for node in self.layers.nodes if node.block.family in WITH_KERNEL]
        return tuple(node.id for node in layers if _has_weights(node.block))

    @cached_property
    def batch_normalizations(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.layers.nodes if node.block.type == "BatchNormalization")

    @cached_property
    def equal(self) -> tuple[str, ...]:
        """Hidden convolutions and dense layers whose weights all start with the same value."""
        return tuple(layer for layer in self.kernels if self.is_hidden(layer) and self._starts_equal(layer))

    def _starts_equal(self, layer: str) -> bool:
        return getattr(self.layers.node(layer).block, "kernel_initializer", "") in EQUAL

    @cached_property
    def has_penalty(self) -> bool:
        """Whether the size of some weights is part of what is minimized."""
        return any(getattr(node.block, name, 0) for node in self.layers.nodes for name in PENALTIES)

    @cached_property
    def output_weight(self) -> float:
        """The weights of all outputs in what is minimized; the main one's is 1."""
        others = [node.block for node in self.layers.outputs[1:]]
        return 1.0 + sum(block.loss_weight for block in others if isinstance(block, AuxiliaryOutput))

    @cached_property
    def settling_steps(self) -> int:
        """Steps until the moving averages of BatchNormalization say what the batches are like; 0 where there are none.

        After five times 1 / (1 − momentum) steps less than a hundredth is left of where they began.
        """
        blocks = [self.layers.node(layer).block for layer in self.batch_normalizations]
        momenta = [block.momentum for block in blocks if isinstance(block, BatchNormalization)]
        return round(5 / (1 - min(max(momenta), 0.9999))) if momenta else 0

    @cached_property
    def noisy(self) -> tuple[str, ...]:
        """Layers that add noise while training, dropout above all."""
        return tuple(node.id for node in self.layers.nodes if node.block.type in NOISY)

    @cached_property
    def head(self) -> Node | None:
        """The block of the document that makes the scores: the last one with a kernel before the output."""
        output = self.network.output_node
        if output is None:
            return None
        chain = {output.id, *self.network.upstream(output.id)}
        last = [node for node in self.network.nodes if node.id in chain and _makes_scores(node.block)]
        return last[-1] if last else None

    @cached_property
    def output_activation(self) -> str | None:
        """What the main output went through; None for scores as they are."""
        node = self.layers.output_node
        while node is not None and node.block.auxiliary and node.inputs:
            node = self.layers.node(node.inputs[0].node)
        return node.block.output_activation if node is not None else None

    @cached_property
    def is_single(self) -> bool:
        """Whether one output value tells two classes apart."""
        return self.analysis.output_shape == (1,)

    def is_hidden(self, layer: str) -> bool:
        """Whether a convolution or dense layer stands behind a layer: it is not the one that gives the result."""
        return self._hidden.get(layer, False)

    @cached_property
    def _hidden(self) -> dict[str, bool]:
        kernels, found = set(self.kernels), dict[str, bool]()
        for node in reversed(self.layers.nodes):
            targets = [edge.target for edge in self.layers.consumers(node.id)]
            found[node.id] = any(target in kernels or found[target] for target in targets)
        return found


def _has_weights(block: Block) -> bool:
    return any(name in type(block).model_fields for name in ("kernel_initializer", "depthwise_initializer"))


def _makes_scores(block: Block) -> bool:
    return block.family is Family.COMPOSITE or (block.family in WITH_KERNEL and _has_weights(block))
