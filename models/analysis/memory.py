"""Memory that training takes, and whether a device has it.

The estimate counts what grows with the network and the batch. What a framework adds, such as the convolutions' work
space and the copies that its allocator keeps, depends on the machine; `USABLE` leaves room for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.analysis.network_analysis import (
    BYTES_PER_VALUE,
    COPIES_OF_ACTIVATIONS,
    COPIES_OF_PARAMETERS,
    Analysis,
)

Precision = Literal["float32", "mixed_float16"]

HALF_BYTES = 2
"""Bytes of a float16 value."""

USABLE = 0.9
"""Share of a device's memory that one network can count on."""


@dataclass(frozen=True)
class Device:
    """What computes: its name in words, and the bytes of its memory, 0 where that is not known."""

    name: str
    memory: int = 0

    @property
    def room(self) -> int:
        """Bytes that training can count on."""
        return int(self.memory * USABLE)


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes that training takes, by what they are for.

    Attributes:
        weights: the weights, their gradients and Adam's two moments. Mixed precision keeps all that in float32 and adds
            a copy of the weights in float16 (Micikevicius et al. 2018, "Mixed precision training").
        activations_per_image: of every block for one image, kept for the backward pass, and their gradients.
        batch_size: images in a step.
    """

    weights: int
    activations_per_image: int
    batch_size: int

    @property
    def activations(self) -> int:
        return self.activations_per_image * self.batch_size

    @property
    def total(self) -> int:
        return self.weights + self.activations

    def largest_batch(self, room: int) -> int:
        """The most images for which a step fits into `room` bytes; 0 where not even one does."""
        if self.activations_per_image == 0:
            return self.batch_size if self.weights <= room else 0
        return max((room - self.weights) // self.activations_per_image, 0)


def training_memory(analysis: Analysis, batch_size: int, precision: Precision = "float32") -> TrainingMemory:
    """What training a network takes with Adam, the most demanding of the optimizers."""
    mixed = precision == "mixed_float16"
    weights = analysis.parameters * (BYTES_PER_VALUE * COPIES_OF_PARAMETERS + (HALF_BYTES if mixed else 0))
    activations = analysis.activation_bytes * COPIES_OF_ACTIVATIONS
    return TrainingMemory(weights, activations * HALF_BYTES // BYTES_PER_VALUE if mixed else activations, batch_size)


def fits(memory: TrainingMemory, device: Device) -> bool | None:
    """Whether training fits the device; None where its memory is not known."""
    return memory.total <= device.room if device.memory else None


def fit_text(analysis: Analysis, batch_size: int, device: Device) -> str:
    """Whether training fits the device, in one sentence with a way out; empty where its memory is not known.

    `11.2 GB at batch 64 do not fit the 8.0 GB of Tesla T4: batch 32 would.`
    """
    memory = training_memory(analysis, batch_size)
    answer = fits(memory, device)
    if answer is None or not analysis.nodes:
        return ""
    need = f"{bytes_text(memory.total)} at batch {batch_size:,}"
    have = f"the {bytes_text(device.memory)} of {device.name}"
    if answer:
        return f"Training fits: {need} of {have}."
    largest = _power_of_two(memory.largest_batch(device.room))
    if largest:
        return f"{need} do not fit {have}: batch {largest:,} would."
    if training_memory(analysis, 1, "mixed_float16").total <= device.room:
        return f"{need} do not fit {have}, not even with one image: mixed precision would, with smaller batches."
    return f"{need} do not fit {have}, not even with one image: make the network or its input smaller."


def _power_of_two(count: int) -> int:
    """The largest power of two that is not above `count`; 0 for 0."""
    return 1 << (count.bit_length() - 1) if count else 0


def bytes_text(count: float) -> str:
    """`5.7 MB`: decimal units, as memory is sold."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:,.1f} TB"
