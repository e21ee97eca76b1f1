"""The toolbar's chips: which data set is used, and which device computes."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from widgets.data.source_menu import build_source_menu
from widgets.theme import DARK, Theme

PADDING = 28
"""Room that the style sheet leaves around a button's text."""

State = Literal["ok", "warn", "bad", "dim"]


class DataChip(QToolButton):
    """Names the data set; its menu chooses another, or opens the page about it.

    Signals:
        source_requested(kind): another data set is wanted; its kind as in `models.data.sources`.
        page_requested: the Data page is wanted.
    """

    source_requested = Signal(str)
    page_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("datasetChip")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self._text, self._short = "", ""
        self.set_text("No data set")

    def _fill(self) -> None:
        """Fill the menu when it is first opened: the window's first paint does not wait for every kind of data set."""
        if self.menu().actions():
            return
        page = self.menu().addAction("Open the Data page", self.page_requested.emit)
        page.setToolTip("Look at the samples, split them, prepare them.")
        self.menu().addSeparator()
        build_source_menu(self.menu(), self.source_requested.emit)

    def set_text(self, text: str, tooltip: str = "", short: str = "") -> None:
        """Show a data set's facts in one line; `short` is shown where there is no room for them."""
        self._text, self._short = text, short or text
        self.setAccessibleName(f"Data set: {text}")
        self.setToolTip(tooltip or f"{text}. Click to choose another data set.")
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._text), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width_of(self._short), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _width_of(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(_decorated(text)) + PADDING

    def _fit(self) -> None:
        roomy = self.width() >= self._width_of(self._text)
        shown = _decorated(self._text if roomy else self._short)
        if shown != self.text():
            self.setText(shown)


def _decorated(text: str) -> str:
    return f"▦  {text}  ▾"


class DeviceChip(QWidget):
    """A dot and the device in words; the tooltip says why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deviceChip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._theme, self._state = DARK, "dim"
        self._text = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(26, 6, 12, 6)
        layout.addWidget(self._text)
        self.set_device("Loading …", "dim", "TensorFlow is being loaded in the background.")

    def set_device(self, text: str, state: State, tooltip: str = "") -> None:
        """Show a device: ok when all is well, warn when a GPU is there but not used, bad when nothing can compute."""
        self._state = state
        self._text.setText(text)
        self.setAccessibleName(f"Device: {text}")
        self.setAccessibleDescription(tooltip)
        self.setToolTip(tooltip)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._state))
        painter.drawEllipse(10, self.height() // 2 - 4, 8, 8)
