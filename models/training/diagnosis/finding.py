"""`Finding` and `Rule`: what may be wrong with a run, and what looks for it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from models.registry import Registry
from models.training.remedies import Remedy

if TYPE_CHECKING:
    from models.training.diagnosis.evidence import Evidence

Severity = Literal["bad", "warn", "note"]

SEVERITIES: tuple[Severity, ...] = ("bad", "warn", "note")
"""The worst first."""

RULES: Registry[Rule] = Registry("models.training.diagnosis.rules")
"""Every rule by its class's name."""


@dataclass(frozen=True)
class Finding:
    """Something that a rule found.

    Attributes:
        rule: the name of the rule's class.
        title: of the rule: `Overfitting`.
        meaning: what it means, in one sentence.
        severity: "bad" spoils the run, "warn" deserves a look, "note" is worth knowing.
        evidence: the numbers it was found by, in words.
        node: the block it is about, or of several the one where it is worst, by its id in the expansion.
        remedies: edits that should help, the best one first.
    """

    rule: str
    title: str
    meaning: str
    severity: Severity
    evidence: str
    node: str | None = None
    remedies: tuple[Remedy, ...] = ()


class Rule(BaseModel):
    """One thing that may be wrong. Its fields are its thresholds; each says where its value comes from.

    Class attributes:
        title: what it is called.
        meaning: what it means, in one sentence for somebody who learns.
        looks: when it looks, and at what.
        helps: what it offers, in words.
        explains: names of rules whose findings follow from this one's, and are then left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: ClassVar[str]
    meaning: ClassVar[str]
    looks: ClassVar[str]
    helps: ClassVar[tuple[str, ...]]
    explains: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)  # type: ignore[arg-type]
        RULES.add(cls.__name__, cls)

    @abstractmethod
    def find(self, evidence: Evidence) -> Finding | None:
        """What it finds in a run; None where all is well, or where there is too little to tell."""

    def finding(
        self, severity: Severity, evidence: str, remedies: tuple[Remedy, ...] = (), node: str | None = None
    ) -> Finding:
        """A finding of this rule."""
        return Finding(type(self).__name__, self.title, self.meaning, severity, evidence, node, remedies)
