"""A syntax tree as the lines of a function, with the comments of its source and lines that are not too long."""

from __future__ import annotations

import ast
import re

from models.network.source.text import INDENT, double_quoted, wrapped


class NoHelper(Exception):
    """A `build` that cannot be told as a plain function; its blocks are then written out one by one."""


def function_lines(tree: ast.FunctionDef, source: list[str], documentation: str) -> list[str]:
    """The function's lines. `source` are the lines that the tree was parsed from, for the comments in them.

    Raises NoHelper for statements that no block needs (try, with, while, classes …).
    """
    ast.fix_missing_locations(tree)
    return _Emitter(source).function(tree, "", documentation)


class _Emitter:
    """Writes statements with their comments."""

    def __init__(self, source: list[str]) -> None:
        self.source = source

    def function(self, tree: ast.FunctionDef, indent: str, documentation: str = "") -> list[str]:
        lines = wrapped(f"def {tree.name}({_text(tree.args)}):", indent)
        told = ast.get_docstring(tree)
        if documentation or told:
            lines += docstring_lines(documentation or told or "", indent + INDENT)
        return lines + self.block(tree.body if told is None else tree.body[1:], indent + INDENT)

    def block(self, body: list[ast.stmt], indent: str) -> list[str]:
        return [line for statement in body for line in self._statement(statement, indent)]

    def _statement(self, node: ast.stmt, indent: str) -> list[str]:
        return [*self._comments(node, indent), *self._lines(node, indent)]

    def _comments(self, node: ast.stmt, indent: str) -> list[str]:
        """The comment lines that stand right above a statement in its source."""
        line = getattr(node, "lineno", 0) - 1
        found: list[str] = []
        while 0 < line <= len(self.source) and self.source[line - 1].lstrip().startswith("#"):
            line -= 1
            found.insert(0, f"{indent}{self.source[line].lstrip()}")
        return found

    def _lines(self, node: ast.stmt, indent: str) -> list[str]:
        match node:
            case ast.FunctionDef():
                return self.function(node, indent)
            case ast.If():
                return self._if(node, indent, "if")
            case ast.For():
                if node.orelse:
                    raise NoHelper("for … else in a block's build")
                head = _text(ast.For(node.target, node.iter, [], [], lineno=1)).strip()
                return [*wrapped(head, indent), *self.block(node.body, indent + INDENT)]
            case ast.Assign(value=ast.Tuple(elts=[_, *_] as parts)) if len(parts) > 1:
                targets = " = ".join(_bare(target) for target in node.targets)
                return wrapped(f"{targets} = {', '.join(map(_text, parts))}", indent)
            case ast.Return(value=ast.Tuple(elts=[_, *_] as parts)) if len(parts) > 1:
                return wrapped(f"return {', '.join(map(_text, parts))}", indent)
            case ast.Assign() | ast.AugAssign() | ast.Return() | ast.Expr() | ast.Pass() | ast.Assert():
                return wrapped(_text(node), indent)
        raise NoHelper(f"{type(node).__name__} in a block's build")

    def _if(self, node: ast.If, indent: str, word: str) -> list[str]:
        lines = [*wrapped(f"{word} {_text(node.test)}:", indent), *self.block(node.body, indent + INDENT)]
        match node.orelse:
            case []:
                return lines
            case [ast.If() as other]:
                return [*lines, *self._if(other, indent, "elif")]
        return [*lines, f"{indent}else:", *self.block(node.orelse, indent + INDENT)]


def docstring_lines(text: str, indent: str) -> list[str]:
    """A docstring, whatever stands in the text."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if safe.endswith('"'):
        safe = f'{safe[:-1]}\\"'
    lines = [line for paragraph in safe.split("\n") for line in _filled(paragraph, indent)]
    if len(lines) == 1 and len(lines[0]) + 6 <= 88:
        return [f'{indent}"""{lines[0].strip()}"""']
    return [f'{indent}"""{lines[0].strip()}', *lines[1:], f'{indent}"""']


def _filled(paragraph: str, indent: str) -> list[str]:
    """A paragraph in lines of at most 85 characters, so that quotes fit beside them."""
    lines = [""]
    lead = paragraph[: len(paragraph) - len(paragraph.lstrip())]
    for word in paragraph.split():
        if lines[-1] and len(f"{lines[-1]} {word}") > 85:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else f"{indent}{lead}{word}"
    return lines


def _bare(target: ast.expr) -> str:
    """What is assigned to, a tuple without its brackets."""
    return ", ".join(map(_text, target.elts)) if isinstance(target, ast.Tuple) else _text(target)


def _text(node: ast.AST) -> str:
    """A piece of code on one line, its text in double quotes."""
    code = ast.unparse(node)
    return re.sub(r"'(?:[^'\\]|\\.)*'", lambda literal: double_quoted(literal[0]), code)
