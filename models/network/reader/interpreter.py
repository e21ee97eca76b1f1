"""Reading statements and expressions one by one, the way Python would run them, but nothing of Python's is called."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.blocks import REGISTRY
from models.network.reader.calls import call_result
from models.network.reader.functions import bound_arguments
from models.network.reader.operations import (
    FUNCTIONS,
    MAX_LENGTH,
    MAX_NUMBER,
    calculated,
    compared,
    formatted,
    is_true,
    item_of,
    joined,
    several,
)
from models.network.reader.values import (
    Appending,
    Dotted,
    Elsewhere,
    Function,
    Graph,
    Layer,
    NotUnderstood,
    PythonError,
    Stack,
    Tensor,
    Unknown,
    canonical,
)

MAX_STEPS = 500_000
MAX_CALLS_DEEP = 30
MEMBERS_A_STEP = 10
"""Of a list that is used."""

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
    _apart: bool = False
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
        """What an expression stands for. Long lists cost more steps, since what uses them goes through them."""
        self._step(node)
        value = self._value(node)
        if isinstance(value, list | tuple | str):
            self._count(len(value) // MEMBERS_A_STEP)
        return value

    def _value(self, node: ast.expr) -> Any:
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
                return self._text(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._operation(self.value(node.left), node.op, self.value(node.right))
            case ast.BoolOp():
                return self._first_decisive(node)
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
            case ast.Dict() | ast.DictComp():
                raise NotUnderstood(
                    "a dict; expected a list in its place, as in keras.Model(inputs, [main, auxiliary]), "
                    "with the main output first"
                )
        raise NotUnderstood(f"an expression of the kind {type(node).__name__}")

    def _first_decisive(self, node: ast.BoolOp) -> Any:
        """The operand that decides `and` or `or`, as Python gives it, and not whether it is true."""
        wanted = isinstance(node.op, ast.Or)
        *firsts, last = node.values
        for part in firsts:
            value = self.value(part)
            if is_true(value) == wanted:
                return value
        return self.value(last)

    def _elements(self, nodes: list[ast.expr]) -> list[Any]:
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values = joined(values, several(self.value(node.value)))
            else:
                values.append(self.value(node))
        return values

    def _comprehension(self, element: ast.expr, each: ast.comprehension) -> list[Any]:
        values = []
        members = several(self.value(each.iter))
        names = {part.id for part in ast.walk(each.target) if isinstance(part, ast.Name)}
        before = {name: self._scope[name] for name in names & self._scope.keys()}
        try:
            for value in members:
                self._assign(each.target, value)
                values.append(self.value(element))
        finally:  # its variables are its own
            for name in names:
                self._scope.pop(name, None)
            self._scope.update(before)
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

    def _text(self, node: ast.JoinedStr) -> str:
        text = ""
        for part in node.values:
            value = self.value(part.value if isinstance(part, ast.FormattedValue) else part)
            if isinstance(part, ast.FormattedValue):
                layout = self._text(part.format_spec) if isinstance(part.format_spec, ast.JoinedStr) else ""
                value = formatted(value, layout, part.conversion)
            text += value
            if len(text) > MAX_LENGTH:
                raise NotUnderstood(f"a text of more than {MAX_LENGTH:,} characters")
        return text

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
            return Appending(value)
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
        return call_result(self, called, positional, keywords)

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
        self.graph.applied.append(layer)
        if layer.block.input_copies > 1:
            if len({tensor.source for tensor in inputs}) > 1:
                raise NotUnderstood("attention from one tensor to another; blocks know that of a tensor to itself")
            inputs = inputs[:1]
        shapes = tuple(tensor.shape[1:] for tensor in inputs if tensor.shape is not None)
        block = layer.block.suited_to(shapes) if len(shapes) == len(inputs) else layer.block  # type: ignore[arg-type]
        outputs = self.graph.add(block, layer.name, inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def inside(self, function: Function, bound: dict[str, Any], apart: bool = False) -> Any:
        """What a function gives, read with its own names and those around it.

        While it is read `apart`, what would change lists around it raises Elsewhere.
        """
        if self._depth >= MAX_CALLS_DEEP:
            raise NotUnderstood("functions call one another too deeply")
        outside, self._scope = self._scope, {**function.scope, **bound}
        was_apart, self._apart = self._apart, self._apart or apart
        self._depth += 1
        try:
            returned = self.run(function.tree.body)
        finally:
            self._scope, self._apart = outside, was_apart
            self._depth -= 1
        return returned.value if returned is not None else None

    def call(self, function: Function) -> Any:
        """The value of a function of the module without arguments."""
        return self.inside(function, bound_arguments(function.tree, [], {}, self.value))

    def changes_outside(self) -> None:
        """Before a list or a Sequential grows, which may be known around the function that is read."""
        if self._apart:
            raise Elsewhere("a list that grows inside a group")

    # --- limits and places --------------------------------------------------------------------------------------------
    def _step(self, node: ast.stmt | ast.expr) -> None:
        self.line = node.lineno
        self._count()

    def _count(self, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise NotUnderstood("the source takes too many steps to read")

    def placed(self, error: NotUnderstood) -> PythonError:
        """The error with its line."""
        return PythonError(str(error), self.line)
