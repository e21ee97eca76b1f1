"""Functions of a module: their arguments, what a call gives, and the groups that functions of named layers become."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from models.blocks.composite import ENTRY, Group
from models.blocks.wiring import Node, Source
from models.network.graph import SEPARATOR
from models.network.reader.layers import composites, made_block
from models.network.reader.values import Elsewhere, Function, Graph, Layer, NotUnderstood, Tensor

if TYPE_CHECKING:
    from models.network.reader.interpreter import Interpreter


def function_result(reader: Interpreter, function: Function, positional: list[Any], keywords: Mapping[str, Any]) -> Any:
    """What a call gives: of a composite's own helper that composite, of a function of named layers a group."""
    tree = function.tree
    kind = composites().get(tree.name)
    bound = bound_arguments(tree, positional, keywords, reader.value)
    name = bound.get("name")
    if kind is not None and reader.genuine(tree.name, tree):
        first, *rest = bound.values()
        fields = {field: value for field, value in zip(list(bound)[1:], rest, strict=True) if field != "name"}
        given = first if isinstance(first, list | tuple) else [first]
        if not isinstance(name, str) or not given or not all(isinstance(one, Tensor) for one in given):
            raise NotUnderstood(f"{tree.name} takes outputs of layers, and a text as its name")
        return reader.apply(Layer(made_block(kind, fields), name), tuple(given))
    entries = [key for key, value in bound.items() if isinstance(value, Tensor)]
    if isinstance(name, str) and len(entries) == 1:
        group = _group(reader, function, bound, entries[0], name)
        if group is not None:
            return reader.apply(Layer(group, name), (bound[entries[0]],))
    return reader.inside(function, bound)


def _group(reader: Interpreter, function: Function, bound: dict[str, Any], entry: str, name: str) -> Group | None:
    """The function as a group, where all that it makes is named under its own name and it gives one tensor.

    None where it is more than that. Nothing has changed then, so that it can be read once more.
    """
    prefix = f"{name}{SEPARATOR}"
    graph = Graph()
    outside, reader.graph = reader.graph, graph
    group = None
    try:
        start = Tensor(Source(ENTRY), bound[entry].shape, graph)
        result = reader.inside(function, {**bound, entry: start}, apart=True)
        if isinstance(result, Tensor) and result.graph is graph:
            group = _stripped(graph, prefix, result.source, group_name(function.tree))
    except Elsewhere:
        pass
    finally:
        reader.graph = outside
        if group is None:
            for layer in graph.applied:
                layer.used = False
        else:
            outside.applied.extend(graph.applied)
    return group


def _stripped(graph: Graph, prefix: str, output: Source, name: str) -> Group | None:
    """The group of a function's nodes, without the prefix of their names; None where these make no ids."""
    nodes = graph.nodes.values()
    if not all(node.id.startswith(prefix) and node.id != f"{prefix}{ENTRY}" for node in nodes):
        return None

    def inner(source: Source) -> Source:
        return source if source.node == ENTRY else Source(source.node.removeprefix(prefix), source.output)

    try:
        stripped = tuple(
            Node(id=node.id.removeprefix(prefix), block=node.block, inputs=tuple(map(inner, node.inputs)))
            for node in nodes
        )
        return Group(name=name, nodes=stripped, output=inner(output))
    except ValidationError:
        return None  # no layers at all, an input among them, names that end with the prefix, groups too deep …


def bound_arguments(
    tree: ast.FunctionDef, positional: list[Any], keywords: Mapping[str, Any], evaluated: Callable[[ast.expr], Any]
) -> dict[str, Any]:
    """Arguments by parameter, as Python binds them."""
    arguments = tree.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise NotUnderstood(f"{tree.name} has an unusual signature")
    names = [argument.arg for argument in arguments.args]
    if len(positional) > len(names) or not keywords.keys() <= {*names, *(a.arg for a in arguments.kwonlyargs)}:
        raise NotUnderstood(f"{tree.name} does not take these arguments")
    given = dict(zip(names, positional, strict=False)) | dict(keywords)
    defaults = dict(zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    bound = {}
    for name in (*names, *(argument.arg for argument in arguments.kwonlyargs)):
        if name not in given and name not in defaults:
            raise NotUnderstood(f"{tree.name} is called without {name}")
        bound[name] = given[name] if name in given else evaluated(defaults[name])
    return bound


def group_name(tree: ast.FunctionDef) -> str:
    """What a group is called: the text in its docstring, else the function's name."""
    told = (ast.get_docstring(tree) or "").removeprefix("The group ").removesuffix(".")
    try:
        name = ast.literal_eval(told)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        name = tree.name
    return name if isinstance(name, str) and 1 <= len(name) <= 200 else tree.name
