"""Reading statements one by one, the way Python would run them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.network.reader.calls import call_result
from models.network.reader.expressions import MEMBERS_A_STEP, Expressions
from models.network.reader.functions import bound_arguments
from models.network.reader.operations import is_true, several
from models.network.reader.values import (
    Dotted,
    Elsewhere,
    Function,
    Graph,
    Layer,
    NotUnderstood,
    PythonError,
    Stack,
    Tensor,
    canonical,
)

MAX_CALLS_DEEP = 30


@dataclass(frozen=True)
class _Returned:
    """That a function has ended, with its value."""

    value: Any


@dataclass(kw_only=True)
class Interpreter(Expressions):
    """Reads the statements of a module.

    Attributes:
        genuine: whether a function is the helper that would be generated for the composite of its name.
        graph: what the layers make, of the network or of the function that may become a group.
    """

    genuine: Callable[[str, ast.FunctionDef], bool]
    graph: Graph = field(default_factory=Graph)
    _depth: int = 0
    _apart: bool = False

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

    # --- calls ------------------------------------------------------------------------------------------------------
    def called(self, called: Any, positional: list[Any], keywords: Mapping[str, Any]) -> Any:
        """What a call gives."""
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
        self._count(len(function.scope) // MEMBERS_A_STEP)
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

    def placed(self, error: NotUnderstood) -> PythonError:
        """The error with its line."""
        return PythonError(str(error), self.line)
