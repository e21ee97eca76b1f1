"""`analyse`: everything the editor shows about a network, in plain Python and without TensorFlow.

It never raises for a network that is incomplete or wrong: that becomes problems, each with repairs. With the analysis
of the network before an edit at hand, only what lies downstream of the edit is worked out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from models.analysis.data_fit import data_problems
from models.analysis.problem import Problem
from models.analysis.receptive_field import Field, through, union
from models.blocks import (
    AddInput,
    Block,
    BlockProblem,
    ConnectInput,
    InsertAfter,
    RemoveBlock,
    Repair,
    Shape,
    Shapes,
    Weight,
    Window,
)
from models.blocks.composite import ENTRY, Inside
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.blocks.shapes import size_of
from models.data.sources import DataFacts
from models.network.graph import Network, Node, Source

Fields = tuple[Field, ...]
"""A receptive field: one interval for each spatial axis."""

BYTES_PER_VALUE = 4
"""float32, Keras's default dtype."""

COPIES_OF_PARAMETERS = 4
"""Weight, gradient and Adam's two moments."""

COPIES_OF_ACTIVATIONS = 2
"""Kept for the backward pass, and its gradient."""


@dataclass(frozen=True)
class BlockFacts:
    """A block's four rules, worked out for certain inputs; of a composite also those of every block inside."""

    output_shapes: Shapes
    weights: tuple[Weight, ...]
    multiply_adds: int
    window: Window | None
    steps: tuple[tuple[Node, BlockFacts], ...]
    outputs: tuple[Source, ...]

    @property
    def activation_values(self) -> int:
        """Values that are computed for one sample."""
        if self.steps:
            return sum(facts.activation_values for _, facts in self.steps)
        return sum(size_of(shape) for shape in self.output_shapes)


@dataclass(frozen=True)
class NodeAnalysis:
    """What is known of one node.

    Attributes:
        input_shapes: shapes that arrive, without the batch; empty when something upstream has none.
        output_shapes: of every output; empty while the node or something upstream has a problem.
        weights: of a composite block, those of all that is inside.
        multiply_adds: for one sample.
        activation_values: values of all outputs for one sample, of a composite those of all that is inside.
        fields: the receptive field along each spatial axis, of every output (the first one's are `fields[0]`).
        problems: what is wrong here.
    """

    node_id: str
    input_shapes: Shapes = ()
    output_shapes: Shapes = ()
    weights: tuple[Weight, ...] = ()
    multiply_adds: int = 0
    activation_values: int = 0
    fields: tuple[Fields, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def output_shape(self) -> Shape | None:
        """The shape of the first output; None while there is a problem here or upstream."""
        return self.output_shapes[0] if self.output_shapes else None

    @cached_property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.size for weight in self.weights)

    @cached_property
    def trainable(self) -> int:
        """Number of weights that training changes."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    @property
    def activation_bytes(self) -> int:
        """float32 bytes of what is computed here for one sample."""
        return self.activation_values * BYTES_PER_VALUE

    @cached_property
    def receptive_field(self) -> tuple[int, ...] | None:
        """Input pixels seen per spatial axis by the first output; None where unknown or not spatial."""
        return tuple(axis.pixels for axis in self.fields[0]) if self.fields and self.fields[0] else None


@dataclass(frozen=True)
class Analysis:
    """What is known of a network; `nodes` keeps the network's order.

    `sound` holds the nodes as they were before the data set's problems were added: what an edit may build upon.
    """

    nodes: Mapping[str, NodeAnalysis] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    receptive_field: tuple[int, ...] | None = None
    network: Network = field(default_factory=Network, repr=False)
    sound: Mapping[str, NodeAnalysis] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def parameters(self) -> int:
        return sum(node.parameters for node in self.nodes.values())

    @cached_property
    def trainable(self) -> int:
        return sum(node.trainable for node in self.nodes.values())

    @cached_property
    def multiply_adds(self) -> int:
        return sum(node.multiply_adds for node in self.nodes.values())

    @cached_property
    def activation_bytes(self) -> int:
        """Bytes of every block's output for one sample, as float32."""
        return sum(node.activation_bytes for node in self.nodes.values())

    def training_bytes(self, batch_size: int) -> int:
        """An estimate of the memory that training takes: activations and their gradients, weights with Adam's state."""
        activations = self.activation_bytes * COPIES_OF_ACTIVATIONS * batch_size
        return activations + self.parameters * BYTES_PER_VALUE * COPIES_OF_PARAMETERS


