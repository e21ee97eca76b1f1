"""What of a data set that was read deserves a second look, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from models.data.facts import DataFacts
from models.data.findings import SEVERITIES, Finding, FindingKind, Severity, counted, named
from models.data.samples import Indices
from models.data.scan.judging_set import judge_set
from models.data.scan.looking import Looked
from models.data.scan.records import BROKEN, CONSTANT, MASK_SIZE, NOT_FINITE, shape_of

Groups = Sequence[Indices]

ODD = 8
"""How many times larger or smaller than the median a side must be to be unusual; and how many times an aspect ratio."""

REASONS = 3
"""Broken files of which the sentence gives the reason; the others' are in the details."""


def judge(
    looked: Looked,
    facts: DataFacts,
    counts: Indices,
    shapes: Sequence[tuple[tuple[int, ...], int]],
    copies: Groups,
    alike: Groups,
) -> tuple[Finding, ...]:
    """Everything found, the worst first."""
    findings = [*_of_samples(looked, facts, copies, alike), *judge_set(looked, facts, counts, shapes)]
    order = list(FindingKind)
    return tuple(sorted(findings, key=lambda found: (SEVERITIES.index(found.severity), order.index(found.kind))))


def _of_samples(looked: Looked, facts: DataFacts, copies: Groups, alike: Groups) -> Iterator[Finding]:
    for find in (_broken, _constant, _not_finite, _mask_sizes, _odd_sizes):
        if (found := find(looked, facts)) is not None:
            yield found
    conflicts = [group for group in copies if _is_conflict(looked, group)]
    agreeing = [group for group in copies if not _is_conflict(looked, group)]
    finds: list[tuple[Callable[[Looked, DataFacts, Groups], Finding], Groups]] = [
        (_duplicates, agreeing),
        (_conflicts, conflicts),
        (_near, alike),
    ]
    for judge_groups, groups in finds:
        if groups:
            yield judge_groups(looked, facts, groups)


# --- samples by themselves --------------------------------------------------------------------------------------------
def _broken(looked: Looked, facts: DataFacts) -> Finding | None:
    broken = looked.flagged(BROKEN)
    if not len(broken):
        return None
    details = {int(index): looked.notes.get(int(index), "") for index in broken}
    first = "; ".join(f"{looked.samples.name(index)}: {details[index]}" for index in list(details)[:REASONS])
    more = f"; and {len(broken) - REASONS:,} more" if len(broken) > REASONS else ""
    text = f"{len(broken):,} of {counted(len(looked.samples), facts.unit)} cannot be read: {first}{more}."
    return Finding(FindingKind.BROKEN, "bad", text, broken, leave_out=broken, details=details)


def _constant(looked: Looked, facts: DataFacts) -> Finding | None:
    constant = np.intersect1d(looked.flagged(CONSTANT), looked.usable)
    if not len(constant) or facts.unit == "rows":  # a row of zeros is a row like others
        return None
    one = "one colour" if facts.unit == "images" else "one value"
    verb = "has" if len(constant) == 1 else "have"
    text = f"{counted(len(constant), facts.unit)} {verb} {one} only: {named(looked.samples, constant)}."
    return Finding(FindingKind.CONSTANT, "warn", text, constant, leave_out=constant)


def _not_finite(looked: Looked, facts: DataFacts) -> Finding | None:
    bad = looked.flagged(NOT_FINITE)
    if not len(bad):
        return None
    verb = "holds" if len(bad) == 1 else "hold"
    text = f"{counted(len(bad), facts.unit)} {verb} values that are not finite: {named(looked.samples, bad)}."
    return Finding(FindingKind.NOT_FINITE, "bad", text, bad, leave_out=bad)


def _mask_sizes(looked: Looked, facts: DataFacts) -> Finding | None:
    odd = looked.flagged(MASK_SIZE)
    if not len(odd):
        return None
    details = {int(index): looked.notes.get(int(index), "") for index in odd}
    verb = "has a mask" if len(odd) == 1 else "have masks"
    text = f"{counted(len(odd), facts.unit)} {verb} of another size: {named(looked.samples, odd)}."
    return Finding(FindingKind.MASK_SIZE, "bad", text, odd, leave_out=odd, details=details)


