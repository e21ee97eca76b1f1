"""Helper functions for composite blocks: their own `build`, turned into a plain function over `keras.layers`.

`build` reads like functional Keras already. What is left to do: fields become parameters, `nn.` becomes `layers.`,
layers get names under the composite's (as in `models.network.expansion`), and functions that `build` calls come along.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from types import FunctionType

from models.blocks.composite import CompositeBlock, Group
from models.network.source.functions import NoHelper, function_lines
from models.network.source.rewriting import (
    MODULE_NAMES,
    Rewrite,
    source_lines,
    syntax_tree,
    without_docstring,
)
from models.network.source.text import free_name, snake_case, value_text

__all__ = ["MODULE_NAMES", "Helpers", "NoHelper", "call_arguments"]


@dataclass
class Helpers:
    """The helper functions of one generated module, in the order in which they must be defined.

    Attributes:
        texts: the lines of each function by its name.
        custom: classes of layers that Keras lacks.
        imports: what else the module imports.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    custom: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    _names: dict[object, str] = field(default_factory=dict)
    _under_way: set[str] = field(default_factory=set)

    def name_for(self, key: object, wanted: str, reserved: frozenset[str] = frozenset()) -> str:
        """The function's name for a class, a group or a function that comes along; a free one the first time."""
        if key not in self._names:
            self._names[key] = free_name(wanted, {*self._names.values(), *reserved})
        return self._names[key]

    def of_class(self, kind: type[CompositeBlock]) -> str:
        """The name of the helper for a composite's class. Raises NoHelper."""
        return self._written(kind, snake_case(kind.__name__), lambda name: _helper(self, kind, name))

    def of_function(self, function: FunctionType) -> str:
        """The name of a function that a `build` calls, brought along. Raises NoHelper."""
        return self._written(function, function.__name__.strip("_"), lambda name: _brought(self, function, name))

    def _written(self, key: object, wanted: str, write: Callable[[str], list[str]]) -> str:
        """The name of a function, which is written first where it is not there. What calls itself is there already."""
        name = self.name_for(key, wanted, MODULE_NAMES)
        if name in self.texts or name in self._under_way:
            return name
        before = dict(self.texts)
        self._under_way.add(name)
        try:
            self.texts[name] = write(name)
        except NoHelper:
            self.texts = before  # what came along for it alone is not needed
            raise
        finally:
            self._under_way.discard(name)
        return name


def call_arguments(block: CompositeBlock) -> list[str]:
    """Arguments of a helper's call: the numbers that come first by position, others where they are not the default."""
    if isinstance(block, Group):
        return []
    values = {name: getattr(block, name) for name in block.field_names()}
    changed = {name for name, value in values.items() if value != type(block).model_fields[name].default}
    leading = list(takewhile(lambda name: type(values[name]) is int and name != "strides", values))
    told = max((index for index, name in enumerate(leading) if name in changed), default=0)
    positional = leading[: told + 1]
    by_name = [name for name in values if name in changed and name not in positional]
    return [
        *(value_text(values[name]) for name in positional),
        *(f"{name}={value_text(values[name])}" for name in by_name),
    ]


def _helper(helpers: Helpers, kind: type[CompositeBlock], name: str) -> list[str]:
    tree = syntax_tree(kind.build)
    rewrite = Rewrite(helpers, kind, kind.build.__globals__, tree)
    function = rewrite.function(tree)
    function.name = name
    parameters = [ast.arg(function.args.args[0].arg)]
    fields = [field for field in kind.field_names() if field in kind.model_fields]
    parameters += [ast.arg(field) for field in fields] + [ast.arg("name")]
    defaults = [ast.parse(value_text(kind.model_fields[field].default), mode="eval").body for field in fields]
    function.args = ast.arguments([], parameters, None, [], [], None, [*defaults, ast.Constant(name)])
    function.body = [*rewrite.closures, *without_docstring(function.body)]
    return function_lines(function, source_lines(kind.build), inspect.cleandoc(kind.__doc__ or ""))


def _brought(helpers: Helpers, function: FunctionType, name: str) -> list[str]:
    tree = syntax_tree(function)
    tree.name = name
    rewritten = Rewrite(helpers, None, function.__globals__, tree).function(tree)
    return function_lines(rewritten, source_lines(function), "")