def analyse(network: Network, facts: DataFacts | None = None, before: Analysis | None = None) -> Analysis:
    """Analyse a network; with a data set's facts also whether the two fit together.

    `before` is the analysis of the network as it was before an edit: what the edit did not touch is taken from there.
    """
    nodes: dict[str, NodeAnalysis] = {}
    for node in network.nodes:
        kept = _from_before(network, node, nodes, before) if before is not None else None
        nodes[node.id] = kept if kept is not None else _worked_out(network, node, nodes, before)
    output, entry = network.output_node, network.input_node
    problems = _problems(nodes)
    sound = nodes
    if not problems and facts is not None and output is not None:
        shapes = [nodes[node.id].output_shapes[0] for node in network.outputs]
        nodes = _with_problems(nodes, data_problems(network, shapes, facts))
        problems = _problems(nodes)
    last = nodes[output.id] if output is not None else None
    return Analysis(
        nodes=nodes,
        problems=problems,
        input_shape=nodes[entry.id].output_shape if entry is not None else None,
        output_shape=last.output_shape if last is not None else None,
        receptive_field=last.receptive_field if last is not None else None,
        network=network,
        sound=sound,
    )


def _worked_out(
    network: Network, node: Node, done: Mapping[str, NodeAnalysis], before: Analysis | None
) -> NodeAnalysis:
    """What is known of a node; where that is what was known before, the very value, so that what follows is kept."""
    found = _analyse_node(network, node, done)
    old = before.sound.get(node.id) if before is not None else None
    return old if old is not None and old == found else found


def _from_before(
    network: Network, node: Node, done: Mapping[str, NodeAnalysis], before: Analysis
) -> NodeAnalysis | None:
    """What was known of a node, with the receptive field that it has now; None where more has changed."""
    old, then = before.sound.get(node.id), before.network.find(node.id)
    if old is None or then is None or then.block is not node.block:
        return None  # edits keep the blocks that they do not change
    if old.problems or not old.output_shapes or _role(network, node) != _role(before.network, then):
        return None  # repairs name other nodes, and an output that is used now was loose before
    sources = [(done[source.node], source.output) for source in node.inputs]
    if then is node and all(known is before.sound.get(known.node_id) for known, _ in sources):
        return old
    known_shapes = all(known.output_shapes for known, _ in sources)
    if not known_shapes or tuple([known.output_shapes[output] for known, output in sources]) != old.input_shapes:
        return None
    facts = block_facts(node.block, old.input_shapes)
    assert isinstance(facts, BlockFacts), "a node with output shapes had no problem"
    fields = fields_behind(facts, [known.fields[output] for known, output in sources])
    return old if fields == old.fields else _with_fields(old, fields)


def _with_fields(old: NodeAnalysis, fields: tuple[Fields, ...]) -> NodeAnalysis:
    return NodeAnalysis(
        old.node_id,
        old.input_shapes,
        old.output_shapes,
        old.weights,
        old.multiply_adds,
        old.activation_values,
        fields,
        old.problems,
    )


def _role(network: Network, node: Node) -> tuple[bool, bool]:
    """What of the rest of the network matters to a node: whether it is the input, and whether it is loose."""
    return node is network.input_node, _is_loose(network, node)


@lru_cache(maxsize=8192)
def block_facts(block: Block, inputs: Shapes) -> BlockFacts | BlockProblem:
    """What a block comes to for inputs of these shapes, or its problem with them."""
    try:
        shapes, inside = block.output_shapes(inputs), block.inside(inputs)
        weights, multiply_adds = block.weight_shapes(inputs), block.multiply_adds(inputs)
        window = block.window(inputs) if inside is None else None
    except BlockProblem as problem:
        return problem.with_traceback(None)  # the cache must not keep the frames alive
    steps = _steps(inside, inputs) if inside is not None else ()
    return BlockFacts(shapes, weights, multiply_adds, window, steps, inside.outputs if inside is not None else ())


def _steps(inside: Inside, inputs: Shapes) -> tuple[tuple[Node, BlockFacts], ...]:
    steps = []
    for node in inside.nodes:
        facts = block_facts(node.block, tuple(inside.shape(source, inputs) for source in node.inputs))
        assert isinstance(facts, BlockFacts), "what is inside a composite was checked as its inside was made"
        steps.append((node, facts))
    return tuple(steps)


