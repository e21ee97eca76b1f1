"""The columns of the table of runs: what stands in each, what it is sorted by, and what is copied of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.training.runs.summary import RunSummary
from widgets.runs.texts import (
    NONE,
    count_text,
    duration_text,
    epochs_text,
    iso_text,
    loss_text,
    share_text,
    size_text,
    started_text,
    status_text,
)

Value = Callable[[RunSummary], Any]
Text = Callable[[RunSummary], str]


@dataclass(frozen=True)
class RunColumn:
    """One column.

    Attributes:
        key: for the stored choice of columns; never changes.
        title, help: the heading, and its tooltip.
        text: what stands in the cell.
        value: what it is sorted by; None comes last either way.
        plain: what is copied; `text` where it is None.
        number: stands at the right, in the font of numbers.
        width: pixels at first.
        shown: whether it is there before anything is chosen.
        editable: whether it can be typed into.
        descending: whether the first click on its heading puts the largest first.
    """

    key: str
    title: str
    help: str
    text: Text
    value: Value
    plain: Text | None = None
    number: bool = False
    width: int = 80
    shown: bool = True
    editable: bool = False
    descending: bool = False

    def copied(self, run: RunSummary) -> str:
        """The cell in a copy of the table."""
        text = (self.plain or self.text)(run)
        return "" if text == NONE else text


def _exact(number: float | None) -> str:
    return "" if number is None else f"{number:.7g}"


def _number(
    key: str, title: str, help: str, text: Text, value: Value, width: int = 80, shown: bool = True, best: str = "high"
) -> RunColumn:
    plain: Text = lambda run: _exact(value(run))  # noqa: E731
    return RunColumn(
        key, title, help, text, value, plain, number=True, width=width, shown=shown, descending=best == "high"
    )


STAR, NAME, TAGS, NOTES = "star", "name", "tags", "notes"

COLUMNS: tuple[RunColumn, ...] = (  # what came of a run stands first: narrow windows show that much
    RunColumn(
        STAR, "★", "Runs that you starred. A click or the space bar stars a run.",
        lambda run: "★" if run.star else "☆", lambda run: run.star, lambda run: "yes" if run.star else "",
        width=30, descending=True,
    ),
    RunColumn(NAME, "name", "Of the project", lambda run: run.name, lambda run: run.name.casefold(), width=168),
    RunColumn(
        "status", "status", "Whether it goes on, or how it ended",
        lambda run: status_text(run.status), lambda run: run.status, lambda run: run.status, width=110,
    ),
    _number(
        "accuracy", "accuracy", "Accuracy on the held-out samples, after the last epoch",
        lambda run: share_text(run.held_out_metric), lambda run: run.held_out_metric, 74,
    ),
    _number(
        "loss", "loss", "Loss on the training samples, in the last epoch", lambda run: loss_text(run.loss),
        lambda run: run.loss, 90, best="low",
    ),
    _number(
        "epochs", "epochs", "Epochs done, and of how many where it did not do all", epochs_text,
        lambda run: run.epochs, 84,
    ),
    RunColumn(
        "started", "started", "When it began", lambda run: started_text(run.created), lambda run: run.created,
        lambda run: iso_text(run.created), width=126, descending=True,
    ),
    RunColumn("data", "data", "The data set", lambda run: run.data or NONE, lambda run: run.data.casefold(), width=96),
    _number(
        "parameters", "parameters", "Number of weights of the network",
        lambda run: count_text(run.parameters) if run.parameters else NONE, lambda run: run.parameters or None, 84,
    ),
    _number(
        "multiply_adds", "multiply-adds", "Multiplications with an addition, per sample",
        lambda run: count_text(run.multiply_adds) if run.multiply_adds else NONE,
        lambda run: run.multiply_adds or None, 96, shown=False,
    ),
    RunColumn(
        "optimizer", "optimizer", "Rule by which gradients change the weights", lambda run: run.optimizer or NONE,
        lambda run: run.optimizer.casefold(), width=78,
    ),
    _number(
        "learning_rate", "rate", "Learning rate, as planned",
        lambda run: f"{run.learning_rate:g}" if run.learning_rate else NONE,
        lambda run: run.learning_rate or None, 62,
    ),
    _number(
        "batch_size", "batch", "Samples for each step",
        lambda run: str(run.batch_size) if run.batch_size else NONE, lambda run: run.batch_size or None, 52,
    ),
    _number(
        "steps", "steps", "Steps taken", lambda run: f"{run.steps:,}" if run.steps else NONE,
        lambda run: run.steps or None, 72, shown=False,
    ),
    _number(
        "best", "best", "The best epoch's accuracy, on the held-out samples where there are some",
        lambda run: share_text(run.best_metric), lambda run: run.best_metric, 70,
    ),
    _number(
        "training_accuracy", "training accuracy", "Accuracy on the training samples, in the last epoch",
        lambda run: share_text(run.metric), lambda run: run.metric, 112, shown=False,
    ),
    _number(
        "held_out_loss", "held-out loss", "Loss on the held-out samples, after the last epoch",
        lambda run: loss_text(run.held_out_loss), lambda run: run.held_out_loss, 94, shown=False, best="low",
    ),
    _number(
        "time", "time", "Time of training, pauses not counted", lambda run: duration_text(run.seconds),
        lambda run: run.seconds or None, 92,
    ),
    RunColumn(
        TAGS, "tags", "Your words for it, parted by commas; F2 or a double click edits them",
        lambda run: ", ".join(run.tags), lambda run: ", ".join(run.tags).casefold() or None, width=120, editable=True,
    ),
    RunColumn(
        NOTES, "notes", "What you noted about it; F2 or a double click edits them",
        lambda run: " ".join(run.notes.split()), lambda run: run.notes.casefold() or None, lambda run: run.notes,
        width=200, shown=False, editable=True,
    ),
    RunColumn(
        "program", "started by", "The window, or the command line", lambda run: run.program,
        lambda run: run.program, width=90, shown=False,
    ),
    _number(
        "size", "size", "Of its checkpoints and its model on the disk", lambda run: size_text(run.size),
        lambda run: run.size or None, 74, shown=False,
    ),
    RunColumn(
        "folder", "folder", "Where it lies", lambda run: run.path.name, lambda run: str(run.path),
        lambda run: str(run.path), width=200, shown=False,
    ),
)  # fmt: skip
INDEX = {column.key: number for number, column in enumerate(COLUMNS)}


def sorted_runs(runs: list[RunSummary], column: RunColumn, descending: bool) -> list[RunSummary]:
    """Runs by a column; equal ones stay in their order, and those without a value come last either way."""
    known = [run for run in runs if column.value(run) is not None]
    unknown = [run for run in runs if column.value(run) is None]
    return sorted(known, key=column.value, reverse=descending) + unknown
