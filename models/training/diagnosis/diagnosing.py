"""`diagnose`: all rules on one run."""

from __future__ import annotations

from functools import cache

from models.training.diagnosis.evidence import Evidence
from models.training.diagnosis.finding import RULES, SEVERITIES, Finding, Rule


def diagnose(evidence: Evidence) -> tuple[Finding, ...]:
    """What the rules find in a run, the worst first. What follows from another finding is left out."""
    found = [finding for rule in rules() if (finding := rule.find(evidence)) is not None]
    explained = {name for finding in found for name in RULES[finding.rule].explains}
    left = [finding for finding in found if finding.rule not in explained]
    return tuple(sorted(left, key=lambda finding: SEVERITIES.index(finding.severity)))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule with its usual thresholds."""
    return tuple(rule() for rule in RULES.values())
