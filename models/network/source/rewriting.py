"""A block's `build`, or a function that it calls, rewritten to need Keras alone: one syntax tree to another."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from models.blocks import REGISTRY, Block
from models.blocks.composite import CompositeBlock
from models.blocks.fields import KerasCall
from models.network.graph import SEPARATOR
from models.network.source.functions import NoHelper
from models.network.source.text import free_name, value_text

if TYPE_CHECKING:
    from models.network.source.helpers import Helpers

MODULE_NAMES = frozenset(
    {"keras", "layers", "ops", "x", "y", "inputs", "outputs", "build_model", "LOSS_WEIGHTS", "index", "name"}
)
"""Names that the generated module uses itself."""


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """A function's statements behind its docstring."""
    first = body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if told else body


def source_lines(function: Callable[..., Any]) -> list[str]:
    """The lines of a function's source, from its own indentation on. Raises OSError where there is none."""
    return textwrap.dedent(inspect.getsource(function)).splitlines()


def syntax_tree(function: Callable[..., Any]) -> ast.FunctionDef:
    """The function's syntax tree, from its file. Raises NoHelper."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError) as error:  # an installation without sources
        raise NoHelper(f"no source of {function.__qualname__}") from error
    if not isinstance(tree, ast.FunctionDef):
        raise NoHelper(f"{function.__qualname__} is no plain function")
    return tree


class Rewrite(ast.NodeTransformer):
    """Turns a `build`, or a function that it calls, into one that needs Keras alone."""

    def __init__(
        self, helpers: Helpers, kind: type[CompositeBlock] | None, names: Mapping[str, Any], tree: ast.FunctionDef
    ) -> None:
        self.helpers = helpers
        self.kind = kind
        self.globals = names
        self.closures: list[ast.stmt] = []
        self._methods: dict[str, bool] = {}
        self._named = kind is None and _takes_name(tree)
        """Whether the function is given whole names, as a parameter; else it has the composite's name as a prefix."""
        self._renamed = self._renames(tree)

    def _renames(self, tree: ast.FunctionDef) -> dict[str, str]:
        """New names for the function's own variables that would hide a field or something of the module."""
        stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        fields = set(self.kind.model_fields) if self.kind is not None else set()
        hidden = {"layers", "keras"} | (set() if self._named else {"name"}) | fields
        return {name: free_name(f"{name}_", stored | fields) for name in sorted(stored & hidden)}

    # --- functions ----------------------------------------------------------------------------------------------------
    def function(self, tree: ast.FunctionDef) -> ast.FunctionDef:
        """The function without `self`, `nn` and annotations."""
        if tree.decorator_list or tree.args.vararg or tree.args.kwarg or tree.args.posonlyargs:
            raise NoHelper(f"{tree.name} has an unusual signature")
        for argument in (*tree.args.args, *tree.args.kwonlyargs):
            argument.annotation = None
        tree.returns = None
        kept = [argument for argument in tree.args.args if argument.arg not in ("self", "nn")]
        if len(tree.args.defaults) > len(kept):
            raise NoHelper(f"{tree.name} has a default for nn")
        tree.args.args = kept
        if self.kind is None and not self._named and _makes_layers(tree):
            raise NoHelper(f"{tree.name} makes layers but takes no name")
        tree.args.defaults = [self.visit(default) for default in tree.args.defaults]
        tree.body = [self.visit(statement) for statement in tree.body]
        return tree

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function inside: its layers are named as outside, unless it is given whole names."""
        outside, self._named = self._named, self._named or _takes_name(node)
        result = self.function(node)
        self._named = outside
        return result

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            raise NoHelper("a declaration without a value")
        return self._visited(ast.copy_location(ast.Assign([node.target], node.value), node))

    def _visited(self, node: ast.AST) -> ast.AST:
        visited = self.visit(node)
        assert isinstance(visited, ast.AST)
        return visited

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        raise NoHelper("a lambda")

    # --- calls --------------------------------------------------------------------------------------------------------
    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Call) and _is_nn(node.func.func):
            return self._applied(node)
        if _is_nn(node.func):
            return self._layer(node)
        if isinstance(node.func, ast.Attribute) and _is_name(node.func.value, "self"):
            return self._method(node)
        called = self.globals.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(called, FunctionType):
            return self._function_call(node, self.helpers.of_function(called), syntax_tree(called))
        return self.generic_visit(node)

    def _applied(self, node: ast.Call) -> ast.AST:
        """`nn.Kind(…)(x)`: a layer, or the helper of a composite."""
        assert isinstance(node.func, ast.Call)
        kind = self._kind(node.func)
        if not issubclass(kind, CompositeBlock):
            return ast.Call(self._layer(node.func), [self.visit(a) for a in node.args], [])
        helper = self.helpers.of_class(kind)
        given = [*node.args, *node.func.args]
        keywords = [self._keyword(keyword) for keyword in node.func.keywords]
        self._check_name(node.func)
        return ast.Call(ast.Name(helper), [self.visit(argument) for argument in given], keywords)

    def _layer(self, node: ast.Call) -> ast.Call:
        kind = self._kind(node)
        if issubclass(kind, CompositeBlock):
            raise NoHelper(f"{kind.__name__} is not called where it is made")
        self._check_name(node)
        known, order = kind().keras_arguments(), kind.field_names()
        leading = len(kind.spelled_out)
        keywords = [ast.keyword(order[leading + i], value) for i, value in enumerate(node.args[leading:])]
        keywords += node.keywords
        given = {keyword.arg for keyword in keywords}
        for name in kind.spelled_out[len(node.args) :]:
            if name not in given:
                keywords.insert(0, ast.keyword(name, ast.parse(value_text(known[name]), mode="eval").body))
        if not given - {"name"} <= known.keys():
            raise NoHelper(f"{kind.__name__} has arguments that Keras lacks")
        positional = [self.visit(argument) for argument in node.args[:leading]]
        return ast.Call(_layer_class(kind, self.helpers), positional, [self._translated(kind, k) for k in keywords])

    def _translated(self, kind: type[Block], keyword: ast.keyword) -> ast.keyword:
        """A keyword of a layer; what Keras wants as an object of its own is made of the value."""
        changed = self._keyword(keyword)
        path = _object_path(kind, keyword.arg or "")
        if path:
            changed.value = ast.Call(ast.parse(f"keras.{path}", mode="eval").body, [changed.value], [])
        return changed

    def _keyword(self, keyword: ast.keyword) -> ast.keyword:
        if keyword.arg is None:
            raise NoHelper("arguments by **")
        value = self.visit(keyword.value)
        return ast.keyword(keyword.arg, self._prefixed(value) if keyword.arg == "name" else value)

    def _prefixed(self, role: ast.expr) -> ast.expr:
        """A layer's name: the composite's, the separator, and its role inside."""
        if self._named:
            return role
        prefix = [ast.FormattedValue(ast.Name("name"), -1), ast.Constant(SEPARATOR)]
        if isinstance(role, ast.Constant):
            return ast.JoinedStr([prefix[0], ast.Constant(f"{SEPARATOR}{role.value!s}")])
        if isinstance(role, ast.JoinedStr):
            return ast.JoinedStr([*prefix, *role.values])
        return ast.JoinedStr([*prefix, ast.FormattedValue(role, -1)])

    def _check_name(self, node: ast.Call) -> None:
        if not any(keyword.arg == "name" for keyword in node.keywords):
            raise NoHelper("a layer without a name")

    def _kind(self, node: ast.Call) -> type[Block]:
        assert isinstance(node.func, ast.Attribute)
        kind = REGISTRY.get(node.func.attr)
        if kind is None or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise NoHelper(f"nn.{node.func.attr} with unusual arguments")
        return kind

    def _function_call(self, node: ast.Call, name: str, tree: ast.FunctionDef) -> ast.Call:
        """A call of a function that comes along: without `self` and `nn`, and with a whole name where it takes one."""
        parameters = [argument.arg for argument in tree.args.args if argument.arg != "self"]
        positional = []
        for parameter, argument in zip(parameters, node.args, strict=False):
            if parameter == "nn" or _is_name(argument, "nn"):
                continue
            visited = self.visit(argument)
            positional.append(self._prefixed(visited) if parameter == "name" else visited)
        if len(node.args) > len(parameters):
            raise NoHelper(f"{name} is called with too many arguments")
        keywords = [self._keyword(keyword) for keyword in node.keywords if keyword.arg != "nn"]
        return ast.Call(ast.Name(name), positional, keywords)

    def _method(self, node: ast.Call) -> ast.Call:
        """`self.method(…)`: the method comes along as a function inside the helper, where it sees the fields."""
        assert isinstance(node.func, ast.Attribute)
        assert self.kind is not None
        name = node.func.attr
        method = inspect.getattr_static(self.kind, name, None)
        if not isinstance(method, FunctionType | staticmethod):
            raise NoHelper(f"self.{name} is no method")
        function = method.__func__ if isinstance(method, staticmethod) else method
        plain = free_name(name.strip("_"), {*self.kind.model_fields, *MODULE_NAMES, *self._renamed.values()})
        tree = methodsyntax_tree(function)
        if name not in self._methods:
            self._methods[name] = True
            inner = Rewrite(self.helpers, self.kind, function.__globals__, tree)
            inner._methods, inner.closures, inner._named = self._methods, self.closures, _takes_name(tree)
            closure = inner.function(tree)
            closure.name = plain
            self.closures.append(closure)
        return self._function_call(node, plain, methodsyntax_tree(function))

    # --- names --------------------------------------------------------------------------------------------------------
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`self.field` is a parameter, a constant of the class its value, a property its expression."""
        if not _is_name(node.value, "self"):
            return self.generic_visit(node)
        assert self.kind is not None
        if node.attr in self.kind.model_fields:
            return ast.copy_location(ast.Name(node.attr), node)
        found = inspect.getattr_static(self.kind, node.attr, None)
        if isinstance(found, property) and found.fget is not None:
            return self._property(found.fget)
        return _constant(found, f"self.{node.attr}")

    def _property(self, getter: Callable[..., Any]) -> ast.AST:
        body = without_docstring(methodsyntax_tree(getter).body)
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            raise NoHelper("a property of more than one expression")
        return self._visited(body[0].value)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in ("self", "nn"):
            raise NoHelper(f"{node.id} itself is handed on")
        if node.id in self._renamed:
            return ast.copy_location(ast.Name(self._renamed[node.id], node.ctx), node)
        value = self.globals.get(node.id)
        if isinstance(node.ctx, ast.Store) or value is None:
            return node
        if getattr(math, node.id, None) is value:
            self.helpers.imports.add(f"from math import {node.id}")
            return node
        if isinstance(value, FunctionType):
            return ast.Name(self.helpers.of_function(value))
        return _constant(value, node.id)


