"""A network as Python source that needs only Keras, written as a person would write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.blocks import Shapes
from models.blocks.composite import ENTRY, CompositeBlock, Group
from models.blocks.wiring import MAX_ID
from models.network.custom_layers import layer_source
from models.network.expansion import expand
from models.network.graph import SEPARATOR, Network, Node, Source
from models.network.source.helpers import MODULE_NAMES, Helpers, NoHelper, call_arguments
from models.network.source.layers import merged_imports, split_imports
from models.network.source.repeats import with_repeats
from models.network.source.statements import Statement, name_variables, statements
from models.network.source.text import INDENT, value_text, wrapped

ENTRY_POINT = "build_model"

LOSS_WEIGHTS = "LOSS_WEIGHTS"
"""The module's constant for the outputs' shares of the loss, the main output's first; there where it has several."""

SECTIONS_FROM = 20
"""Statements from which on `build_model` is parted by the size of the images."""


def python_source(network: Network, name: str) -> str:
    """The text of a module whose `build_model()` builds the network.

    Composite blocks are functions of the module, and layers that Keras lacks are classes in it. Layers are named by
    their nodes' ids, so what people call single blocks is not in the source. `name` is what people call the network,
    any text. Raises ValueError for an empty network, BlockProblem for one with problems.
    """
    if network.output_node is None:
        raise ValueError("The network is empty: there is nothing to write. Add blocks first.")
    helpers = Helpers()
    written = _writable(network, helpers)
    facts = _facts(written)
    body = _Body(helpers, facts)
    lines = body.of_network(written)
    full = expand(network).network
    custom = sorted(helpers.custom | {node.block.layer_class for node in full.nodes if node.block.custom})
    imports, classes = split_imports([layer_source(layer) for layer in custom])
    parts = [
        *merged_imports([*imports, *sorted(helpers.imports), "import keras", "from keras import layers"]),
        *(line for part in (*classes, *helpers.texts.values()) for line in ("", "", *part)),
        *_loss_weights(network),
        "",
        "",
        f"def {ENTRY_POINT}() -> keras.Model:",
        f'{INDENT}"""The model with fresh weights."""',
        *lines,
        *wrapped(f'return keras.Model({_ends(written, body)}, name="{keras_name(name)}")', INDENT),
        "",
        "",
        'if __name__ == "__main__":',
        f"{INDENT}{ENTRY_POINT}().summary()",
        "",
    ]
    return "\n".join([*_head(network, name), "", *parts])


def keras_name(text: str) -> str:
    """A name that Keras and SavedModel accept, made from any text."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:60]
    return name if name[:1].isalpha() else f"network_{name}".rstrip("_")


def _head(network: Network, name: str) -> list[str]:
    """The module's docstring: the name, and what goes in and comes out."""
    full = expand(network).network
    shapes = _facts(full)
    parameters = sum(
        weight.size
        for node in full.nodes
        for weight in node.block.weight_shapes(tuple(shapes[source.node][source.output] for source in node.inputs))
    )
    enter = ", ".join(str(shapes[node.id][0]) for node in full.nodes if node.block.max_inputs == 0)
    leave = ", ".join(str(shapes[node.id][0]) for node in full.outputs)
    return [
        f'"""{_quoted(name)}, a Keras model made with LayerLoom.',
        "",
        f"Input {enter}, output {leave}, {parameters:,} parameters.",
        '"""',
    ]


def _quoted(text: str) -> str:
    """Any text, quoted so that it can neither end a docstring nor escape anything in it."""
    return repr(text).replace("\\", "\\\\").replace('"', '\\"')


def _facts(network: Network) -> dict[str, Shapes]:
    """Every node's output shapes."""
    shapes: dict[str, Shapes] = {}
    for node in network.nodes:
        shapes[node.id] = node.block.output_shapes(tuple(shapes[s.node][s.output] for s in node.inputs))
    return shapes


def _loss_weights(network: Network) -> list[str]:
    """The shares of the outputs in the loss, which are no part of a Keras model before it is compiled."""
    shares = [getattr(node.block, "loss_weight", 1.0) for node in network.outputs]
    if len(shares) == 1:
        return []
    return ["", "", f"{LOSS_WEIGHTS} = {value_text(shares)}", '"""For `compile`: the outputs\' shares of the loss."""']


# --- what is written as a call ----------------------------------------------------------------------------------------
def _writable(network: Network, helpers: Helpers) -> Network:
    """The network with those composites unpacked that cannot be a call of a helper."""
    while True:
        full = expand(network)
        flat = {
            node.id
            for node in network.nodes
            if isinstance(node.block, CompositeBlock)
            and (not _has_helper(node.block, helpers) or any(map(_is_made_up, full.members[node.id])))
        }
        if not flat:
            return network
        network = expand(network, flat).network


def _is_made_up(member: str) -> bool:
    """Whether an id in the expansion is other than a helper would name the layer: it was taken, or too long."""
    return member.endswith("_") or len(member) == MAX_ID


