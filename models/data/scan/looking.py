"""Reading every sample of a data set once: what is kept of each, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from models.blocks import shape_text
from models.data.decoding import BrokenImage
from models.data.images import Floats
from models.data.samples import ArraySamples, Indices, Samples, Values
from models.data.scan.batches import in_threads, ranges
from models.data.scan.cache import Results, Row
from models.data.scan.records import BROKEN, MASK_SIZE, NOT_FINITE, RECORD, Records, describe, digest
from models.data.sources.base import Progress

BATCH = 32
"""Files that a thread reads before it reports."""

BLOCK = 1 << 22
"""Bytes of an array that are looked at at once: what fits into a processor's cache is fast."""

UNUSABLE = BROKEN | MASK_SIZE | NOT_FINITE


@dataclass(frozen=True, eq=False)
class Looked:
    """A data set of which every sample was read.

    Attributes:
        records: one for each sample.
        notes: what is wrong with those that are broken or have a mask of another size.
        from_cache: for how many an earlier result was taken.
    """

    samples: Samples
    records: Records
    notes: dict[int, str] = field(default_factory=dict)
    from_cache: int = 0

    def flagged(self, flag: int) -> Indices:
        """The samples with a flag."""
        return np.flatnonzero(self.records["flags"] & flag)

    @property
    def usable(self) -> Indices:
        """The samples that a network can be trained on."""
        return np.flatnonzero(self.records["flags"] & UNUSABLE == 0)


@dataclass(frozen=True)
class _Batch:
    """Samples to look at, and what is known of them by name."""

    indices: range
    known: dict[str, Row]

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True)
class _Found:
    """What came of a batch."""

    indices: range
    records: Records
    notes: dict[int, str]
    new: tuple[Row, ...] = ()
    from_cache: int = 0


def look_at_all(samples: Samples, results: Results, progress: Progress | None) -> Looked:
    """Read every sample, but for files that have not changed since their result was kept.

    Call it inside `quiet_pillow`. What was found until an exception in `progress` is kept in `results`.
    """
    records = np.zeros(len(samples), RECORD)
    notes: dict[int, str] = {}
    from_cache = 0
    try:
        for found in _found(samples, results, progress):
            records[found.indices.start : found.indices.stop] = found.records
            notes |= found.notes
            from_cache += found.from_cache
            results.keep(found.new)
    finally:
        results.flush()
    return Looked(samples, records, notes, from_cache)


