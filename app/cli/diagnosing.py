"""`layerloom diagnose`: what may be wrong with a run, in plain words or as JSON. Needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from app.cli.errors import CommandError
from app.cli.outputs import json_text
from app.cli.run_tables import summary_of
from models.data.samples import shown
from models.network.project import read_project
from models.training.diagnosis import Evidence, Finding, Structure, diagnose, evidence_of
from models.training.runs.following import RunFollower
from models.training.runs.layout import METRICS, PROJECT

COLOURS = {"bad": "red", "warn": "yellow", "note": "dim"}
WORDS = {"bad": "serious", "warn": "deserves a look", "note": "worth knowing"}


def diagnose_run(folder: Path, as_json: bool) -> None:
    """Say what the rules find in a run's folder. Raises CommandError and the errors of projects."""
    evidence = run_evidence(folder)
    findings = diagnose(evidence)
    if as_json:
        print(json_text([_values(finding) for finding in findings], indent=2))
    else:
        _show(evidence, findings, Console(highlight=False))


def run_evidence(folder: Path) -> Evidence:
    """All that a run's folder knows of the run. Raises CommandError and the errors of projects."""
    summary_of(folder)
    project = read_project(folder / PROJECT)
    follower = RunFollower(folder, project)
    history = follower.read_all()
    if history.started is None:
        raise CommandError(
            f"{folder} holds no run that began: {METRICS} is missing or empty. Name the folder of a run, as "
            "`layerloom runs list` shows them."
        )
    ended = follower.done.reason if follower.done is not None else None
    return evidence_of(history, Structure(project.network), preparation=project.preparation, ended=ended)


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "meaning": finding.meaning,
        "evidence": finding.evidence,
        "node": finding.node,
        "remedies": [remedy.text for remedy in finding.remedies],
    }


def _show(evidence: Evidence, findings: tuple[Finding, ...], console: Console) -> None:
    looked = f"{evidence.steps:,} steps, {len(evidence.epochs):,} epochs"
    if not findings:
        console.print(f"Nothing to worry about so far ({looked}).")
        return
    for finding in findings:
        console.print(
            f"{finding.title} – {WORDS[finding.severity]}",
            style=COLOURS[finding.severity],
            markup=False,
            soft_wrap=True,
        )
        for line in (finding.meaning, f"{finding.evidence[0].upper()}{finding.evidence[1:]}."):
            console.print(f"  {shown(line)}", markup=False, soft_wrap=True)
        for remedy in finding.remedies:
            console.print(f"    → {shown(remedy.text)}", markup=False, soft_wrap=True)
    console.print(f"Looked at {looked}.", style="dim")