def _constant(value: object, where: str) -> ast.expr:
    """A plain value as an expression."""
    if isinstance(value, bool | int | float | str | tuple) or value is None:
        try:
            return ast.parse(value_text(value), mode="eval").body
        except SyntaxError:
            pass
    raise NoHelper(f"{where} is no plain value")


def methodsyntax_tree(function: Callable[..., Any]) -> ast.FunctionDef:
    tree = syntax_tree(function)
    tree.decorator_list = [d for d in tree.decorator_list if not _is_name(d, "staticmethod", "property")]
    return tree


def _layer_class(kind: type[Block], helpers: Helpers) -> ast.expr:
    name = kind.keras_class or kind.__name__
    if kind.custom:
        helpers.custom.add(name)
        return ast.Name(name)
    return ast.Attribute(ast.Name("layers"), name)


def _object_path(kind: type[Block], name: str) -> str:
    """The Keras class that a field's value is handed to, such as a regularizer; empty where the value itself is."""
    if name not in kind.model_fields:
        return ""
    annotation = kind.model_fields[name]
    if annotation.annotation is not float:
        return ""
    made = kind.model_validate({name: 0.5}).keras_arguments().get(name)
    return made.path if isinstance(made, KerasCall) else ""


def _is_nn(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and _is_name(node.value, "nn")


def _is_name(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _takes_name(tree: ast.FunctionDef) -> bool:
    return any(argument.arg == "name" for argument in (*tree.args.args, *tree.args.kwonlyargs))


def _makes_layers(tree: ast.FunctionDef) -> bool:
    return any(_is_name(node, "nn") for node in ast.walk(tree) if isinstance(node, ast.expr))
