"""Reading statements and expressions one by one, the way Python would run them, but nothing of Python's is called."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from models.blocks import REGISTRY, Block
from models.blocks.composite import ENTRY, Group
from models.blocks.fields import KerasCall
from models.blocks.keras_kinds import KINDS
from models.blocks.wiring import Source
from models.network.graph import SEPARATOR
from models.network.reader.functions import bound_arguments, canonical, group_name
from models.network.reader.layers import composites, kept_layer, kinds, layer_kind, made_block, made_layer
from models.network.reader.operations import (
    FUNCTIONS,
    MAX_LENGTH,
    MAX_NUMBER,
    calculated,
    compared,
    is_true,
    item_of,
    several,
)
from models.network.reader.operations import called as called_function
from models.network.reader.values import (
    Dotted,
    Function,
    Graph,
    Layer,
    Model,
    NotUnderstood,
    PythonError,
    Stack,
    Tensor,
    Unknown,
)

MAX_STEPS = 500_000
MAX_CALLS_DEEP = 30

MERGES: Mapping[type[ast.operator], str] = {ast.Add: "Add", ast.Mult: "Multiply", ast.Sub: "Subtract"}
"""Blocks for operators between tensors."""


@dataclass(frozen=True)
class _Returned:
    """That a function has ended, with its value."""

    value: Any


@dataclass
class Interpreter:
    """Reads the statements of a module.

    Attributes:
        names: the module's own names.
        genuine: composites' helpers whose function in the module is the one that would be generated.
    """

    genuine: Callable[[str, ast.FunctionDef], bool]
    names: dict[str, Any] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)
    line: int = 1
    _steps: int = 0
    _depth: int = 0
    _scope: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._scope = self.names

    # --- statements -----------------------------------------------------------------------------------------------
    def run(self, body: Iterable[ast.stmt]) -> _Returned | None:
        """Read statements in order, up to the first return."""
        for statement in body:
            returned = self._statement(statement)
            if returned is not None:
                return returned
        return None

    def _statement(self, node: ast.stmt) -> _Returned | None:
        self._step(node)
        match node:
            case ast.Assign():
                value = self.value(node.value)
                for target in node.targets:
                    self._assign(target, value)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, self.value(node.value))
            case ast.AugAssign(target=ast.Name(id=name)):
                self._scope[name] = self._operation(self._name(name), node.op, self.value(node.value))
            case ast.Return():
                return _Returned(self.value(node.value) if node.value is not None else None)
            case ast.If():
                return self.run(node.body if is_true(self.value(node.test)) else node.orelse)
            case ast.For(orelse=[]):
                return self._for(node)
            case ast.Expr():
                if not isinstance(node.value, ast.Constant):
                    self.value(node.value)
            case ast.Assert() | ast.Pass():
                pass
            case ast.FunctionDef():
                self._scope[node.name] = Function(node, {} if self._scope is self.names else self._scope)
            case ast.Import() | ast.ImportFrom():
                self.imported(node)
            case _:
                raise NotUnderstood(
                    f"a {type(node).__name__} statement; expected layers, assignments, for, if and return"
                )
        return None

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Names that an import brings; whatever TensorFlow calls keras is Keras."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                name = alias.asname or path
            else:
                path, name = f"{node.module or ''}.{alias.name}", alias.asname or alias.name
            self._scope[name] = Dotted(canonical(path))

    def _for(self, node: ast.For) -> _Returned | None:
        for value in several(self.value(node.iter)):
            self._step(node)
            self._assign(node.target, value)
            returned = self.run(node.body)
            if returned is not None:
                return returned
        return None

    def _assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name():
                self._scope[target.id] = value
            case ast.Tuple() | ast.List():
                values = several(value)
                if len(values) != len(target.elts):
                    raise NotUnderstood(f"{len(values)} values for {len(target.elts)} names")
                for part, one in zip(target.elts, values, strict=True):
                    self._assign(part, one)
            case _:
                raise NotUnderstood("an assignment to something else than a name")

    # --- expressions ------------------------------------------------------------------------------------------------
    def value(self, node: ast.expr) -> Any:
        """What an expression stands for."""
        self._step(node)
        match node:
            case ast.Constant():
                if isinstance(node.value, int) and abs(node.value) > MAX_NUMBER:
                    raise NotUnderstood("a number that is too large")
                return node.value
            case ast.Name():
                return self._name(node.id)
            case ast.Tuple():
                return tuple(self._elements(node.elts))
            case ast.List():
                return self._elements(node.elts)
            case ast.JoinedStr():
                return "".join(map(self._text, node.values))
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._operation(self.value(node.left), node.op, self.value(node.right))
            case ast.BoolOp():
                wanted = isinstance(node.op, ast.Or)
                return any(is_true(self.value(part)) == wanted for part in node.values) == wanted
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self.value(node.body if is_true(self.value(node.test)) else node.orelse)
            case ast.Attribute():
                return self._attribute(self.value(node.value), node.attr)
            case ast.Subscript():
                return item_of(self.value(node.value), self._position(node.slice))
            case ast.ListComp(generators=[ast.comprehension(ifs=[], is_async=0) as each]):
                return self._comprehension(node.elt, each)
            case ast.Call():
                return self._call(node)
        raise NotUnderstood(f"an expression of the kind {type(node).__name__}")

    def _elements(self, nodes: list[ast.expr]) -> list[Any]:
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values += several(self.value(node.value))
            else:
                values.append(self.value(node))
        return values

    def _comprehension(self, element: ast.expr, each: ast.comprehension) -> list[Any]:
        values = []
        for value in several(self.value(each.iter)):
            self._assign(each.target, value)
            values.append(self.value(element))
        return values

    def _name(self, name: str) -> Any:
        for names in (self._scope, self.names):
            if name in names:
                if isinstance(names[name], Unknown):
                    raise NotUnderstood(names[name].why)
                return names[name]
        if name in FUNCTIONS:
            return Dotted(f"builtins.{name}")
        raise NotUnderstood(f"{name} is not defined")

    def _text(self, node: ast.expr) -> str:
        value = self.value(node.value) if isinstance(node, ast.FormattedValue) else self.value(node)
        if not isinstance(value, str | int) or len(str(value)) > MAX_LENGTH:
            raise NotUnderstood("text made of something else than text and whole numbers")
        return str(value)

    def _unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not is_true(value)
        if isinstance(node.op, ast.USub) and isinstance(value, int | float):
            return -value
        raise NotUnderstood("an operator before something that is no number")

    def _operation(self, left: Any, op: ast.operator, right: Any) -> Any:
        if not (isinstance(left, Tensor) and isinstance(right, Tensor)):
            return calculated(left, op, right)
        kind = REGISTRY.get(MERGES.get(type(op), ""))
        if kind is None:
            raise NotUnderstood("this operator between two tensors")
        return self.apply(Layer(kind(), ""), (left, right))

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            if not compared(left, op, right):
                return False
            left = right
        return True

    def _attribute(self, value: Any, name: str) -> Any:
        if isinstance(value, Dotted):
            return Dotted(canonical(f"{value.path}.{name}"))
        if isinstance(value, Tensor) and name == "shape":
            if value.shape is None:
                raise NotUnderstood("a shape behind layers that do not fit together")
            return value.shape
        if (isinstance(value, Stack) and name == "add") or (isinstance(value, list) and name == "append"):
            return (value.layers if isinstance(value, Stack) else value).append
        raise NotUnderstood(f"the attribute {name}")

    def _position(self, index: ast.expr) -> Any:
        if isinstance(index, ast.Slice):
            return slice(*(None if p is None else self.value(p) for p in (index.lower, index.upper, index.step)))
        return self.value(index)

    # --- calls ------------------------------------------------------------------------------------------------------
    def _call(self, node: ast.Call) -> Any:
        called = self.value(node.func)
        positional = self._elements(node.args)
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise NotUnderstood("arguments by **")
            keywords[keyword.arg] = self.value(keyword.value)
        self.line = node.lineno
        match called:
            case Layer() | Stack():
                return self.apply(called, self._tensors(positional))
            case Function():
                return self._function(called, positional, keywords)
            case Dotted():
                return self._known(called, positional, keywords)
        if callable(called) and len(positional) == 1:  # of a list or a Sequential
            return called(positional[0])
        raise NotUnderstood("a call of something that is no layer")

    def _tensors(self, positional: list[Any]) -> tuple[Tensor, ...]:
        given = positional[0] if len(positional) == 1 and isinstance(positional[0], list | tuple) else positional
        if not given or not all(isinstance(tensor, Tensor) for tensor in given):
            raise NotUnderstood("a layer applied to something that is no output of a layer")
        return tuple(given)

    def apply(self, layer: Layer | Stack, inputs: tuple[Tensor, ...]) -> Any:
        """What a layer gives for these inputs: a tensor, or several."""
        self._count()
        if isinstance(layer, Stack):
            if len(inputs) != 1:
                raise NotUnderstood("a Sequential applied to several inputs")
            value: Any = inputs[0]
            for one in layer.layers:
                if not isinstance(one, Layer | Stack):
                    raise NotUnderstood("a Sequential that is used as a layer holds something that is no layer")
                value = self.apply(one, (value,))
            return value
        if layer.used:
            raise NotUnderstood(f"the layer {layer.name or layer.block.type} is used twice: sharing is not supported")
        layer.used = True
        if layer.block.input_copies > 1:
            if len({tensor.source for tensor in inputs}) > 1:
                raise NotUnderstood("attention from one tensor to another; blocks know that of a tensor to itself")
            inputs = inputs[:1]
        shapes = tuple(tensor.shape[1:] for tensor in inputs if tensor.shape is not None)
        block = layer.block.suited_to(shapes) if len(shapes) == len(inputs) else layer.block
        outputs = self.graph.add(block, layer.name, inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _known(self, called: Dotted, positional: list[Any], keywords: dict[str, Any]) -> Any:
        module, _, name = called.path.rpartition(".")
        if module == "builtins":
            return called_function(name, positional)
        if name in ("Input", "InputLayer") and module.startswith("keras"):
            return self.enter(positional, keywords)
        if name in ("Model", "Sequential") and module in ("keras", "keras.models"):
            return self._model(positional, keywords) if name == "Model" else self._sequential(positional)
        if module == "keras.regularizers" and name.lower() == "l2":
            return KerasCall("regularizers.L2", tuple([*positional, *keywords.values(), 0.01][:1]))
        if module == "keras.initializers" and not positional and not keywords.keys() - {"seed"}:
            return called
        if module == "keras.layers" or (module == "" and name in kinds() and kinds()[name].custom):
            if name in KINDS:
                return kept_layer(name, positional, keywords)
            return self._layer(layer_kind(name), name, positional, keywords)
        raise NotUnderstood(f"{called.path} is not understood")

    def _layer(self, kind: type[Block], name: str, positional: list[Any], keywords: dict[str, Any]) -> Any:
        if name[:1].islower():  # keras.layers.add([…])
            return self.apply(made_layer(kind, (), keywords), self._tensors(positional))
        return made_layer(kind, positional, keywords)

    def enter(self, positional: list[Any], keywords: dict[str, Any]) -> Tensor:
        """`keras.Input(…)`: what the network is fed with."""
        shape = positional[0] if positional else keywords.pop("shape", None)
        name = keywords.pop("name", None)
        block = made_block(REGISTRY["Input"], {**keywords, "shape": shape})
        return self.graph.add(block, name if isinstance(name, str) else "", ())[0]

    def _model(self, positional: list[Any], keywords: dict[str, Any]) -> Model:
        given = [*positional, *([keywords["inputs"]] if "inputs" in keywords else [])]
        given += [keywords["outputs"]] if "outputs" in keywords else []
        if len(given) != 2:
            raise NotUnderstood("keras.Model without inputs and outputs")
        return Model(self._tensors([given[1]] if isinstance(given[1], Tensor) else several(given[1])))

    def _sequential(self, positional: list[Any]) -> Stack:
        layers = several(positional[0]) if positional and positional[0] is not None else []
        return Stack(list(layers))

    # --- functions of the module --------------------------------------------------------------------------------------
    def _function(self, function: Function, positional: list[Any], keywords: dict[str, Any]) -> Any:
        tree = function.tree
        kind = composites().get(tree.name)
        bound = bound_arguments(tree, positional, keywords, self.value)
        if kind is not None and self.genuine(tree.name, tree):
            first, *rest = bound.values()
            fields = {name: value for name, value in zip(list(bound)[1:], rest, strict=True) if name != "name"}
            layer = Layer(made_block(kind, fields), str(bound.get("name", "")))
            return self.apply(layer, self._tensors([first]))
        name = bound.get("name")
        tensors = [key for key, value in bound.items() if isinstance(value, Tensor)]
        if isinstance(name, str) and len(tensors) == 1:
            group = self._group(function, bound, tensors[0], name)
            if group is not None:
                return self.apply(Layer(group, name), (bound[tensors[0]],))
        return self._inside(function, bound)

    def _group(self, function: Function, bound: dict[str, Any], entry: str, name: str) -> Group | None:
        """The function as a group, where all that it makes is named under its own name and it gives one tensor."""
        prefix = f"{name}{SEPARATOR}"
        outside, self.graph = self.graph, Graph()
        try:
            result = self._inside(function, {**bound, entry: Tensor(Source(ENTRY), bound[entry].shape)})
            nodes = tuple(self.graph.nodes.values())
        finally:
            self.graph = outside
        if not isinstance(result, Tensor) or not nodes or not all(node.id.startswith(prefix) for node in nodes):
            return None

        def inner(source: Source) -> Source:
            return source if source.node == ENTRY else Source(source.node.removeprefix(prefix), source.output)

        try:
            stripped = tuple(
                type(node)(id=node.id.removeprefix(prefix), block=node.block, inputs=tuple(map(inner, node.inputs)))
                for node in nodes
            )
            return Group(name=group_name(function.tree), nodes=stripped, output=inner(result.source))
        except ValidationError:
            return None  # it uses tensors from elsewhere, say: its layers are the network's own

    def _inside(self, function: Function, bound: dict[str, Any]) -> Any:
        """What a function gives, read with its own names and those around it."""
        if self._depth >= MAX_CALLS_DEEP:
            raise NotUnderstood("functions call one another too deeply")
        outside, self._scope = self._scope, {**function.scope, **bound}
        self._depth += 1
        try:
            returned = self.run(function.tree.body)
        finally:
            self._scope = outside
            self._depth -= 1
        return returned.value if returned is not None else None

    def call(self, function: Function) -> Any:
        """The value of a function of the module without arguments."""
        return self._inside(function, bound_arguments(function.tree, [], {}, self.value))

    # --- limits and places --------------------------------------------------------------------------------------------
    def _step(self, node: ast.stmt | ast.expr) -> None:
        self.line = node.lineno
        self._count()

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise NotUnderstood("the source takes too many steps to read")

    def placed(self, error: NotUnderstood) -> PythonError:
        """The error with its line."""
        return PythonError(str(error), self.line)
