"""Python source as a network: what `python_source` writes, and what people write like it. Nothing is executed."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from pydantic import ValidationError

from models.blocks.composite import CompositeBlock
from models.blocks.fields import first_mistake
from models.blocks.output import AuxiliaryOutput
from models.files import read_at_most
from models.network.graph import Network, Node, Source
from models.network.python_source import ENTRY_POINT, LOSS_WEIGHTS
from models.network.reader.calls import entered
from models.network.reader.interpreter import Interpreter
from models.network.reader.layers import composites, kinds
from models.network.reader.values import (
    Dotted,
    Function,
    Layer,
    Model,
    NotUnderstood,
    PythonError,
    Stack,
    Tensor,
    Unknown,
)
from models.network.source.helpers import Helpers, NoHelper

__all__ = ["PythonError", "read_python", "read_python_file"]

MAX_CHARACTERS = 2_000_000

CHANGING = frozenset({"add", "append", "extend", "insert", "pop", "remove"})
"""Methods of lists and Sequentials that change them."""


def read_python(text: str) -> Network:
    """The network that a Python file builds with Keras: a `Sequential`, or a functional model.

    Understood are layers that have blocks, functions, `for` over lists and ranges, `if` over numbers and shapes.
    Raises PythonError with the line of what is not; its cause is an exception only where we did not foresee it.
    """
    if len(text) > MAX_CHARACTERS:
        raise PythonError(f"the file is larger than any model's source ({MAX_CHARACTERS:,} characters)", 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes and the like, which are none of ours
            tree = ast.parse(text)
    except SyntaxError as error:
        raise PythonError(f"this is not Python: {error.msg}", error.lineno or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise PythonError("this is not Python, or nested too deeply", 1) from None
    reader = Interpreter(genuine=_Genuine(tree))
    try:
        return _read(reader, tree)
    except NotUnderstood as error:
        raise reader.placed(error) from None
    except RecursionError:
        raise PythonError("this is nested too deeply", reader.line) from None
    except Exception as error:  # a file that somebody wrote never ends a program
        raise PythonError("this is used in a way that is not understood", reader.line) from error


def read_python_file(path: Path) -> Network:
    """`read_python` for a file. Raises FileError, and PythonError with the file's name."""
    data = read_at_most(path, 4 * MAX_CHARACTERS + 1)
    try:
        return read_python(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PythonError("this is not Python: the file is no text", 1, path.name) from error
    except PythonError as error:
        raise PythonError(error.text, error.line, path.name) from error


class _Genuine:
    """Whether a function of the module is the helper of a composite, as it would be generated, and not changed."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._answers: dict[str, bool] = {}

    def __call__(self, name: str, tree: ast.FunctionDef) -> bool:
        if name not in self._answers:
            self._answers[name] = self._check(composites()[name])
        return self._answers[name]

    def _check(self, kind: type[CompositeBlock]) -> bool:
        helpers = Helpers()
        try:
            helpers.of_class(kind)
        except NoHelper:
            return False
        for name, lines in helpers.texts.items():
            function = ast.parse("\n".join(lines)).body[0]
            assert isinstance(function, ast.FunctionDef)
            given = self._functions.get(name)
            if given is None or _plain(given) != _plain(function):
                return False
        return True


def _plain(tree: ast.FunctionDef) -> str:
    """A function without its documentation, for comparison."""
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    try:
        return "\n".join([ast.dump(tree.args), *map(ast.dump, body)])
    except (ValueError, RecursionError):  # numbers of thousands of digits, very deep expressions: none of ours
        return ""


def _read(reader: Interpreter, tree: ast.Module) -> Network:
    missed = _read_module(reader, tree)
    entry = reader.names.get(ENTRY_POINT)
    functions = [value for value in reader.names.values() if isinstance(value, Function)]
    models = [value for value in reader.names.values() if isinstance(value, Model | Stack)]
    if not isinstance(entry, Function):
        makers = [function for function in functions if _makes_model(function.tree)]
        entry = makers[0] if len(makers) == 1 and not models else None
    result = reader.call(entry) if entry is not None else models[-1] if models else None
    if isinstance(result, Stack):
        result = _finished(reader, result)
    if not isinstance(result, Model):
        if missed and entry is None:
            reader.line, why = missed[-1]
            raise NotUnderstood(why)
        raise NotUnderstood(
            f"there is no Keras model here; expected a function {ENTRY_POINT}() "
            "that returns keras.Model(inputs, outputs)"
        )
    return _network(reader, result, _line_of(tree, LOSS_WEIGHTS))


def _read_module(reader: Interpreter, tree: ast.Module) -> list[tuple[int, str]]:
    """The module's own statements. What is not understood here, data and training perhaps, is left out.

    Returns the line and the reason of every statement left out that would have made a model.
    """
    missed: list[tuple[int, str]] = []
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                known = name in kinds() and kinds()[name].custom
                reader.names[name] = Dotted(name) if known else Unknown(f"the class {name} is not one of our layers")
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                pass
            case _:
                try:
                    reader.run([node])
                except NotUnderstood as error:
                    changed = [name for name in _changed(node) if isinstance(reader.names.get(name), list | Stack)]
                    if _mentions_model(node) or changed:
                        missed.append((reader.line, str(error)))
                    for name in (*_targets(node), *changed):
                        reader.names[name] = Unknown(str(error))
    return missed


def _targets(node: ast.stmt) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _changed(node: ast.stmt) -> list[str]:
    """Names of lists and Sequentials that a statement adds to or takes from: without it they are not what they were."""
    return [
        part.value.id
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and part.attr in CHANGING and isinstance(part.value, ast.Name)
    ]


def _makes_model(tree: ast.FunctionDef) -> bool:
    """Whether a function can be called without arguments and mentions a model's class."""
    required = len(tree.args.args) - len(tree.args.defaults)
    return required == 0 and _mentions_model(tree)


def _mentions_model(tree: ast.stmt) -> bool:
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    return bool(named & {"Model", "Sequential"})


def _finished(reader: Interpreter, stack: Stack) -> Model:
    """A Sequential's layers, applied one after another."""
    layers = list(stack.layers)
    if not layers:
        raise NotUnderstood("the Sequential is empty")
    first = layers[0]
    if isinstance(first, Tensor):
        value, layers = first, layers[1:]
    elif isinstance(first, Layer) and first.input_shape is not None:
        value = entered(reader, [first.input_shape], {})
    else:
        raise NotUnderstood("the Sequential does not begin with keras.Input(shape=…)")
    for layer in layers:
        if not isinstance(layer, Layer | Stack):
            raise NotUnderstood("a Sequential holds something that is no layer")
        value = reader.apply(layer, (value,))
    return Model((value,))


def _line_of(tree: ast.Module, name: str) -> int:
    """The line where the module gives a name its value, counted from 1; 1 where it does not."""
    return next((node.lineno for node in tree.body if name in _targets(node)), 1)


def _network(reader: Interpreter, model: Model, weights_line: int) -> Network:
    """The nodes that lead to the model's outputs; each output but the first is marked as an auxiliary one.

    `weights_line` is where the outputs' shares of the loss stand.
    """
    nodes = reader.graph.nodes
    if not all(tensor.source.node in nodes for tensor in model.outputs):
        raise NotUnderstood("an output from inside of another function, where it is not known")
    main, *others = [tensor.source for tensor in model.outputs]
    weights = reader.names.get(LOSS_WEIGHTS, [])
    for place, source in enumerate(others, start=1):
        share = weights[place] if isinstance(weights, list | tuple) and place < len(weights) else None
        if share is not None:
            reader.line = weights_line
        _mark_auxiliary(reader, source, share)
    whole = Network(nodes=tuple(nodes.values()))
    needed = {main.node, *whole.upstream(main.node)}
    for node in whole.nodes:
        if node.block.auxiliary:
            needed |= {node.id, *whole.upstream(node.id)}
    network = Network(nodes=tuple(node for node in whole.nodes if node.id in needed))
    if network.output_node is None or network.output_node.id != main.node or main.output:
        raise NotUnderstood("the first output of the model is also used inside it; put a layer of its own behind it")
    return network


def _mark_auxiliary(reader: Interpreter, source: Source, share: object) -> None:
    nodes = reader.graph.nodes
    node = nodes[source.node]
    try:
        block = AuxiliaryOutput.model_validate({} if share is None else {"loss_weight": share}, strict=True)
    except ValidationError as error:
        raise NotUnderstood(f"{LOSS_WEIGHTS}: {first_mistake(error)}") from None
    if node.block.layer_class == block.layer_class:
        nodes[node.id] = Node(id=node.id, block=block, inputs=node.inputs, name=node.name)
    else:
        reader.graph.add(block, "", (Tensor(source, None, reader.graph),))
