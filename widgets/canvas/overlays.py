"""What floats over the canvas: the zoom control and the minimap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from widgets.theme import DARK, Theme

ROOM = 700
"""Width from which the minimap stands beside the middle column instead of on it."""

THINNEST = 3.0
"""Pixels that a card is wide at least: a deep network would be a hair."""

FLAT = 3.0
"""Pixels of height below which a card's corners are not rounded: none would see it, and there are hundreds."""

SMALLEST_FRAME = 8.0
"""Pixels: the frame around the part in view must be seen, however deep the network is."""

NARROW, TALL = 120, 300
"""The minimap's size in pixels; it is tall for networks that are."""


OPACITY = 220
"""Of 255: what floats over the cards lets them shine through."""


class ZoomControl(QFrame):
    """`− 100 % + ⤢ Fit`; the percentage is a button that goes back to 100 %."""

    out_clicked = Signal()
    reset_clicked = Signal()
    in_clicked = Signal()
    fit_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("zoomControl")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(0)
        buttons = []
        for text, name, signal in (
            ("−", "Zoom out", self.out_clicked),
            ("100 %", "Zoom to 100 %", self.reset_clicked),
            ("+", "Zoom in", self.in_clicked),
            ("⤢ Fit", "Fit the network into the view (F)", self.fit_clicked),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(signal)
            row.addWidget(button)
            buttons.append(button)
        self._percent = buttons[1]
        self._percent.setFixedWidth(52)

    def set_zoom(self, zoom: float) -> None:
        self._percent.setText(f"{zoom * 100:.0f} %")

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(
            f"#zoomControl {{ background: {see_through(theme.color('raised'))}; border-radius: 12px; }}"
            f"QToolButton {{ background: transparent; border: none; color: {theme.dim}; padding: 4px 6px; }}"
            f"QToolButton:hover, QToolButton:focus {{ color: {theme.text}; }}"
        )


def see_through(color: QColor) -> str:
    """The colour for a style sheet, so that what lies below can be made out."""
    return f"rgba({color.red()}, {color.green()}, {color.blue()}, {OPACITY})"


class Minimap(QWidget):
    """The whole scene small, with a frame around the part in view; click or drag pans.

    Signals:
        panned(QPointF): centre the view on this point of the scene.
    """

    panned = Signal(QPointF)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setObjectName("minimap")
        self.setAccessibleName("Overview of the network")
        self.setFixedSize(QSize(NARROW, NARROW))
        self._theme = DARK
        self._cards: Callable[[], Sequence[tuple[QRectF, QColor]]] = tuple
        self._extent = QRectF()
        self._whole, self._visible = QRectF(), QRectF()
        self._picture: QPixmap | None = None

    def set_cards(self, extent: QRectF, cards: Callable[[], Sequence[tuple[QRectF, QColor]]]) -> None:
        """The rectangle around all cards, and their places and colours, which are asked for when they are painted."""
        self._extent, self._cards = extent, cards
        self._picture = None
        self._refresh()

    def fit_room(self) -> None:
        """Take the height that suits the network, as far as there is room."""
        slender = self._whole.width() > 0 and self._whole.height() > 4 * self._whole.width()
        height = min(TALL, self._room.height() // 2) if slender else NARROW
        self.setFixedSize(QSize(NARROW, max(NARROW, height)))

    def set_view(self, whole: QRectF, visible: QRectF) -> None:
        if whole != self._whole:
            self._picture = None
        self._whole, self._visible = whole, visible
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture = None

    def _refresh(self) -> None:
        """Show only where something is out of view, and where there is room beside the cards."""
        hidden = self._extent.isEmpty() or self._room.width() < ROOM or self._visible.contains(self._extent)
        self.setVisible(not hidden)
        self.update()

    def _scale(self) -> float:
        return min((self.width() - 16) / self._whole.width(), (self.height() - 16) / self._whole.height())

    def _to_map(self, rect: QRectF) -> QRectF:
        scale, middle = self._scale(), self._whole.center()
        x, y = self.width() / 2, self.height() / 2
        left, top = x + (rect.x() - middle.x()) * scale, y + (rect.y() - middle.y()) * scale
        return QRectF(left, top, rect.width() * scale, rect.height() * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatio():
            self._picture = self._painted()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        painter.setPen(QPen(self._theme.color("accent"), 1))
        painter.setBrush(self._theme.color("accent", 25))
        frame = self._to_map(self._visible).intersected(QRectF(self.rect()).adjusted(3, 3, -3, -3))
        wider, taller = max(0.0, SMALLEST_FRAME - frame.width()) / 2, max(0.0, SMALLEST_FRAME - frame.height()) / 2
        frame.adjust(-wider, -taller, wider, taller)
        painter.drawRoundedRect(frame, 3, 3)

    def _painted(self) -> QPixmap:
        """The network without the frame: it is painted once, and the view is moved often."""
        picture = QPixmap(self.size() * self.devicePixelRatio())
        picture.setDevicePixelRatio(self.devicePixelRatio())
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("panel", OPACITY))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        scale, middle = self._scale(), self._whole.center()
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(scale, scale)
        painter.translate(-middle)
        for rect, color in self._cards():
            wider = max(0.0, THINNEST / scale - rect.width()) / 2
            if rect.height() * scale < FLAT:
                painter.fillRect(rect.adjusted(-wider, 0, wider, 0), color)
                continue
            painter.setBrush(color)
            corner = min(2.0 / scale, rect.height() / 3)
            painter.drawRoundedRect(rect.adjusted(-wider, 0, wider, 0), corner, corner)
        painter.end()
        return picture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pan(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pan(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _pan(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            offset = event.position() - QPointF(self.width() / 2, self.height() / 2)
            self.panned.emit(self._whole.center() + offset / self._scale())
