"""`layerloom inspect`: what is known of a network, as JSON or as tables."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.errors import tell
from app.cli.targets import Target
from models.analysis import Analysis, Problem, analyse
from models.analysis.network_analysis import NodeAnalysis
from models.blocks import Shape, shape_text
from models.data.sources import DataError, DataFacts, resolve
from models.network.graph import Network, Node


def facts_of(target: Target) -> DataFacts | None:
    """What a quick look at a project's data set gives; a network can be inspected without."""
    if target.project is None:
        return None
    try:
        return resolve(target.project.data, target.folder).glance()
    except DataError as error:
        tell(f"the network was not compared with its data set. {error}")
        return None


def report(target: Target) -> dict[str, Any]:
    """The analysis as plain JSON values."""
    analysis = analyse(target.network, facts_of(target))
    return {
        "name": target.name,
        "input_shape": analysis.input_shape,
        "output_shape": analysis.output_shape,
        "parameters": {"total": analysis.parameters, "trainable": analysis.trainable},
        "multiply_adds": analysis.multiply_adds,
        "activation_bytes": analysis.activation_bytes,
        "receptive_field": analysis.receptive_field,
        "blocks": [_block(node, analysis.nodes[node.id]) for node in target.network.nodes],
        "problems": [_problem(problem) for problem in analysis.problems],
    }


def _block(node: Node, facts: NodeAnalysis) -> dict[str, Any]:
    return {
        "id": node.id,
        "type": node.block.type,
        "name": node.title,
        "output_shape": facts.output_shape,
        "parameters": facts.parameters,
        "trainable": facts.trainable,
        "multiply_adds": facts.multiply_adds,
        "receptive_field": facts.receptive_field,
        "problems": [_problem(problem) for problem in facts.problems],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "block": problem.node_id,
        "received": problem.received,
        "expected": problem.expected,
        "repairs": [repair.text for repair in problem.repairs],
    }


def show_tables(target: Target, console: Console) -> None:
    """The analysis for people."""
    analysis = analyse(target.network, facts_of(target))
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("Block", no_wrap=True)
    for heading in ("Output", "Parameters", "Multiply-adds", "Sees"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Settings", style="dim")
    for node in target.network.nodes:
        table.add_row(*_row(node, analysis.nodes[node.id]))
    console.print(f"[bold]{escape(target.name)}[/]", _totals(analysis), sep="\n", highlight=False)
    console.print("", table, sep="\n")
    show_problems(analysis, target.network, console)


def _row(node: Node, facts: NodeAnalysis) -> tuple[str, ...]:
    mark = "[red]✗[/] " if facts.problems else ""
    return (
        mark + escape(node.title),
        _shape(facts.output_shape),
        f"{facts.parameters:,}" if facts.parameters else "",
        f"{facts.multiply_adds:,}" if facts.multiply_adds else "",
        _shape(facts.receptive_field),
        escape(node.block.settings_text()),
    )


def _shape(shape: Shape | None) -> str:
    return shape_text(shape) if shape else "–"


def _totals(analysis: Analysis) -> str:
    return (
        f"{_shape(analysis.input_shape)} → {_shape(analysis.output_shape)}\n"
        f"{analysis.parameters:,} parameters, {analysis.trainable:,} of them trainable\n"
        f"{analysis.multiply_adds:,} multiply-adds and {analysis.activation_bytes:,} bytes of activations per image"
    )


def show_problems(analysis: Analysis, network: Network, console: Console) -> None:
    """Each problem with what would repair it."""
    for problem in analysis.problems:
        title = network.node(problem.node_id).title
        console.print(f"[red]✗ {escape(title)}[/] ({problem.node_id}): {escape(problem.text)}", highlight=False)
        for repair in problem.repairs:
            console.print(f"    → {escape(repair.text)}", highlight=False)
