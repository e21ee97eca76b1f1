"""The values of a pixel, a step or a row as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NO_BREAK = "\N{NO-BREAK SPACE}"
LETTERS = {1: ("",), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}


def value_text(value: Any) -> str:
    """`187` for bytes, `0.53` for other numbers."""
    return str(int(value)) if isinstance(value, np.integer | int) else f"{float(value):.3g}".replace("-", "−")


def pixel_lines(values: npt.NDArray[Any]) -> list[str]:
    """A pixel's channels (channels,), each as short as it must be to stand in the picture."""
    if values.dtype.kind in "iu":
        return [str(int(value)) for value in values]
    return [f"{float(value):.2f}".replace("-", "−") for value in values]


def channel_names(channels: int) -> tuple[str, ...]:
    """`R`, `G`, `B` for colours; numbers for other channels."""
    return LETTERS.get(channels, tuple(f"channel {number}" for number in range(channels)))


def pointed_text(values: npt.NDArray[Any], limit: int = 8) -> str:
    """The channels (channels,) of what the pointer is on: `R 187  G 20  B 3`."""
    names = channel_names(len(values))
    pairs = zip(names, values[:limit], strict=False)
    parts = [f"{name} {value_text(value)}".strip().replace(" ", NO_BREAK) for name, value in pairs]
    return "  ".join(parts) + ("  …" if len(values) > limit else "")
