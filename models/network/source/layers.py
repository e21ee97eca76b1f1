"""The layers that Keras lacks, put into the generated module: several files become one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence


def split_imports(sources: Iterable[str]) -> tuple[list[str], list[list[str]]]:
    """The import statements of several files, and the lines of every function and class in them, each once.

    Where two files have different things of the same name, the second's gets a number.
    """
    imports: list[str] = []
    parts: list[list[str]] = []
    seen: dict[str, str] = {}
    for source in sources:
        tree = ast.parse(source)
        for name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]:
            text = _definition(source, name)
            if seen.setdefault(name, text) != text:
                number = next(n for n in range(2, len(seen) + 3) if f"{name}_{n}" not in seen)
                source = re.sub(rf"\b{name}\b", f"{name}_{number}", source)
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(ast.unparse(node))
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign):
                lines = _lines(source, node)
                if lines not in parts:
                    parts.append(lines)
    return imports, parts


def _definition(source: str, name: str) -> str:
    nodes = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
    return "\n".join(_lines(source, nodes[0]))


def _lines(source: str, node: ast.stmt) -> list[str]:
    """A statement's lines with its decorators and the comments right above it."""
    lines = source.splitlines()
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    return lines[first : node.end_lineno]


def merged_imports(imports: Sequence[str]) -> list[str]:
    """Import statements in the usual order, each once: `__future__`, the standard library, then Keras."""
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for statement in imports:
        node = ast.parse(statement).body[0]
        if isinstance(node, ast.ImportFrom) and node.module:
            parts.setdefault(node.module, set()).update(ast.unparse(alias) for alias in node.names)
        else:
            whole.add(statement)
    lines = whole | {f"from {module} import {', '.join(sorted(names))}" for module, names in parts.items()}
    groups = [
        [line for line in lines if line.startswith("from __future__")],
        [line for line in lines if "__future__" not in line and "keras" not in line],
        [line for line in lines if "keras" in line],
    ]
    sections = [sorted(group, key=lambda line: (line.startswith("from"), line)) for group in groups if group]
    return [line for index, section in enumerate(sections) for line in ([""] if index else []) + section]
