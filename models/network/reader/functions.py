"""Functions and names of a module: arguments by parameter, names in docstrings, names of Keras's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from models.network.reader.values import NotUnderstood


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


def canonical(path: str) -> str:
    """The path under `keras`, however it was imported."""
    for prefix in ("tensorflow.keras", "tf_keras", "keras.api", "keras.src"):
        if path == prefix or path.startswith(f"{prefix}."):
            path = f"keras{path[len(prefix) :]}"
    return path
