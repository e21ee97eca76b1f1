"""What a scan of a data set finds: counts, ranges, and everything that deserves a second look, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.facts import DataFacts
from models.data.samples import Indices, Samples
from models.data.split import Parts

Severity = Literal["bad", "warn", "note"]

SEVERITIES: tuple[Severity, ...] = ("bad", "warn", "note")
"""The worst first."""


class FindingKind(Enum):
    """Kinds of findings; the value is the title in lists."""

    BROKEN = "Cannot be read"
    DUPLICATE = "Exact copies"
    CONFLICT = "Copies in different classes"
    NEAR_DUPLICATE = "Nearly the same"
    LEAKAGE = "On both sides of the split"
    CONSTANT = "One colour only"
    NOT_FINITE = "Values that are no numbers"
    ODD_SIZE = "Unusual size"
    SIZES = "Different sizes"
    CHANNELS = "Grey and colour mixed"
    ORPHAN_LABEL = "Labels without images"
    ORPHAN_IMAGE = "Images without labels"
    MASK_SIZE = "Mask of another size"
    ORPHAN_MASK = "Images or masks without partner"
    TINY_CLASS = "Very small classes"
    ONE_CLASS = "One class only"
    UNEVEN = "Uneven classes"
    TINY_SET = "Very few samples"


@dataclass(frozen=True, eq=False)
class Finding:
    """Something found.

    Attributes:
        severity: "bad" spoils training, "warn" deserves a look, "note" is worth knowing.
        text: one sentence with the numbers.
        samples: the samples it is about, in order; empty where it is about the data set or about other files.
        files: other things it is about, by name: files that are no samples, classes.
        leave_out: the samples to leave out to be rid of it (of copies all but the first); empty where that is no
            remedy.
        details: of some samples what is wrong with each.
    """

    kind: FindingKind
    severity: Severity
    text: str
    samples: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    files: tuple[str, ...] = ()
    leave_out: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    details: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScanReport:
    """A data set, looked at.

    Attributes:
        samples: the opened data set.
        facts: with what only reading everything tells: the most common shape, broken files, usable samples.
        usable: the samples that can be read.
        counts: usable samples of each class.
        shapes: the shapes that occur, the most common first, each with how often.
        value_range: the smallest and the largest value.
        findings: the worst first.
        copies: groups of samples that are the same to the last value.
        look_alikes: groups of samples that are nearly the same, copies among them.
        seconds: how long it took.
        from_cache: of how many samples an earlier scan's result was taken.
    """

    samples: Samples
    facts: DataFacts
    usable: Indices
    counts: npt.NDArray[np.int64]
    shapes: tuple[tuple[Shape, int], ...]
    value_range: tuple[float, float]
    findings: tuple[Finding, ...]
    copies: tuple[Indices, ...] = ()
    look_alikes: tuple[Indices, ...] = ()
    seconds: float = 0.0
    from_cache: int = 0


def leakage(report: ScanReport, parts: Parts) -> Finding | None:
    """Copies and look-alikes of which some are trained on and others are held out; None where there are none.

    Leaving out those that are held out is the remedy. Copies spoil what is measured; look-alikes may only look so.
    """
    side = parts.of_each(len(report.samples))
    (copies, held_copies), (alike, held_alike) = _spread(report.copies, side), _spread(report.look_alikes, side)
    spread = np.union1d(copies, alike)
    if not len(spread):
        return None
    held_out = np.union1d(held_copies, held_alike)
    stand = "also stands" if len(held_out) == 1 else "also stand"
    text = (
        f"{counted(len(held_out), f'held-out {report.facts.unit}')} {stand} among those trained on, or nearly so: "
        "results on such samples flatter the network."
    )
    return Finding(FindingKind.LEAKAGE, "bad" if len(copies) else "warn", text, spread, leave_out=held_out)


def _spread(groups: Sequence[Indices], side: npt.NDArray[np.int8]) -> tuple[Indices, Indices]:
    """The members of groups that stand on several sides, without those left out, and of them those held out.

    All groups at once: there may be ten thousand, and the split is dragged.
    """
    groups = [group for group in groups if len(group)]
    if not groups:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sizes = np.array([len(group) for group in groups])
    starts = np.cumsum(sizes) - sizes
    members = np.concatenate(groups)
    of = side[members]
    first = np.minimum.reduceat(np.where(of >= 0, of, np.int8(127)), starts)
    several = np.repeat(np.maximum.reduceat(of, starts) > first, sizes)
    return members[several & (of >= 0)], members[several & (of > np.repeat(first, sizes))]


def named(samples: Samples, indices: Sequence[int] | Indices, most: int = 5) -> str:
    """`cats/1.jpg, cats/2.jpg and 3 more`."""
    return listed([samples.name(int(index)) for index in indices[:most]], most, len(indices))


def listed(names: Sequence[str], most: int = 5, of: int | None = None) -> str:
    """`cats, dogs and 3 more`; `of` where there are more than are named."""
    more = (len(names) if of is None else of) - len(names[:most])
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def counted(count: int, things: str) -> str:
    """`1 image`, `1,200 images`: the plural is given."""
    return f"{count:,} {things.removesuffix('s') if count == 1 else things}"
