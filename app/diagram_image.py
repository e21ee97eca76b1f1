"""A diagram's SVG as a PNG picture. Qt draws it, which needs no display."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.display import has_display
from models.analysis.diagram import DiagramError

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 30_000
"""Larger pictures are refused: few programs open them."""


def diagram_png(svg: str, scale: float = 2.0) -> bytes:
    """The bytes of a PNG file; `scale` 2 gives two pixels for each of the diagram's.

    Raises DiagramError where the picture would be too large, naming the largest scale that is not.
    """
    if QGuiApplication.instance() is None:
        raise RuntimeError("Qt has to be started first, see start_drawing")
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = renderer.defaultSize()
    _check_size(size, scale)
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


def _check_size(size: QSize, scale: float) -> None:
    longest = max(size.width(), size.height())
    largest = min(LONGEST_SIDE / longest, (MOST_PIXELS / (size.width() * size.height())) ** 0.5)
    if scale > largest:
        raise DiagramError(
            f"The picture would have {round(size.width() * scale):,}×{round(size.height() * scale):,} pixels. "
            f"Take a scale of at most {int(largest * 100) / 100:g}, or export the diagram as SVG."
        )


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
