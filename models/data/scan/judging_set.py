"""What of a data set as a whole deserves a second look: sizes, channels, classes, files without partner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from models.blocks import Shape, shape_text
from models.data.facts import DataFacts
from models.data.findings import Finding, FindingKind, counted, listed
from models.data.samples import Indices, Samples
from models.data.scan.looking import Looked

Shapes = Sequence[tuple[Shape, int]]

FEW_OF_A_CLASS = 10
FEW_SAMPLES = 50
UNEVEN = 3.0
"""How many times more samples the largest class has than the smallest."""


def judge_set(looked: Looked, facts: DataFacts, counts: Indices, shapes: Shapes) -> Iterator[Finding]:
    """What there is to say of a data set as a whole.

    Args:
        counts: usable samples of each class.
        shapes: that occur, each with how often.
    """
    yield from _partners(looked.samples)
    if facts.sizes_differ:
        yield _sizes(facts, shapes)
    if len({shape[-1] for shape, _ in shapes if len(shape) == 3}) > 1:
        yield _channels(looked, facts)
    if facts.target == "class" and (looked.samples.labels >= 0).any():
        yield from _classes(facts, counts)
    count = len(looked.usable)
    if count < FEW_SAMPLES:
        verb = "is" if count == 1 else "are"
        text = f"There {verb} {counted(count, facts.unit)} to learn from and to measure on; {FEW_SAMPLES} would be few."
        yield Finding(FindingKind.TINY_SET, "warn", text)


def _partners(samples: Samples) -> Iterator[Finding]:
    """Files that a source could not pair, as it tells in attributes that not every kind of data set has."""
    for kind, attribute, one, many in (
        (FindingKind.ORPHAN_LABEL, "orphan_labels", "label has no image", "labels have no image"),
        (FindingKind.ORPHAN_IMAGE, "orphan_images", "image has no label", "images have no label"),
        (FindingKind.ORPHAN_MASK, "orphan_masks", "file lacks its image or mask", "files lack their image or mask"),
    ):
        files = tuple(getattr(samples, attribute, ()))
        if files:
            count, names = _orphans(files)
            says = f"{count:,} {one if count == 1 else many}, and cannot be used"
            yield Finding(kind, "warn", f"{says}: {listed(names, of=count)}.", files=files)


def _orphans(files: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """How many there are, and those that are named: of very many the last entry is `and 1,234 more`."""
    more = re.fullmatch(r"and ([\d,]+) more", files[-1])
    if more is None:
        return len(files), files
    return len(files) - 1 + int(more[1].replace(",", "")), files[:-1]


def _sizes(facts: DataFacts, shapes: Shapes) -> Finding:
    spatial = max(len(facts.sample_shape) - 1, 1)
    sizes = {shape[:spatial] for shape, _ in shapes}
    smallest, largest = (shape_text(pick(sizes, key=lambda size: float(np.prod(size)))) for pick in (min, max))
    text = (
        f"{facts.unit.capitalize()} come in {len(sizes):,} sizes, from {smallest} to {largest}, most often "
        f"{shape_text(facts.sample_shape[:spatial])}: they are brought to one size by Resize."
    )
    return Finding(FindingKind.SIZES, "note", text)


def _channels(looked: Looked, facts: DataFacts) -> Finding:
    usable = looked.usable
    grey = usable[looked.records["shape"][usable, 2] == 1]
    verb = "is" if len(grey) == 1 else "are"
    text = (
        f"{len(grey):,} of {counted(len(usable), facts.unit)} {verb} grey and the others have colour: grey ones get "
        "the same value in every channel."
    )
    return Finding(FindingKind.CHANNELS, "note", text, grey)


def _classes(facts: DataFacts, counts: Indices) -> Iterator[Finding]:
    names, unit = facts.class_names, facts.unit
    filled = np.flatnonzero(counts)
    if not len(filled):
        return
    if len(filled) == 1:
        only = names[filled[0]]
        text = f"All {unit} are of one class, {only}, so there is nothing to tell apart: add some of another class."
        yield Finding(FindingKind.ONE_CLASS, "bad", text, files=(only,))
    tiny = [label for label in np.argsort(counts, kind="stable") if counts[label] < FEW_OF_A_CLASS]
    if tiny:
        has = "class has" if len(tiny) == 1 else "classes have"
        told = listed([f"{names[label]} ({counts[label]:,})" for label in tiny])
        text = f"{len(tiny):,} {has} fewer than {FEW_OF_A_CLASS} {unit}: {told}."
        yield Finding(FindingKind.TINY_CLASS, "warn", text, files=tuple(names[label] for label in tiny))
    most, least = filled[np.argmax(counts[filled])], filled[np.argmin(counts[filled])]
    ratio = counts[most] / counts[least]
    if ratio > UNEVEN:
        text = (
            f"{names[most]} has {counted(int(counts[most]), unit)} and {names[least]} {counts[least]:,}, {ratio:.1f} "
            "times fewer: class weights or balanced sampling keep the rare ones from being overlooked."
        )
        yield Finding(FindingKind.UNEVEN, "warn", text, files=(names[most], names[least]))
