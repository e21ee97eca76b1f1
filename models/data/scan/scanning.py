"""`scan_samples`: a whole data set, looked at."""

from __future__ import annotations

from collections import Counter
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
        alike = look_alikes(looked, copies, results, _at_the_end(progress, len(samples)))
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


def _at_the_end(progress: Progress | None, total: int) -> Progress | None:
    """Comparing what was read takes a while, too: meanwhile progress is told that all is read, so a cancel is heard."""
    return None if progress is None else lambda done, of: progress(total, total)


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
    sizes = {_size(shape) for shape, _ in shapes}
    facts = replace(before, samples=len(looked.usable), broken=named, sizes_differ=len(sizes) > 1)
    return replace(facts, sample_shape=_common_shape(shapes)) if shapes else facts


def _size(shape: Shape) -> Shape:
    """A shape without its channels; rows have none."""
    return shape[:-1] if len(shape) > 1 else shape


def _common_shape(shapes: Shapes) -> Shape:
    """The size that most samples have, with the most channels that one has."""
    rank = len(shapes[0][0])
    if rank == 1:
        return shapes[0][0]
    sizes: Counter[Shape] = Counter()
    for shape, count in shapes:
        sizes[_size(shape)] += count if len(shape) == rank else 0
    return *sizes.most_common(1)[0][0], max(shape[-1] for shape, _ in shapes if len(shape) == rank)


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
