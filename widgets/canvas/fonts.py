"""The fonts of the canvas and how wide texts are in them, made once: cards are painted by the hundred."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF

from widgets.theme import interface_font, monospace


@cache
def font(name: str) -> QFont:
    """`title`, `small` or `mono`; `large` for titles that are to be read from far away."""
    sizes = {"title": 14, "small": 11, "large": 32}
    made = monospace(10) if name == "mono" else interface_font(sizes[name])
    made.setBold(name in ("title", "large"))
    return made


@cache
def _metrics(name: str) -> QFontMetricsF:
    return QFontMetricsF(font(name))


@lru_cache(maxsize=4096)
def text_width(name: str, text: str) -> float:
    """In pixels at 100 %."""
    return _metrics(name).horizontalAdvance(text)


@lru_cache(maxsize=4096)
def elided(name: str, text: str, room: float) -> str:
    """A text shortened until it fits."""
    return _metrics(name).elidedText(text, Qt.TextElideMode.ElideRight, room)
