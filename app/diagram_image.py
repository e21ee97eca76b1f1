"""A diagram's SVG as a PNG picture. Qt draws it, which needs no display."""

from __future__ import annotations

import math
import os
import sys

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.display import has_display
from models.analysis.diagram import DiagramError

USUAL_SCALE = 2.0
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 30_000
"""Larger pictures are refused: few programs open them."""


def diagram_png(svg: str, scale: float | None = None) -> bytes:
    """The bytes of a PNG file; `scale` 2 gives two pixels for each of the diagram's, None 2 or what is possible.

    Raises DiagramError where the picture would be too large, naming the largest scale that is not.
    """
    if QGuiApplication.instance() is None:
        raise RuntimeError("Qt has to be started first, see start_drawing")
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = renderer.defaultSize()
    largest = _largest_scale(size)
    if scale is not None and scale > largest:
        raise DiagramError(
            f"The picture would have {round(size.width() * scale):,}×{round(size.height() * scale):,} pixels. "
            f"Take a scale of at most {int(largest * 100) / 100:g}, or export the diagram as SVG."
        )
    scale = min(USUAL_SCALE, largest) if scale is None else scale
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    renderer.render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise DiagramError("Qt could not write the picture as PNG. Export the diagram as SVG instead.")
    return bytes(data.data())


def _largest_scale(size: QSize) -> float:
    longest = max(size.width(), size.height())
    return min(LONGEST_SIDE / longest, math.sqrt(MOST_PIXELS / (size.width() * size.height())))


def start_drawing() -> None:
    """Start Qt for pictures alone: without a display, and with fonts of our own, where there are none."""
    if QGuiApplication.instance() is not None:
        return
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.application import load_fonts

    global _application
    _application = QGuiApplication(sys.argv[:1])
    load_fonts()


_application: QGuiApplication | None = None
"""Kept, since Qt ends with it."""