def _has_helper(block: CompositeBlock, helpers: Helpers) -> bool:
    """Whether a helper can be written for the block; it is there then."""
    try:
        _helper_name(block, helpers)
    except NoHelper:
        return False
    return True


def _helper_name(block: CompositeBlock, helpers: Helpers) -> str:
    return _group_helper(block, helpers) if isinstance(block, Group) else helpers.of_class(type(block))


def _group_helper(group: Group, helpers: Helpers) -> str:
    """The name of the function for a composite of the user's own, written from the nodes inside."""
    for node in group.nodes:
        if isinstance(node.block, CompositeBlock):
            _helper_name(node.block, helpers)
    name = helpers.name_for(group, keras_name(group.name), MODULE_NAMES)
    if name not in helpers.texts:
        helpers.texts[name] = _Body(helpers, {}).of_group(group, name)
    return name


class _Body:
    """Writes the statements of a function, with the variables of its nodes."""

    def __init__(self, helpers: Helpers, shapes: Mapping[str, Shapes]) -> None:
        self.helpers = helpers
        self.shapes = shapes

    def of_network(self, network: Network) -> list[str]:
        """The lines of `build_model` up to its last one."""
        variables = self.variables(network)
        made = statements(network.nodes, variables, lambda node_id: f'"{node_id}"', self._call, self.shapes)
        sections = _sections(made) if len(made) >= SECTIONS_FROM else [("", made)]
        return [line for index, part in enumerate(sections) for line in _section(*part, first=index == 0)]

    def variables(self, network: Network) -> dict[Source, str]:
        """The variables of `build_model`: `inputs` and `outputs` at its ends."""
        entries = [node.id for node in network.nodes if node.block.max_inputs == 0]
        outputs = [Source(node.id) for node in network.outputs]
        named = {Source(entries[0]): "inputs"} if len(entries) == 1 else {}
        if outputs[0] not in named and not network.consumers(outputs[0].node):
            named[outputs[0]] = "outputs"
        return name_variables(network.nodes, named, outputs, {*MODULE_NAMES, *self._reserved()})

    def of_group(self, group: Group, name: str) -> list[str]:
        """The helper of a group."""
        users = [node.id for node in group.nodes if Source(ENTRY) in node.inputs]
        entry = "x" if users == [group.nodes[0].id] and group.output.node != ENTRY else "inputs"
        reserved = {*MODULE_NAMES, *self._reserved(), name}
        variables = name_variables(group.nodes, {Source(ENTRY): entry}, [group.output], reserved)
        made = statements(group.nodes, variables, lambda node_id: f'f"{{name}}{SEPARATOR}{node_id}"', self._call, {})
        if made[-1].node.id == group.output.node and len(made[-1].node.block.output_names) == 1:
            last = f"return {made[-1].text.split(' = ', 1)[1]}"
            made = made[:-1]
        else:
            last = f"return {variables[group.output]}"
        return [
            f'def {name}({entry}, name="{name}"):',
            f'{INDENT}"""The group {_quoted(group.name)}."""',
            *(line for statement in made for line in wrapped(statement.text, INDENT)),
            *wrapped(last, INDENT),
        ]

    def _reserved(self) -> set[str]:
        return {*self.helpers.texts, *self.helpers.custom}

    def _call(self, node: Node, sources: Sequence[str], name: str) -> str:
        assert isinstance(node.block, CompositeBlock)
        given = sources[0] if node.block.max_inputs == 1 else f"[{', '.join(sources)}]"
        helper = _helper_name(node.block, self.helpers)
        return f"{helper}({', '.join([given, *call_arguments(node.block), f'name={name}'])})"


def _sections(made: Sequence[Statement]) -> list[tuple[str, list[Statement]]]:
    """The statements by the size of what they give, as headings and statements."""
    sections: list[tuple[str, list[Statement]]] = []
    size: tuple[int, ...] | None = None
    for statement in made:
        shape = statement.shapes[0]
        if not sections or shape[:-1] != size:
            size = shape[:-1]
            sections.append(("×".join(map(str, size)), []))
        sections[-1][1].append(statement)
    return sections


def _section(heading: str, made: Sequence[Statement], first: bool) -> list[str]:
    """A section's lines; the first one needs no heading, nor do vectors."""
    lines = with_repeats(made)
    return lines if first else ["", *([f"{INDENT}# {heading}"] if heading else []), *lines]


def _ends(network: Network, body: _Body) -> str:
    """The first two arguments of `keras.Model`: what goes in and what comes out."""
    variables = body.variables(network)
    entries = [variables[Source(node.id)] for node in network.nodes if node.block.max_inputs == 0]
    outputs = [variables[Source(node.id)] for node in network.outputs]
    return ", ".join(names[0] if len(names) == 1 else f"[{', '.join(names)}]" for names in (entries, outputs))
