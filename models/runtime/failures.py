"""Exceptions as events: a sentence that says what to do, and the traceback for the log."""

from __future__ import annotations

import traceback

import tensorflow as tf

from models.analysis import Analysis
from models.data.memory import physical_memory
from models.files import FileError
from models.training.events import Failed


class RequestError(ValueError):
    """Something asked for that cannot be done now; the text says why and what to do."""


OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)


def failure(what: str, error: Exception, run_id: str | None = None) -> Failed:
    """The event for an exception. Our own ValueErrors and FileErrors carry readable texts; others are explained."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, OUT_OF_MEMORY):
        return Failed(
            what, "There was not enough memory. Use a smaller network or close other programs.", details, run_id
        )
    if isinstance(error, FileError) or (isinstance(error, ValueError) and type(error).__module__.startswith("models.")):
        return Failed(what, str(error), details, run_id)
    first_line = next(iter(str(error).strip().splitlines()), "no message")
    message = f"{what} failed in Keras: {type(error).__name__}: {first_line[:300]}. The log has the details."
    return Failed(what, message, details, run_id)


def out_of_memory_text(analysis: Analysis, batch_size: int) -> str:
    """Which batch size was too large, and which to try: at most half, and one that should fit."""
    needed = analysis.training_bytes(batch_size) / 2**30
    tried = f"Training with batch size {batch_size:,} needs more memory than there is (about {needed:,.1f} GB)."
    if batch_size == 1:
        return f"{tried} Use fewer filters or units, or a smaller Input shape."
    smaller = batch_size // 2
    while smaller > 1 and not fits(analysis, smaller):
        smaller //= 2
    if not fits(analysis, smaller):
        return f"{tried} Not even batch size 1 fits: use fewer filters or units, or a smaller Input shape."
    return f"{tried} Try batch size {smaller:,}."


def fits(analysis: Analysis, batch_size: int) -> bool:
    """Whether training should fit into the machine's memory."""
    return analysis.training_bytes(batch_size) <= physical_memory()
