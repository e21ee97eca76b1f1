"""`scan_samples`: a whole data set, looked at."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from time import perf_counter

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.decoding import quiet_pillow
from models.data.facts import DataFacts
from models.data.findings import ScanReport
from models.data.samples import Samples
from models.data.scan.cache import Results, ScanCache
from models.data.scan.copies import exact_groups, look_alikes
from models.data.scan.judging import judge
from models.data.scan.looking import Looked, look_at_all
from models.data.scan.records import BROKEN
from models.data.sources.base import Progress

Shapes = tuple[tuple[Shape, int], ...]


def scan_samples(samples: Samples, progress: Progress | None = None, cache: ScanCache | None = None) -> ScanReport:
    """Read every sample and tell what there is and what deserves a second look.

    Args:
        progress: called now and then; an exception raised in it ends the scan promptly, and `cache` keeps what was
            found until then.
        cache: where results are kept for files that do not change; None reads all of them.
    """
    start = perf_counter()
    with closing(cache.results(samples) if cache is not None else Results(None)) as results, quiet_pillow():
        looked = look_at_all(samples, results, progress)
        copies = exact_groups(looked.records, looked.usable)
        alike = look_alikes(looked, copies, results)
        results.forget_others(samples)
    shapes = _shapes(looked)
    facts = _facts(looked, shapes)
    counts = _counts(looked, facts.classes)
    return ScanReport(
        samples=samples,
        facts=facts,
        usable=looked.usable,
        counts=counts,
        shapes=shapes,
        value_range=_value_range(looked),
        findings=judge(looked, facts, counts, shapes, copies, alike),
        copies=tuple(copies),
        look_alikes=tuple(alike),
        seconds=perf_counter() - start,
        from_cache=looked.from_cache,
    )


def _shapes(looked: Looked) -> Shapes:
    """The shapes of usable samples, the most common first; of equally common ones the smaller."""
    records = looked.records[looked.usable]
    keys = np.concatenate([records["rank"][:, None].astype(np.uint32), records["shape"]], axis=1)
    kinds, counts = np.unique(keys, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple((tuple(int(side) for side in kinds[k][1 : 1 + kinds[k][0]]), int(counts[k])) for k in order)


def _facts(looked: Looked, shapes: Shapes) -> DataFacts:
    """What only reading everything tells; channels are the most that a sample has."""
    before, broken = looked.samples.facts, looked.flagged(BROKEN)
    named = tuple(f"{looked.samples.name(int(index))}: {looked.notes.get(int(index), '')}" for index in broken)
    facts = replace(before, samples=len(looked.usable), broken=named, sizes_differ=len(shapes) > 1)
    if not shapes:
        return facts
    sizes: dict[Shape, int] = {}
    for shape, count in shapes:
        size = shape[:-1] if len(shape) > 1 else shape
        sizes[size] = sizes.get(size, 0) + count
    size = max(sizes, key=lambda each: sizes[each])
    same_rank = [shape for shape, _ in shapes if len(shape) == len(size) + 1]
    channels = (max(shape[-1] for shape in same_rank),) if same_rank and len(size) < len(shapes[0][0]) else ()
    return replace(facts, sample_shape=(*size, *channels), sizes_differ=len(sizes) > 1)


def _counts(looked: Looked, classes: int) -> npt.NDArray[np.int64]:
    """Usable samples of each class."""
    labels = looked.samples.labels[looked.usable]
    known = labels[(labels >= 0) & (labels < classes)]
    return np.bincount(known, minlength=classes).astype(np.int64)


def _value_range(looked: Looked) -> tuple[float, float]:
    records = looked.records[looked.usable]
    if not len(records):
        return 0.0, 0.0
    return float(records["low"].min()), float(records["high"].max())