def _odd_sizes(looked: Looked, facts: DataFacts) -> Finding | None:
    """Samples with a side, or images with an aspect ratio, far from the median."""
    usable = looked.usable
    records = looked.records[usable]
    axes = len(facts.sample_shape) - 1
    if axes < 1 or not len(usable):
        return None
    sides = np.maximum(records["shape"][:, :axes].astype(np.float64), 1)
    ratios = sides / np.median(sides, axis=0)
    if axes == 2:
        aspects = sides[:, :1] / sides[:, 1:2]
        ratios = np.concatenate([ratios, aspects / np.median(aspects)], axis=1)
    odd = usable[(np.maximum(ratios, 1 / ratios) > ODD).any(1)]
    if not len(odd):
        return None
    usual = "×".join(f"{median:,.0f}" for median in np.median(sides, axis=0))
    details = {int(index): "×".join(map(str, shape_of(looked.records[index]))) for index in odd}
    verb = "is" if len(odd) == 1 else "are"
    text = (
        f"{counted(len(odd), facts.unit)} {verb} more than {ODD} times larger, smaller or narrower than usual "
        f"({usual}): {named(looked.samples, odd)}."
    )
    return Finding(FindingKind.ODD_SIZE, "warn", text, odd, leave_out=odd, details=details)


# --- copies -----------------------------------------------------------------------------------------------------------
def _is_conflict(looked: Looked, group: Indices) -> bool:
    """Whether copies have different labels, or different masks."""
    labels, masks = looked.samples.labels[group], looked.records["mask"][group]
    return bool((labels != labels[0]).any() or (masks != masks[0]).any())


def _duplicates(looked: Looked, facts: DataFacts, groups: Groups) -> Finding:
    """Rows are often the same without being copies: that is worth knowing and no more."""
    later = np.sort(np.concatenate([group[1:] for group in groups]))
    verb = "is an exact copy of another one" if len(later) == 1 else "are exact copies of others"
    first = groups[0]
    text = (
        f"{counted(len(later), facts.unit)} {verb}: "
        f"{named(looked.samples, first[1:], 3)} of {looked.samples.name(int(first[0]))}"
        + (f", and so on in {len(groups):,} groups" if len(groups) > 1 else "")
        + "."
    )
    severity: Severity = "note" if facts.unit == "rows" else "warn"
    return Finding(FindingKind.DUPLICATE, severity, text, _all(groups), leave_out=later)


def _conflicts(looked: Looked, facts: DataFacts, groups: Groups) -> Finding:
    members = _all(groups)
    in_what = "classes" if facts.target == "class" else "masks"
    first = groups[0]
    labels = dict.fromkeys(looked.samples.labels[first].tolist())
    names = ", ".join(facts.class_names[label] for label in labels if 0 <= label < facts.classes)
    text = (
        f"{counted(len(members), facts.unit)} are exact copies with different {in_what}, so no network can be right on "
        f"all: {named(looked.samples, first, 3)}" + (f" ({names})" if names and in_what == "classes" else "") + "."
    )
    details = {
        int(index): facts.class_names[label]
        for index in members
        if 0 <= (label := int(looked.samples.labels[index])) < facts.classes
    }
    severity: Severity = "warn" if facts.unit == "rows" else "bad"
    return Finding(FindingKind.CONFLICT, severity, text, members, leave_out=members, details=details)


def _near(looked: Looked, facts: DataFacts, groups: Groups) -> Finding:
    members = _all(groups)
    later = np.sort(np.concatenate([group[1:] for group in groups]))
    mixed = sum(len(np.unique(looked.samples.labels[group])) > 1 for group in groups)
    text = (
        f"{counted(len(members), facts.unit)} look nearly the same in {counted(len(groups), 'groups')}: "
        f"{named(looked.samples, groups[0], 3)}"
        + (f"; {mixed:,} of the groups hold several classes" if mixed else "")
        + "."
    )
    return Finding(FindingKind.NEAR_DUPLICATE, "warn", text, members, leave_out=later)


def _all(groups: Groups) -> Indices:
    return np.sort(np.concatenate(groups))
