"""`layerloom zoo`: the known architectures, as a table or as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.blocks import shape_text
from models.zoo import TEMPLATES

TABLE_WIDTH = 120


def zoo_report() -> list[dict[str, Any]]:
    """Every template with its numbers, as plain JSON values."""
    return [
        {
            "key": entry.key,
            "title": entry.title,
            "summary": entry.summary,
            "year": entry.year,
            "reference": entry.reference,
            "task": entry.task,
            "input_shape": entry.input_shape,
            "classes": entry.classes,
            "parameters": {"total": entry.facts().parameters, "trainable": entry.facts().trainable},
            "multiply_adds": entry.facts().multiply_adds,
            "depth": entry.facts().depth,
        }
        for entry in TEMPLATES.values()
    ]


def show_zoo(console: Console) -> None:
    """The table for people."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("Key", no_wrap=True, min_width=max(map(len, TEMPLATES)))
    table.add_column("Architecture")
    for heading, width in (("Year", 4), ("Parameters", 11), ("Multiply-adds", 15), ("Input", 11)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    for entry in TEMPLATES.values():
        facts = entry.facts()
        table.add_row(
            entry.key,
            escape(entry.title),
            str(entry.year),
            f"{facts.parameters:,}",
            f"{facts.multiply_adds:,}",
            shape_text(entry.input_shape),
        )
    if not console.is_terminal:  # in a pipe or a file the table need not fit into 80 columns
        console.width = max(console.width, TABLE_WIDTH)
    console.print(table)
