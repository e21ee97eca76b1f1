"""A network as Python source that needs only Keras, written as a person would write it."""

from __future__ import annotations

import re
from keyword import iskeyword

from models.blocks import Block, Shape
from models.blocks.fields import KerasCall
from models.network.expansion import expand
from models.network.graph import Network, Node

LINE_LENGTH = 88
RESERVED = frozenset({"keras", "layers", "x", "inputs", "outputs", "build_model"})
"""Names that the generated module uses itself."""


def python_source(network: Network, name: str) -> str:
    """The text of a module whose `build_model()` builds the network.

    `name` is what people call it, any text. Raises ValueError for an empty network, BlockProblem for one with problems.
    """
    network = expand(network).network
    output = network.output_node
    if output is None:
        raise ValueError("The network is empty: there is nothing to write. Add blocks first.")
    shapes, parameters = _facts(network)
    entries = [shapes[node.id] for node in network.nodes if node.block.max_inputs == 0]
    variables = _variables(network)
    lines = [line for node in network.nodes for line in _statement(network, node, variables, shapes[node.id])]
    return "\n".join(
        [
            f'"""{_docstring(name)}, a Keras model made with LayerLoom.',
            "",
            f"Input {', '.join(map(str, entries))}, output {shapes[output.id]}, {parameters:,} parameters.",
            '"""',
            "",
            "import keras",
            "from keras import layers",
            "",
            "",
            "def build_model() -> keras.Model:",
            '    """The model with fresh weights."""',
            *lines,
            f"    return keras.Model({_inputs(network, variables)}, {_outputs(network, variables)}, "
            f'name="{keras_name(name)}")',
            "",
            "",
            'if __name__ == "__main__":',
            "    build_model().summary()",
            "",
        ]
    )


def keras_name(text: str) -> str:
    """A name that Keras and SavedModel accept, made from any text."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:60]
    return name if name[:1].isalpha() else f"network_{name}".rstrip("_")


def _facts(network: Network) -> tuple[dict[str, Shape], int]:
    """Every node's output shape, and the number of parameters."""
    shapes: dict[str, Shape] = {}
    parameters = 0
    for node in network.nodes:
        inputs = tuple(shapes[source.node] for source in node.inputs)
        shapes[node.id] = node.block.output_shape(inputs)
        parameters += sum(weight.size for weight in node.block.weight_shapes(inputs))
    return shapes, parameters


def _docstring(name: str) -> str:
    """The name, quoted so that it can neither end the docstring nor escape anything in it."""
    return repr(name).replace("\\", "\\\\").replace('"', '\\"')


def _variables(network: Network) -> dict[str, str]:
    """Each node's variable: `x` along a chain, a name of its own where another branch comes between or joins later."""
    entries = [node.id for node in network.nodes if node.block.max_inputs == 0]
    names: dict[str, str] = {}
    for node, follower in zip(network.nodes, (*network.nodes[1:], None), strict=True):
        consumers = {edge.target for edge in network.consumers(node.id)}
        if not consumers and not node.block.auxiliary and node is network.output_node:
            names[node.id] = "outputs"
        elif entries == [node.id]:
            names[node.id] = "inputs"
        elif follower is not None and consumers == {follower.id}:
            names[node.id] = "x"
        else:
            names[node.id] = _free_name(network, node.id)
    return names


def _free_name(network: Network, node_id: str) -> str:
    """A variable named like the node, unless that name is taken."""
    name = node_id
    while name in RESERVED or iskeyword(name) or (name != node_id and name in network):
        name += "_"
    return name


def _inputs(network: Network, variables: dict[str, str]) -> str:
    entries = [variables[node.id] for node in network.nodes if node.block.max_inputs == 0]
    return entries[0] if len(entries) == 1 else f"[{', '.join(entries)}]"


def _outputs(network: Network, variables: dict[str, str]) -> str:
    names = [variables[node.id] for node in network.outputs]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _statement(network: Network, node: Node, variables: dict[str, str], shape: Shape) -> list[str]:
    sources = [variables[source.node] for source in node.inputs]
    if not sources:
        head, tail = f"    {variables[node.id]} = keras.{node.block.type}(", ")"
    else:
        called = sources[0] if node.block.max_inputs == 1 else f"[{', '.join(sources)}]"
        head, tail = f"    {variables[node.id]} = layers.{node.block.layer_class}(", f")({called})"
    arguments = [*_arguments(node.block), f'name="{node.id}"']
    return _wrapped(head, arguments, tail, f"  # {shape}" if sources else "")


def _arguments(block: Block) -> list[str]:
    """The arguments that Keras needs, by position, then by name those that are not at their defaults."""
    given, defaults = block.keras_arguments(), type(block)().keras_arguments()
    needed = [_value(given[name]) for name in block.spelled_out]
    changed = [
        f"{name}={_value(value)}"
        for name, value in given.items()
        if name not in block.spelled_out and (value != defaults[name] or block.max_inputs == 0)
    ]
    return needed + changed


def _value(value: object) -> str:
    if isinstance(value, KerasCall):
        return f"keras.{value.path}({', '.join(map(repr, value.arguments))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _wrapped(head: str, arguments: list[str], tail: str, comment: str) -> list[str]:
    """One statement, broken into lines as the common formatters do; the comment goes where there is room for it."""
    flat = f"{head}{', '.join(arguments)}{tail}"
    if len(flat + comment) <= LINE_LENGTH:
        return [flat + comment]
    if len(flat) <= LINE_LENGTH:
        return [flat]
    inner = f"        {', '.join(arguments)}"
    body = [inner] if len(inner) <= LINE_LENGTH else [f"        {argument}," for argument in arguments]
    return [head, *body, f"    {tail}{comment}"]
