"""Axes that name few and round numbers."""

from __future__ import annotations

import pyqtgraph as pg


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that on a logarithmic scale names 1, 2, 5, 10, 20, … only, so that the numbers keep apart."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        texts = super().logTickStrings(values, scale, spacing)
        named = (round(10 ** (value % 1)) in (1, 2, 5, 10) for value in values)
        return [text if keep else "" for text, keep in zip(texts, named, strict=True)]


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis of steps, `20k`, or of seconds, `1 min 30 s`."""

    counts_seconds = False

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        write = time_text if self.counts_seconds else count_text
        return [write(value) for value in values]


def count_text(value: float) -> str:
    """`500`, `20k`, `1.5M`."""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e6 if letter == 'M' else 1e3):g}{letter}"
    return f"{value:,.6g}" if value == int(value) else f"{value:g}"


def time_text(seconds: float) -> str:
    """`0.5 s`, `40 s`, `1:30 min`, `2:05 h`: short, since it stands below an axis."""
    if seconds < 60:
        return f"{seconds:g} s"
    if seconds < 3600:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
    return f"{int(seconds) // 3600}:{int(seconds) % 3600 // 60:02d} h"


def round_up(number: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= number:
                return step * scale
        scale *= 10