def _analyse_node(network: Network, node: Node, done: Mapping[str, NodeAnalysis]) -> NodeAnalysis:
    if node.block.max_inputs == 0 and node is not network.input_node:
        problem = Problem(node.id, "a second Input block", "one, where the data enters", (RemoveBlock("Remove Input"),))
        return NodeAnalysis(node.id, problems=(problem,))
    known = [done[source.node].output_shapes for source in node.inputs]
    if not all(known):
        return NodeAnalysis(node.id)  # waits for what is upstream
    inputs = tuple(shapes[source.output] for shapes, source in zip(known, node.inputs, strict=True))
    facts = block_facts(node.block, inputs)
    if isinstance(facts, BlockProblem):
        repairs = facts.repairs
        if len(node.inputs) < node.block.min_inputs:
            repairs = (*_connections(network, node, done), *repairs)
        problem = Problem(node.id, facts.received, facts.expected, repairs)
        return NodeAnalysis(node.id, inputs, problems=(problem,))
    return NodeAnalysis(
        node.id,
        inputs,
        facts.output_shapes,
        facts.weights,
        facts.multiply_adds,
        facts.activation_values,
        fields_behind(facts, [done[source.node].fields[source.output] for source in node.inputs]),
        _loose_end(network, node),
    )


def _connections(network: Network, node: Node, done: Mapping[str, NodeAnalysis]) -> tuple[Repair, ...]:
    """Repairs for a missing input: an Input block where there is none, otherwise the nearest outputs before it."""
    if network.input_node is None:
        return (AddInput("Add an Input block", Input()),)
    taken = set(node.inputs)
    earlier = [
        Source(other, output)
        for other in reversed(list(done))
        for output in range(len(network.node(other).block.output_names))
        if Source(other, output) not in taken and not network.node(other).block.auxiliary
    ]
    used = {source for other in network.nodes for source in other.inputs}
    candidates = dict.fromkeys([source for source in earlier if source not in used] + earlier)
    shapes = {_shape_of(done, source) for source in taken}
    fitting = [source for source in candidates if _shape_of(done, source) in shapes] or list(candidates)
    return tuple(ConnectInput(f"Connect {_called(network, source)}", *source) for source in fitting[:2])


def _shape_of(done: Mapping[str, NodeAnalysis], source: Source) -> Shape | None:
    shapes = done[source.node].output_shapes
    return shapes[source.output] if shapes else None


def _called(network: Network, source: Source) -> str:
    node = network.node(source.node)
    names = node.block.output_names
    return f"{node.title} ({node.id}), {names[source.output]}" if len(names) > 1 else f"{node.title} ({node.id})"


def _is_loose(network: Network, node: Node) -> bool:
    """Whether nothing uses the node's output, and it is none of the network's."""
    return node.id in network.loose and node is not network.output_node and not node.block.auxiliary


def _loose_end(network: Network, node: Node) -> tuple[Problem, ...]:
    output = network.output_node
    if output is None or not _is_loose(network, node):
        return ()
    repairs = (
        RemoveBlock(f"Remove {node.title}"),
        InsertAfter("Make it an auxiliary output", (AuxiliaryOutput(),)),
    )
    return (Problem(node.id, "an output that nothing uses", f"one output, that of {output.title}", repairs),)


def fields_behind(facts: BlockFacts, incoming: Sequence[Fields]) -> tuple[Fields, ...]:
    """The receptive fields of every output, through the branches of a composite's inside as well."""
    if facts.steps:
        known = {ENTRY: tuple(incoming)}
        for node, inner in facts.steps:
            known[node.id] = fields_behind(inner, [known[source.node][source.output] for source in node.inputs])
        return tuple(known[source.node][source.output] for source in facts.outputs)
    if not incoming:
        return tuple((Field(),) * max(len(shape) - 1, 0) for shape in facts.output_shapes)
    merged = incoming[0] if len(incoming) == 1 else tuple(map(union, zip(*incoming, strict=False)))
    window = facts.window
    if window is not None and len(window.kernel) == len(merged):
        merged = tuple([through(axis_field, window, axis) for axis, axis_field in enumerate(merged)])
    return (merged,) * len(facts.output_shapes)


def _problems(nodes: Mapping[str, NodeAnalysis]) -> tuple[Problem, ...]:
    return tuple(problem for node in nodes.values() for problem in node.problems)


def _with_problems(nodes: dict[str, NodeAnalysis], problems: tuple[Problem, ...]) -> dict[str, NodeAnalysis]:
    changed = dict(nodes)
    for problem in problems:
        node = changed[problem.node_id]
        changed[problem.node_id] = replace(node, problems=(*node.problems, problem))
    return changed
