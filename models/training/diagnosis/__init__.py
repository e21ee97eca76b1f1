"""Diagnosis: what may be wrong with a run, by what numbers, what it means, and what would help.

`RULES` finds the rules in `models.training.diagnosis.rules` when it is first read.
"""

from models.training.diagnosis.diagnosing import diagnose, rules
from models.training.diagnosis.evidence import Evidence, evidence_of
from models.training.diagnosis.finding import RULES, SEVERITIES, Finding, Rule, Severity
from models.training.diagnosis.structure import Structure

__all__ = [
    "RULES", "SEVERITIES", "Evidence", "Finding", "Rule", "Severity", "Structure", "diagnose", "evidence_of", "rules",
]  # fmt: skip
