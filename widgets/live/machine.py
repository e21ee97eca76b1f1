"""`MachineLoad` and the view of it: what processor, memory and GPU do, over the last minutes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.live.axis import faint
from widgets.theme import DARK, Theme, interface_font, monospace

READINGS = 90
"""Readings that are shown: three minutes of one every two seconds."""

LOWEST, HIGHEST = 22, 40
NAMES, LONG_NAMES, VALUES, SHORT_VALUES = 50, 72, 126, 58
ROOM_FOR_TOTALS = 280
"""Pixels of width from which on values say of how much they are."""


@dataclass(frozen=True)
class MachineLoad:
    """One reading.

    Attributes:
        processor: share of all cores that is in use, 0 … 1.
        memory, memory_total: bytes that this application and its child processes take, and that the machine has.
        gpu: share of the GPU's time that is in use; None where there is none, or nobody tells.
        gpu_memory, gpu_memory_total: bytes.
        gpu_name: what it is.
    """

    processor: float
    memory: int
    memory_total: int
    gpu: float | None = None
    gpu_memory: int = 0
    gpu_memory_total: int = 0
    gpu_name: str = ""


@dataclass(frozen=True)
class _Row:
    name: str
    share: Callable[[MachineLoad], float]
    text: Callable[[MachineLoad], str]
    short: Callable[[MachineLoad], str]


ROWS = (
    _Row(
        "CPU", lambda load: load.processor, lambda load: f"{load.processor:.0%}", lambda load: f"{load.processor:.0%}"
    ),
    _Row(
        "memory",
        lambda load: load.memory / max(load.memory_total, 1),
        lambda load: f"{size_text(load.memory)} of {size_text(load.memory_total)}",
        lambda load: size_text(load.memory),
    ),
)
GPU_ROWS = (
    _Row(
        "GPU",
        lambda load: load.gpu or 0.0,
        lambda load: f"{load.gpu or 0.0:.0%}",
        lambda load: f"{load.gpu or 0.0:.0%}",
    ),
    _Row(
        "GPU memory",
        lambda load: load.gpu_memory / max(load.gpu_memory_total, 1),
        lambda load: f"{size_text(load.gpu_memory)} of {size_text(load.gpu_memory_total)}",
        lambda load: size_text(load.gpu_memory),
    ),
)


class MachineView(QWidget):
    """A line for each part of the machine, with its present value in numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._loads: deque[MachineLoad] = deque(maxlen=READINGS)
        self.setMinimumSize(LONG_NAMES + SHORT_VALUES + 30, 2 * LOWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Load of this machine: not read yet")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def add(self, load: MachineLoad) -> None:
        """Show one more reading."""
        self._loads.append(load)
        told = ", ".join(f"{row.name} {row.text(load)}" for row in self._rows())
        self.setAccessibleName(f"Load of this machine: {told}")
        self.setToolTip(f"{told}\nMemory is that of LayerLoom and of what it has started. {load.gpu_name}".strip())
        self.update()

    def _rows(self) -> tuple[_Row, ...]:
        return (*ROWS, *GPU_ROWS) if self._loads and self._loads[-1].gpu is not None else ROWS

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, rows = self._theme, self._rows()
        height = min(max(self.height() // len(rows), LOWEST), HIGHEST)
        middle = Qt.AlignmentFlag.AlignVCenter
        wide = self.width() >= ROOM_FOR_TOTALS
        values = VALUES if wide else SHORT_VALUES
        names = NAMES if rows is ROWS else LONG_NAMES
        for number, row in enumerate(rows):
            area = QRectF(0, number * height, self.width(), height)
            painter.setFont(interface_font(11))
            painter.setPen(theme.color("dim"))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | middle, row.name)
            frame = area.adjusted(names, 3, -values, -3)
            painter.fillRect(frame, theme.color("background"))
            painter.setPen(QPen(faint(theme), 1))
            painter.drawLine(frame.bottomLeft(), frame.bottomRight())
            text = (row.text if wide else row.short)(self._loads[-1]) if self._loads else "…"
            painter.setFont(monospace(11))
            painter.setPen(theme.color("text"))
            painter.drawText(
                area.adjusted(self.width() - values + 8, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | middle, text
            )
            self._paint_line(painter, frame, [min(max(row.share(load), 0.0), 1.0) for load in self._loads])

    def _paint_line(self, painter: QPainter, frame: QRectF, shares: list[float]) -> None:
        """The newest reading stands at the right end."""
        step = frame.width() / (READINGS - 1)
        right = frame.right() - (len(shares) - 1) * step
        line = QPolygonF(
            [QPointF(right + i * step, frame.bottom() - share * frame.height()) for i, share in enumerate(shares)]
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("accent"), 1.4))
        painter.drawPolyline(line)
        painter.restore()


def size_text(size: float) -> str:
    """`640 MB`, `3.1 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
