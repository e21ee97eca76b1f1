"""A run's metrics on the disk: its events as lines of JSON, which are only ever appended.

A line that was torn by a crash is passed over. Whoever goes on with a run appends a TrainingStarted with the step where
it goes on; what was logged behind that step is void, as `History.start` has it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from models.data.facts import DataFacts
from models.files import FileError, check_regular
from models.network.graph import Network
from models.training.events import (
    BatchesDone,
    BlockMeasured,
    BlocksMeasured,
    CheckpointWritten,
    EpochDone,
    Event,
    Floats,
    Histogram,
    LearningRateChanged,
    TrainingDone,
    TrainingStarted,
)
from models.training.plan import TrainingPlan

METRICS = "metrics.jsonl"
DIGITS = 7
"""Significant decimal digits of what is logged: float32 has no more."""

LARGEST = 2**53
"""No count in a log comes near it, and floats hold every whole number below."""

LOGGED: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        TrainingStarted,
        BatchesDone,
        EpochDone,
        LearningRateChanged,
        BlocksMeasured,
        CheckpointWritten,
        TrainingDone,
    )
}
"""Events that belong into the log, by the name that their lines begin with."""

LEFT_OUT = frozenset({"network", "remedies"})
"""Fields that the run's project tells, or that nobody needs later."""


# --- writing ----------------------------------------------------------------------------------------------------------
def line_of(event: Event) -> bytes:
    """An event as one line, its newline included."""
    values = {field.name: getattr(event, field.name) for field in fields(event) if field.name not in LEFT_OUT}
    line = {"event": type(event).__name__, **{name: _plain(value) for name, value in values.items()}}
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def joined(batches: Sequence[BatchesDone]) -> BatchesDone:
    """Successive events of one epoch as a single one, so that the log has fewer lines."""
    last = batches[-1]
    return BatchesDone(
        last.run_id,
        last.epoch,
        last.step,
        np.concatenate([batch.losses for batch in batches]),
        np.concatenate([batch.metrics for batch in batches]),
        last.images_per_second,
        np.concatenate([batch.learning_rates for batch in batches]),
        np.concatenate([batch.gradient_norms for batch in batches]),
    )


def append(file: BinaryIO, lines: bytes) -> None:
    """Append whole lines and give them to the system. Raises OSError.

    A file that ends within a line, torn by a crash, gets a newline first: the torn line is then passed over.
    """
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            lines = b"\n" + lines
    file.seek(0, os.SEEK_END)
    file.write(lines)
    file.flush()


def _plain(value: Any) -> Any:
    """JSON for a field's value; numbers that are not finite become null."""
    if isinstance(value, np.ndarray):
        return [_number(number) for number in value.tolist()]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, TrainingPlan):
        return value.model_dump(mode="json")
    if isinstance(value, DataFacts):
        return asdict(value)
    if isinstance(value, BlockMeasured | Histogram):
        told = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {name: number for name, number in told.items() if number is not None}
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    return value


def _number(number: float) -> float | None:
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None


# --- reading ----------------------------------------------------------------------------------------------------------
def events_of(data: bytes, network: Network, run_id: str | None = None) -> Iterator[Event]:
    """The events of a log's whole lines; those that are damaged are passed over.

    `network` is that of the run's project; `run_id` stands in place of the one in the log where it is given.
    """
    for line in data.split(b"\n"):
        event = event_of(line, network, run_id)
        if event is not None:
            yield event


def event_of(line: bytes, network: Network, run_id: str | None = None) -> Event | None:
    """The event of one line; None for one that is torn or of another version."""
    try:
        told = json.loads(line)
        kind = LOGGED[told.pop("event")]
        if run_id is not None:
            told["run_id"] = run_id
        if kind is TrainingStarted:
            told["network"] = network
        values = {name: _value(kind, name, value) for name, value in told.items()}
        declared = {field.name: str(field.type) for field in fields(kind)}
        if not all(_fits(declared[name], value) for name, value in values.items()):
            return None
        return kind(**values)  # type: ignore[no-any-return]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def whole_lines(data: bytes) -> int:
    """How many of these bytes are whole lines: what comes behind may still be being written."""
    return data.rfind(b"\n") + 1


def read_log(folder: Path, network: Network, run_id: str | None = None) -> Iterator[Event]:
    """All events of a run's log, the oldest first; none where there is no log."""
    try:
        check_regular(folder / METRICS)
        data = (folder / METRICS).read_bytes()
    except (OSError, FileError):
        return
    yield from events_of(data, network, run_id)


def _value(kind: type[Any], name: str, value: Any) -> Any:
    if kind is BatchesDone and name in ("losses", "metrics", "learning_rates", "gradient_norms"):
        return _floats(value)
    if kind is TrainingStarted and name == "plan":
        return TrainingPlan.model_validate(value)
    if kind is TrainingStarted and name == "facts":
        facts: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in value.items()}
        return DataFacts(**facts)
    if kind is BlocksMeasured and name == "blocks":
        return {str(block): _measured(told) for block, told in value.items()}
    if value is None and any(field.name == name and field.type == "float" for field in fields(kind)):
        return math.nan
    return value


def _fits(declared: str, value: object) -> bool:
    """Whether a plain value is of the type that its event declares: the curves and the rules rely on that."""
    plain, _, none = declared.partition(" | ")
    if value is None:
        return none == "None"
    match plain:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST
        case "float":
            return isinstance(value, int | float) and (abs(value) < LARGEST or math.isnan(value))
        case "bool":
            return isinstance(value, bool)
        case "Mapping[str, float]":
            return isinstance(value, dict) and all(_fits("float | None", one) for one in value.values())
    return isinstance(value, str) or not (plain in ("str", "EndReason") or plain.startswith("Literal"))


def _measured(told: dict[str, Any]) -> BlockMeasured:
    values: dict[str, Any] = {name: _histogram(one) if isinstance(one, dict) else one for name, one in told.items()}
    return BlockMeasured(**values)


def _histogram(told: dict[str, Any]) -> Histogram:
    return Histogram(float(told["low"]), float(told["high"]), _floats(told["counts"]))


def _floats(values: Sequence[float | None]) -> Floats:
    floats = np.array([math.nan if value is None else value for value in values], np.float32)
    if floats.ndim != 1:
        raise ValueError("a list of lists")
    return floats