def _found(samples: Samples, results: Results, progress: Progress | None) -> Iterator[_Found]:
    count = len(samples)
    if isinstance(samples, ArraySamples) and type(samples).read is ArraySamples.read:
        values = samples.values
        size = max(BLOCK // max(values[:1].nbytes, 1), 1) if count else 1
        return in_threads(lambda indices, _: _look_at_block(samples, indices), ranges(count, size), count, progress)

    def batches() -> Iterator[_Batch]:
        for indices in ranges(count, BATCH):
            known = results.find([samples.name(index) for index in indices]) if results.is_open else {}
            yield _Batch(indices, known)

    return in_threads(
        lambda batch, stopped: _look_at_batch(samples, batch, results.is_open, stopped), batches(), count, progress
    )


# --- arrays -----------------------------------------------------------------------------------------------------------
def _look_at_block(samples: ArraySamples, indices: range) -> _Found:
    try:
        records = describe(np.asarray(samples.values[indices.start : indices.stop]), samples.facts.white)
    except (OSError, ValueError) as error:
        return _all_broken(indices, str(error))
    notes: dict[int, str] = {}
    if samples.masks is not None:
        for record, index in zip(records, indices, strict=True):
            _look_at_mask(samples, index, record, notes)
    return _Found(indices, records, notes)


def _all_broken(indices: range, reason: str) -> _Found:
    records = np.zeros(len(indices), RECORD)
    records["flags"] = BROKEN
    return _Found(indices, records, dict.fromkeys(indices, reason))


# --- files ------------------------------------------------------------------------------------------------------------
def _look_at_batch(samples: Samples, batch: _Batch, keeps: bool, stopped: Event) -> _Found:
    records = np.zeros(len(batch), RECORD)
    notes: dict[int, str] = {}
    new: list[Row] = []
    from_cache = 0
    for place, index in enumerate(batch.indices):
        if stopped.is_set():
            break
        name = samples.name(index)
        identity = _identity(samples, index) if keeps else ""
        row = batch.known.get(name)
        if row is not None and row.identity == identity and len(row.record) == RECORD.itemsize:
            records[place] = np.frombuffer(row.record, RECORD)[0]
            if row.note:
                notes[index] = row.note
            from_cache += 1
            continue
        lasts = _look_at_sample(samples, index, records[place : place + 1], notes)
        if identity and lasts:
            new.append(Row(name, identity, records[place].tobytes(), notes.get(index, "")))
    return _Found(batch.indices, records, notes, tuple(new), from_cache)


def _look_at_sample(samples: Samples, index: int, records: Records, notes: dict[int, str]) -> bool:
    """Fill in one record; whether what was found lasts for as long as the file stays the same.

    A file that could not be opened, for want of permission, may be opened another time.
    """
    try:
        records[:] = describe(samples.read(index)[None], samples.facts.white)
    except (OSError, ValueError, MemoryError) as error:
        records["flags"] = BROKEN
        notes[index] = _reason(error)
        return not (_may_pass(error) or _may_pass(error.__cause__))
    return _look_at_mask(samples, index, records[0], notes)


def _look_at_mask(samples: Samples, index: int, record: Any, notes: dict[int, str]) -> bool:
    """Compare a sample's mask with it, where it has one; whether what was found lasts."""
    try:
        mask = samples.mask(index)
    except (OSError, ValueError, MemoryError) as error:
        record["flags"] |= BROKEN
        notes[index] = f"its mask: {_reason(error)}"
        return False
    if mask is None:
        return True
    record["mask"] = digest(mask)[0]
    size = tuple(int(side) for side in record["shape"][: max(int(record["rank"]) - 1, 0)])
    if mask.shape[: len(size)] != size:
        record["flags"] |= MASK_SIZE
        notes[index] = f"it has {shape_text(size)} pixels, and its mask has {shape_text(mask.shape[: len(size)])}"
    return True


def _may_pass(error: BaseException | None) -> bool:
    """Whether it is the system that failed: about damage Pillow raises OSError, too, but without a number."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None)


def _reason(error: Exception) -> str:
    if isinstance(error, BrokenImage):
        return str(error)
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _identity(samples: Samples, index: int) -> str:
    """Size and time of a sample's file, and of its mask's; empty where they cannot be learned."""
    masks = getattr(samples, "mask_names", None)
    try:
        path = samples.path(index)
        parts = [_stamp(path)] if path is not None else []
        if masks is not None:
            parts.append(f"{masks[index]}:{_stamp(samples.folder / masks[index])}")  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return ""
    if samples.facts.has_masks and masks is None:
        return ""
    return "|".join(parts)


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


# --- small pictures, to compare ---------------------------------------------------------------------------------------
def read_small(
    samples: Samples, indices: Sequence[int], reduce: Callable[[Values], Floats], progress: Progress | None
) -> dict[int, Floats]:
    """Some samples, reduced, by index; without those that cannot be read."""

    def read(batch: Sequence[int], stopped: Event) -> dict[int, Floats]:
        found = {}
        for index in batch:
            if stopped.is_set():
                break
            try:
                found[index] = reduce(samples.read(index))
            except (OSError, ValueError, MemoryError):  # gone since it was looked at
                continue
        return found

    batches = (indices[run.start : run.stop] for run in ranges(len(indices), BATCH))
    pictures: dict[int, Floats] = {}
    for found in in_threads(read, batches, len(indices), progress):
        pictures |= found
    return pictures
