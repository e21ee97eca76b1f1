"""A colour for each class, in which its dots, boxes and masks are drawn; its name always stands beside it."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QColor

from widgets.theme import Theme

_ON_DARK = (
    "#5b9dff", "#f0b429", "#4cc38a", "#f472b6", "#c084fc", "#22c3d6", "#fb923c", "#ff6369", "#a3e635", "#cbd5e1",
)  # fmt: skip
_ON_LIGHT = (
    "#2563eb", "#a16207", "#15803d", "#be185d", "#7c3aed", "#0e7490", "#c2410c", "#c81e1e", "#4d7c0f", "#475569",
)  # fmt: skip


def class_color(label: int, theme: Theme) -> QColor:
    """The colour of a class. They repeat after ten: names tell classes apart, colours only help."""
    colors = _ON_DARK if theme.dark else _ON_LIGHT
    return QColor(colors[label % len(colors)])


def plain_tip(text: str) -> str:
    """Text as a tooltip shows it, never taken for markup: it has names of files and classes in it."""
    return f"<p style='white-space:pre-wrap'>{escape(text)}</p>"
