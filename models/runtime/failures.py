"""Exceptions as events: a sentence that says what to do, and the traceback for the log."""

from __future__ import annotations

import traceback

import tensorflow as tf

from models.analysis import Analysis, analyse
from models.files import FileError
from models.network.graph import Network
from models.training.events import Failed
from models.training.plan import TrainingPlan
from models.training.remedies import Remedy


class RequestError(ValueError):
    """Something asked for that cannot be done now; the text says why and what to do.

    Attributes:
        remedies: edits that should help.
    """

    def __init__(self, text: str, remedies: tuple[Remedy, ...] = ()) -> None:
        super().__init__(text)
        self.remedies = remedies


OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)
PERHAPS_OUT_OF_MEMORY = (tf.errors.InternalError, tf.errors.UnknownError, tf.errors.AbortedError)
"""What drivers and libraries raise for many reasons, of which this is one."""

MEMORY_WORDS = ("out of memory", "out_of_memory", "oom", "failed to allocate", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was short, of the machine or of a GPU."""
    if isinstance(error, OUT_OF_MEMORY):
        return True
    return isinstance(error, PERHAPS_OUT_OF_MEMORY) and any(word in str(error).lower() for word in MEMORY_WORDS)


def failure(what: str, error: Exception, run_id: str | None = None) -> Failed:
    """The event for an exception. Our own ValueErrors and FileErrors carry readable texts; others are explained."""
    details = "".join(traceback.format_exception(error))
    if is_out_of_memory(error):
        return Failed(
            what, "There was not enough memory. Use a smaller network or close other programs.", details, run_id
        )
    if isinstance(error, FileError) or (isinstance(error, ValueError) and type(error).__module__.startswith("models.")):
        return Failed(what, str(error), details, run_id, getattr(error, "remedies", ()))
    first_line = next(iter(str(error).strip().splitlines()), "no message")
    message = f"{what} failed in Keras: {type(error).__name__}: {first_line[:300]}. The log has the details."
    return Failed(what, message, details, run_id)


def out_of_memory(analysis: Analysis, plan: TrainingPlan, memory: int, trained: bool) -> RequestError:
    """The error for a batch size that was too large: it says which to try, at most half, and one that should fit.

    `memory` is what there is, in bytes; `trained` whether there are weights to go on with.
    """
    batch_size = plan.batch_size
    needed = analysis.training_bytes(batch_size) / 2**30
    tried = f"Training with batch size {batch_size:,} needs more memory than there is (about {needed:,.1f} GB)."
    if batch_size == 1:
        return RequestError(f"{tried} Use fewer filters or units, or a smaller Input shape.")
    smaller = batch_size // 2
    while smaller > 1 and not fits(analysis, smaller, memory):
        smaller //= 2
    if not fits(analysis, smaller, memory):
        return RequestError(
            f"{tried} Not even batch size 1 fits: use fewer filters or units, or a smaller Input shape."
        )
    return RequestError(f"{tried} Try batch size {smaller:,}.", (smaller_batch(smaller, trained),))


def fits(analysis: Analysis, batch_size: int, memory: int) -> bool:
    """Whether training should fit into so many bytes of memory."""
    return analysis.training_bytes(batch_size) <= memory


def check_trainable(network: Network, plan: TrainingPlan, memory: int) -> None:
    """Raise RequestError for a network that has nothing to learn, or a batch that cannot fit."""
    analysis = analyse(network)
    if not analysis.problems and not analysis.trainable and network.nodes:
        raise RequestError("The network has nothing to learn: no block has weights. Add a Dense or Conv2D block.")
    if not fits(analysis, plan.batch_size, memory):
        raise out_of_memory(analysis, plan, memory, trained=False)


def smaller_batch(size: int, trained: bool) -> Remedy:
    """The edit that makes batches fit."""
    return Remedy(f"Batch size {size:,}", plan=(("batch_size", size),), trains="on" if trained else "anew")
