"""`analyse`: everything the editor shows about a network, in plain Python and without TensorFlow.

It never raises for a network that is incomplete or wrong: that becomes problems, each with repairs. Results of single
blocks are cached by value, so an edit computes only what lies downstream of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from models.analysis.data_fit import data_problems
from models.analysis.problem import Problem
from models.analysis.receptive_field import Field, through, union
from models.blocks import (
    AddInput,
    Block,
    BlockProblem,
    ConnectInput,
    RemoveBlock,
    Repair,
    Shape,
    Shapes,
    Weight,
    Window,
)
from models.blocks.input import Input
from models.blocks.shapes import size_of
from models.data.sources import DataFacts
from models.network.graph import Network, Node

BYTES_PER_VALUE = 4
"""float32, Keras's default dtype."""

COPIES_OF_PARAMETERS = 4
"""Weight, gradient and Adam's two moments."""

COPIES_OF_ACTIVATIONS = 2
"""Kept for the backward pass, and its gradient."""


@dataclass(frozen=True)
class BlockFacts:
    """A block's four rules, worked out for certain inputs."""

    output_shape: Shape
    weights: tuple[Weight, ...]
    multiply_adds: int
    window: Window | None


@dataclass(frozen=True)
class NodeAnalysis:
    """What is known of one node.

    Attributes:
        input_shapes: shapes that arrive, without the batch; empty when something upstream has none.
        output_shape: None while the node or something upstream has a problem.
        parameters, trainable: numbers of weights.
        multiply_adds: for one sample.
        activation_bytes: float32 bytes of the output for one sample.
        receptive_field: input pixels seen per spatial axis, None where unknown or not spatial.
        problems: what is wrong here.
    """

    node_id: str
    input_shapes: Shapes = ()
    output_shape: Shape | None = None
    weights: tuple[Weight, ...] = ()
    multiply_adds: int = 0
    fields: tuple[Field, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def parameters(self) -> int:
        return sum(weight.size for weight in self.weights)

    @property
    def trainable(self) -> int:
        return sum(weight.size for weight in self.weights if weight.trainable)

    @property
    def activation_bytes(self) -> int:
        return size_of(self.output_shape) * BYTES_PER_VALUE if self.output_shape is not None else 0

    @property
    def receptive_field(self) -> tuple[int, ...] | None:
        return tuple(axis.pixels for axis in self.fields) if self.fields else None


@dataclass(frozen=True)
class Analysis:
    """What is known of a network; `nodes` keeps the network's order."""

    nodes: Mapping[str, NodeAnalysis] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    receptive_field: tuple[int, ...] | None = None

    @property
    def parameters(self) -> int:
        return sum(node.parameters for node in self.nodes.values())

    @property
    def trainable(self) -> int:
        return sum(node.trainable for node in self.nodes.values())

    @property
    def multiply_adds(self) -> int:
        return sum(node.multiply_adds for node in self.nodes.values())

    @property
    def activation_bytes(self) -> int:
        """Bytes of every block's output for one sample, as float32."""
        return sum(node.activation_bytes for node in self.nodes.values())

    def training_bytes(self, batch_size: int) -> int:
        """An estimate of the memory that training takes: activations and their gradients, weights with Adam's state."""
        activations = self.activation_bytes * COPIES_OF_ACTIVATIONS * batch_size
        return activations + self.parameters * BYTES_PER_VALUE * COPIES_OF_PARAMETERS


def analyse(network: Network, facts: DataFacts | None = None) -> Analysis:
    """Analyse a network; with a data set's facts also whether the two fit together."""
    nodes: dict[str, NodeAnalysis] = {}
    for node in network.nodes:
        nodes[node.id] = _analyse_node(network, node, nodes)
    output, entry = network.output_node, network.input_node
    structure = tuple(problem for node in nodes.values() for problem in node.problems)
    if not structure and facts is not None and output is not None:
        structure = data_problems(network, nodes[output.id].output_shape, facts)
        nodes = _with_problems(nodes, structure)
    last = nodes[output.id] if output is not None else None
    return Analysis(
        nodes=nodes,
        problems=structure,
        input_shape=nodes[entry.id].output_shape if entry is not None else None,
        output_shape=last.output_shape if last is not None else None,
        receptive_field=last.receptive_field if last is not None else None,
    )


def still_trained(trained: Analysis, trained_network: Network, network: Network, analysis: Analysis) -> frozenset[str]:
    """Nodes whose trained weights still fit after edits: same id, same type of block, same weight shapes."""
    kept = set()
    for node in network.nodes:
        before = trained_network.find(node.id)
        if before is None or before.block.type != node.block.type:
            continue
        weights = analysis.nodes[node.id].weights
        if weights and weights == trained.nodes[node.id].weights:
            kept.add(node.id)
    return frozenset(kept)


@lru_cache(maxsize=8192)
def _block_facts(block: Block, inputs: Shapes) -> BlockFacts | BlockProblem:
    try:
        shape = block.output_shape(inputs)
        return BlockFacts(shape, block.weight_shapes(inputs), block.multiply_adds(inputs), block.window(inputs))
    except BlockProblem as problem:
        return problem.with_traceback(None)  # the cache must not keep the frames alive


def _analyse_node(network: Network, node: Node, done: Mapping[str, NodeAnalysis]) -> NodeAnalysis:
    if node.block.max_inputs == 0 and node is not network.input_node:
        problem = Problem(node.id, "a second Input block", "one, where the data enters", (RemoveBlock("Remove Input"),))
        return NodeAnalysis(node.id, problems=(problem,))
    shapes = [done[source.node].output_shape for source in node.inputs]
    inputs = tuple(shape for shape in shapes if shape is not None)
    if len(inputs) < len(shapes):
        return NodeAnalysis(node.id)  # waits for what is upstream
    facts = _block_facts(node.block, inputs)
    if isinstance(facts, BlockProblem):
        repairs = facts.repairs
        if len(node.inputs) < node.block.min_inputs:
            repairs = (*_connections(network, node, done), *repairs)
        problem = Problem(node.id, facts.received, facts.expected, repairs)
        return NodeAnalysis(node.id, inputs, problems=(problem,))
    problems = _loose_end(network, node)
    fields = _receptive_fields(node, facts, done)
    return NodeAnalysis(node.id, inputs, facts.output_shape, facts.weights, facts.multiply_adds, fields, problems)


def _connections(network: Network, node: Node, done: Mapping[str, NodeAnalysis]) -> tuple[Repair, ...]:
    """Repairs for a missing input: an Input block where there is none, otherwise the nearest outputs before it."""
    if network.input_node is None:
        return (AddInput("Add an Input block", Input()),)
    taken = {source.node for source in node.inputs}
    earlier = [other for other in reversed(list(done)) if other not in taken]
    open_ends = [other for other in earlier if not network.consumers(other)]
    candidates = dict.fromkeys(open_ends + earlier)
    shapes = {done[other].output_shape for other in taken}
    fitting = [other for other in candidates if done[other].output_shape in shapes] or list(candidates)
    return tuple(ConnectInput(f"Connect {network.node(other).title} ({other})", other) for other in fitting[:2])


def _loose_end(network: Network, node: Node) -> tuple[Problem, ...]:
    output = network.output_node
    if output is None or node.id == output.id or network.consumers(node.id):
        return ()
    repair = RemoveBlock(f"Remove {node.title}")
    return (Problem(node.id, "an output that nothing uses", f"one output, that of {output.title}", (repair,)),)


def _receptive_fields(node: Node, facts: BlockFacts, done: Mapping[str, NodeAnalysis]) -> tuple[Field, ...]:
    if not node.inputs:
        return (Field(),) * max(len(facts.output_shape) - 1, 0)
    incoming = [done[source.node].fields for source in node.inputs]
    axes = min(len(fields) for fields in incoming)
    merged = tuple(union([fields[axis] for fields in incoming]) for axis in range(axes))
    window = facts.window
    if window is None or len(window.kernel) != axes:
        return merged
    return tuple(through(merged[axis], window, axis) for axis in range(axes))


def _with_problems(nodes: dict[str, NodeAnalysis], problems: tuple[Problem, ...]) -> dict[str, NodeAnalysis]:
    changed = dict(nodes)
    for problem in problems:
        node = changed[problem.node_id]
        changed[problem.node_id] = NodeAnalysis(
            node.node_id, node.input_shapes, node.output_shape, node.weights, node.multiply_adds, node.fields,
            (*node.problems, problem),
        )  # fmt: skip
    return changed
