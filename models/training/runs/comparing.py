"""What differs between two projects as they were trained: architecture, plan, data and preparation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from models.network.graph import Network, Node
from models.network.project import Project

Part = Literal["network", "plan", "data", "preparation"]
ABSENT = "–"
LONGEST = 200
"""Letters of a value; more are cut, as of a list of a thousand samples."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        part: of the project.
        what: in words: `conv2d_1 (Conv2D) filters`, `optimizer momentum`.
        first, second: its value in each project; `–` where it is not there.
        node: the block it is about, by its id.
    """

    part: Part
    what: str
    first: str
    second: str
    node: str | None = None


def compare(first: Project, second: Project) -> tuple[Difference, ...]:
    """All differences, in the order of the project: the network's blocks first. Blocks are matched by their ids."""
    return (
        *_of_networks(first.network, second.network),
        *_of_values("plan", first.plan, second.plan),
        *_of_values("data", first.data, second.data),
        *_of_values("preparation", first.preparation, second.preparation),
    )


def _of_networks(first: Network, second: Network) -> Iterator[Difference]:
    for node in first.nodes:
        other = second.find(node.id)
        if other is None:
            yield Difference("network", _called(node), _described(node), ABSENT, node.id)
        else:
            yield from _of_nodes(node, other)
    for node in second.nodes:
        if first.find(node.id) is None:
            yield Difference("network", _called(node), ABSENT, _described(node), node.id)


def _of_nodes(first: Node, second: Node) -> Iterator[Difference]:
    called = _called(first)
    if type(first.block) is not type(second.block):
        yield Difference("network", called, _described(first), _described(second), first.id)
    else:
        for field, (one, other) in _changed(_flat(first.block), _flat(second.block)).items():
            yield Difference("network", f"{called} {field}", one, other, first.id)
    if first.inputs != second.inputs:
        yield Difference("network", f"{called} inputs", _inputs(first), _inputs(second), first.id)


def _of_values(part: Part, first: BaseModel, second: BaseModel) -> Iterator[Difference]:
    if first == second:
        return
    for field, (one, other) in _changed(_flat(first), _flat(second)).items():
        yield Difference(part, field, one, other)


def _changed(first: dict[str, str], second: dict[str, str]) -> dict[str, tuple[str, str]]:
    names = [*first, *(name for name in second if name not in first)]
    pairs = {name: (first.get(name, ABSENT), second.get(name, ABSENT)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _flat(value: BaseModel, before: str = "") -> dict[str, str]:
    """A value's fields as text by name, those of values inside it as `outer inner`, its class as `type`."""
    told = {f"{before}type": type(value).__name__}
    for name in type(value).model_fields:
        field = getattr(value, name)
        if isinstance(field, BaseModel):
            told |= _flat(field, f"{before}{name} ")
        elif isinstance(field, tuple) and any(isinstance(one, BaseModel) for one in field):
            told[f"{before}{name}"] = _cut(", ".join(_brief(one) for one in field))
        else:
            told[f"{before}{name}"] = _cut(_text(field))
    return told


def _brief(value: object) -> str:
    if not isinstance(value, BaseModel):
        return _text(value)
    fields = ", ".join(f"{name}={_text(getattr(value, name))}" for name in type(value).model_fields)
    return f"{type(value).__name__}({fields})"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return "×".join(map(_text, value)) if value and all(isinstance(one, int) for one in value) else str(list(value))
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _called(node: Node) -> str:
    return f"{node.name} ({node.id})" if node.name else f"{node.id} ({type(node.block).__name__})"


def _described(node: Node) -> str:
    return _cut(_brief(node.block))


def _inputs(node: Node) -> str:
    return ", ".join(f"{source.node}:{source.output}" if source.output else source.node for source in node.inputs)
