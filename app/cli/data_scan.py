"""`layerloom data scan`: what a data set holds and what deserves a second look, as text or as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.data_targets import DataTarget, find_data, progress_bar
from app.cli.outputs import json_text
from models.blocks import shape_text
from models.data.findings import Finding, ScanReport, leakage, listed
from models.data.samples import TEST, TRAINING, VALIDATION, Indices, Samples, shown
from models.data.scan import ScanCache, scan_samples
from models.data.sources.base import source_to_dict
from models.data.split import Parts, divide

MOST_NAMES = 20
MOST_CLASSES = 50
MOST_SHAPES = 5

SIDES = {TRAINING: "Training", VALIDATION: "Validation", TEST: "Test"}
COLOURS = {"bad": "red", "warn": "yellow", "note": "dim"}


def scan_data(word: str, as_json: bool, split: float | None, cache: bool) -> None:
    """Scan the data set that a word names. Raises CommandError and the errors of projects and data."""
    target = find_data(word)
    with progress_bar("Listing") as progress:
        samples = target.source.open(progress)
    with progress_bar("Reading") as progress:
        report = scan_samples(samples, progress, ScanCache() if cache else None)
    report = replace(report, facts=report.facts.named(target.preparation.class_names))
    parts = _parts(target, report, split)
    spread = leakage(report, parts) if parts is not None else None
    if spread is not None:
        report = replace(report, findings=(spread, *report.findings))
    if as_json:
        print(json_text(report_values(target, report, parts), indent=2))
    else:
        show_report(report, parts, Console(highlight=False))


def _parts(target: DataTarget, report: ScanReport, share: float | None) -> Parts | None:
    """How the data set is divided: as asked, as the project says, or as its folders do."""
    split = target.preparation.split
    if share is not None:
        split = split.replace(by="shares", validation=share)
    elif report.samples.parts is not None and target.project is None:
        split = split.replace(by="folders")
    elif target.project is None:
        return None
    return divide(split, report.samples, _left_in(report, target.preparation.left_out))


def _left_in(report: ScanReport, left_out: tuple[str, ...]) -> Indices:
    out = set(left_out)
    if not out:
        return report.usable
    left = [index for index in report.usable.tolist() if report.samples.name(index) not in out]
    return np.array(left, np.int64)


# --- JSON -------------------------------------------------------------------------------------------------------------
def report_values(target: DataTarget, report: ScanReport, parts: Parts | None) -> dict[str, Any]:
    """The report as plain JSON values, with every name."""
    facts = report.facts
    return {
        "source": source_to_dict(target.source),
        "facts": {
            "name": facts.name,
            "unit": facts.unit,
            "samples": facts.samples,
            "sample_shape": facts.sample_shape,
            "classes": facts.classes,
            "target": facts.target,
            "white": facts.white,
            "has_masks": facts.has_masks,
            "has_boxes": facts.has_boxes,
            "sizes_differ": facts.sizes_differ,
        },
        "counts": dict(zip(facts.class_names, report.counts.tolist(), strict=True)),
        "parts": None if parts is None else _part_sizes(parts),
        "shapes": [{"shape": shape, "samples": count} for shape, count in report.shapes],
        "value_range": report.value_range,
        "findings": [_finding_values(report.samples, finding) for finding in report.findings],
        "seconds": round(report.seconds, 3),
        "from_cache": report.from_cache,
    }


def _part_sizes(parts: Parts) -> dict[str, int]:
    return {"training": len(parts.training), "validation": len(parts.validation), "test": len(parts.test)}


def _finding_values(samples: Samples, finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.name.lower(),
        "title": finding.kind.value,
        "severity": finding.severity,
        "text": finding.text,
        "samples": [samples.name(index) for index in finding.samples.tolist()],
        "files": finding.files,
        "leave_out": [samples.name(index) for index in finding.leave_out.tolist()],
        "details": {samples.name(index): detail for index, detail in finding.details.items()},
    }


# --- text -------------------------------------------------------------------------------------------------------------
def show_report(report: ScanReport, parts: Parts | None, console: Console) -> None:
    """The report for people."""
    console.print(escape(report.facts.text), soft_wrap=True)
    low, high = report.value_range
    shapes = [f"{shape_text(shape)} ({count:,})" for shape, count in report.shapes]
    console.print(f"Sizes: {listed(shapes, MOST_SHAPES) or 'none'} · values {low:g} … {high:g}", soft_wrap=True)
    cached = f", {report.from_cache:,} of them known from before" if report.from_cache else ""
    console.print(
        f"{len(report.samples):,} {report.facts.unit} read in {report.seconds:.1f} s{cached}",
        style="dim",
        soft_wrap=True,
    )
    if report.facts.target == "class" and report.facts.classes:
        console.print()
        console.print(_class_table(report, parts))
    console.print()
    if not report.findings:
        console.print("Nothing deserves a second look.")
    for finding in report.findings:
        _show_finding(report.samples, finding, console)


def _class_table(report: ScanReport, parts: Parts | None) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("Class")
    headings = [report.facts.unit.capitalize()]
    side = parts.of_each(len(report.samples)) if parts is not None else None
    columns = [report.counts]
    for part, title in SIDES.items():
        if side is not None and (side == part).any():
            headings.append(title)
            labels = report.samples.labels[side == part]
            columns.append(np.bincount(labels[labels >= 0], minlength=report.facts.classes).astype(np.int64))
    for heading in headings:
        table.add_column(heading, justify="right")
    for label, name in enumerate(report.facts.class_names[:MOST_CLASSES]):
        table.add_row(escape(shown(name)), *(f"{column[label]:,}" for column in columns))
    if report.facts.classes > MOST_CLASSES:
        table.add_row(f"and {report.facts.classes - MOST_CLASSES:,} more classes")
    return table


def _show_finding(samples: Samples, finding: Finding, console: Console) -> None:
    style = COLOURS[finding.severity]
    console.print(f"{finding.kind.value}: {shown(finding.text)}", style=style, markup=False, soft_wrap=True)
    count = len(finding.samples) or len(finding.files)
    some = finding.samples[:MOST_NAMES].tolist()
    names = [samples.name(index) for index in some] or list(finding.files[:MOST_NAMES])
    details = [finding.details.get(index, "") for index in some] or [""] * len(names)
    if all(name in finding.text and detail in finding.text for name, detail in zip(names, details, strict=True)):
        return  # the sentence says it all
    for name, detail in zip(map(shown, names), map(shown, details), strict=True):
        console.print(f"  {name} – {detail}" if detail else f"  {name}", markup=False, soft_wrap=True)
    if count > len(names):
        console.print(f"  and {count - len(names):,} more", style="dim", soft_wrap=True)
