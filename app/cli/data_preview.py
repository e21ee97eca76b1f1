"""`layerloom data preview`: samples of every class on one sheet, as they are stored or as the network gets them."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

import numpy as np

from app.cli.contact_sheet import CELL, Cell, Row, sheet_png
from app.cli.conversation import refusal
from app.cli.data_targets import DataTarget, find_data, progress_bar
from app.cli.errors import CommandError
from models.blocks import Shape
from models.data.decoding import BrokenImage, quiet_pillow
from models.data.images import Bytes
from models.data.samples import Indices, Samples, Values
from models.data.thumbnails import covered, drawn, enlarged, framed, thumbnail
from models.files import is_there, write_atomically
from models.training.commands import Command, PreviewBatch, Shutdown
from models.training.events import BatchPreviewed, Event, Failed

SUFFIX = ".png"
MOST_CLASSES = 60
SPARE = 4
"""So many times the samples that are shown are tried, where some cannot be read."""

IN_A_ROW = 8


def preview_data(word: str, out: Path, count: int, prepared: bool, force: bool) -> None:
    """Write a sheet of the data set that a word names.

    Raises CommandError and the errors of projects, data and files.
    """
    if out.suffix.lower() != SUFFIX:
        raise CommandError(f"{out} does not end in {SUFFIX}, as the picture will. Write {out.stem}{SUFFIX} instead.")
    if is_there(out) and not force:
        raise CommandError(f"{out} exists. Choose another name with --out, or write over it with --force.")
    target = find_data(word)
    rows, told = prepared_rows(target, count) if prepared else stored_rows(target, count)
    write_atomically(out, sheet_png(rows))
    print(f"{out}: {told}")


# --- as stored --------------------------------------------------------------------------------------------------------
def stored_rows(target: DataTarget, count: int) -> tuple[list[Row], str]:
    """A row for each class with samples spread over it, and what there is to say of them."""
    with progress_bar("Listing") as progress:
        samples = target.source.open(progress)
    facts = samples.facts.named(target.preparation.class_names)
    groups = [(name, np.flatnonzero(samples.labels == label)) for label, name in enumerate(facts.class_names)]
    if facts.target == "mask" or not any(len(members) for _, members in groups):
        groups = [(facts.name, np.arange(len(samples)))]
    shown = groups[:MOST_CLASSES]
    with quiet_pillow():
        rows = [Row(f"{name} · {len(members):,}", _cells(samples, members, count)) for name, members in shown]
    told = f"{sum(len(row.cells) for row in rows):,} {facts.unit} of {facts.text}"
    if len(groups) > len(shown):
        told += f"; the first {len(shown)} of {len(groups):,} classes"
    return rows, told


def _cells(samples: Samples, members: Indices, count: int) -> list[Cell]:
    """Samples spread over a class; in place of one that cannot be read another one."""
    first = np.linspace(0, len(members) - 1, min(count, len(members))).round().astype(np.int64)
    others = np.setdiff1d(np.arange(min(len(members), SPARE * count)), first)
    cells: list[Cell] = []
    for index in members[np.concatenate([first, others])].tolist():
        if len(cells) == min(count, len(members)):
            break
        try:
            picture = thumbnail(samples, index, CELL, masks=True, boxes=True)
        except BrokenImage:
            continue
        cells.append(Cell(enlarged(picture, CELL), samples.name(index)))
    return cells


# --- as the network gets them -----------------------------------------------------------------------------------------
def prepared_rows(target: DataTarget, count: int) -> tuple[list[Row], str]:
    """Samples as they are stored, and below each what the network gets of it in training."""
    command = PreviewBatch(target.source, target.preparation, _input_shape(target), count)
    batch = _answer(command)
    rows: list[Row] = []
    for start in range(0, len(batch.names), IN_A_ROW):
        places = range(start, min(start + IN_A_ROW, len(batch.names)))
        rows.append(Row("As stored", [Cell(_original(batch, place), batch.names[place]) for place in places]))
        rows.append(
            Row("As the network gets it", [Cell(_input(batch, place), _learned(batch, place)) for place in places])
        )
    shades = f"{batch.low:g} is black, {batch.high:g} white"
    told = f"{len(batch.names):,} samples as stored, and as the network gets them: {shades}"
    if batch.lost:
        told += f"; not shown, since they cannot be read: {'; '.join(batch.lost)}"
    return rows, told


def _input_shape(target: DataTarget) -> Shape | None:
    """Of the project's network; None without one."""
    from models.analysis import analyse

    return None if target.project is None else analyse(target.project.network, None).input_shape


def _answer(command: PreviewBatch) -> BatchPreviewed:
    """Ask an engine in this thread. Raises CommandError for a failure."""
    from models.runtime.hosting.host import run_engine

    queue: SimpleQueue[Command] = SimpleQueue()
    answers: list[BatchPreviewed | Failed] = []

    def hear(event: Event) -> None:
        if isinstance(event, BatchPreviewed | Failed) and not answers:
            answers.append(event)
            queue.put(Shutdown())

    queue.put(command)
    run_engine(queue, hear)
    if isinstance(answers[0], Failed):
        raise refusal(answers[0])
    return answers[0]


def _original(batch: BatchPreviewed, place: int) -> Bytes:
    values = batch.originals[place]
    mask = batch.original_masks[place] if batch.original_masks else None
    boxes = batch.original_boxes[place] if batch.original_boxes else None
    return _picture(values, 255.0 if values.dtype == np.uint8 else 0.0, mask, boxes)


def _input(batch: BatchPreviewed, place: int) -> Bytes:
    spread = max(batch.high - batch.low, 1e-12)
    levels = (batch.inputs[place] - np.float32(batch.low)) / np.float32(spread)
    mask = batch.masks[place] if batch.masks else None
    return _picture(levels, 1.0, mask, batch.boxes[place] if batch.boxes else None)


def _picture(values: Values, white: float, mask: Values | None, boxes: Values | None) -> Bytes:
    picture = drawn(values, white, CELL)
    if mask is not None and mask.ndim == 2:
        picture = covered(picture, mask)
    if boxes is not None and values.ndim == 3:
        picture = framed(picture, boxes.astype(np.float32), picture.shape[0] / values.shape[0])
    return enlarged(picture, CELL)


def _learned(batch: BatchPreviewed, place: int) -> str:
    """`cats`, or `60 % cats, 40 % dogs` after mixing."""
    shares = batch.targets[place]
    labels: list[int] = [
        label for label in np.argsort(-shares).tolist() if shares[label] > 0 and label < len(batch.class_names)
    ]
    if len(labels) == 1:
        return batch.class_names[labels[0]]
    return ", ".join(f"{100 * shares[label]:.0f} % {batch.class_names[label]}" for label in labels[:3])
