"""Reading expressions the way Python would evaluate them, but nothing of Python's is called."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.blocks import REGISTRY
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
from models.network.reader.values import Appending, Dotted, Layer, NotUnderstood, Stack, Tensor, Unknown, canonical

MAX_STEPS = 500_000
MEMBERS_A_STEP = 10
"""Of a list that is used."""

MERGES: Mapping[type[ast.operator], str] = {ast.Add: "Add", ast.Mult: "Multiply", ast.Sub: "Subtract"}
"""Blocks for operators between tensors."""


@dataclass
class Expressions(ABC):
    """Reads expressions over the names that are known, in a limited number of steps.

    Attributes:
        names: the module's own names.
        line: the line of what is being read, counted from 1.
    """

    names: dict[str, Any] = field(default_factory=dict)
    line: int = 1
    _steps: int = 0
    _scope: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._scope = self.names

    @abstractmethod
    def called(self, called: Any, positional: list[Any], keywords: Mapping[str, Any]) -> Any:
        """What a call gives."""

    @abstractmethod
    def apply(self, layer: Layer | Stack, inputs: tuple[Tensor, ...]) -> Any:
        """What a layer gives for these inputs: a tensor, or several."""

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

    def _call(self, node: ast.Call) -> Any:
        called = self.value(node.func)
        positional = self._elements(node.args)
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise NotUnderstood("arguments by **")
            keywords[keyword.arg] = self.value(keyword.value)
        self.line = node.lineno
        return self.called(called, positional, keywords)

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

    # --- limits and places --------------------------------------------------------------------------------------------
    def _step(self, node: ast.stmt | ast.expr) -> None:
        self.line = node.lineno
        self._count()

    def _count(self, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise NotUnderstood("the source takes too many steps to read")
