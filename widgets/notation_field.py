"""`NotationField`: a stack as one line of text, to copy and to type: `INPUT -> [CONV -> RELU -> POOL]*2 -> FC 10`."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from models.analysis import Analysis, analyse
from models.blocks import Shape
from models.network.graph import Network
from models.network.notation import NotationError, parse_notation, to_notation, why_no_notation
from widgets.theme import DARK, Theme, monospace, set_property

EXAMPLE = "INPUT 28x28x1 -> [conv 3x3 32 same -> relu -> pool]*2 -> fc 10"
HEIGHT = 104
MAX_LENGTH = 20_000
"""Characters that are read; what is longer was pasted by mistake."""


class NotationField(QWidget):
    """Shows the notation of a network, reads what is typed at every key, and says where it goes wrong.

    Enter or Apply report what was typed, Esc brings the network's own notation back.

    Signals:
        network_described(Network): the user wants the network that stands there.
    """

    network_described = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own = ""
        self._reason = ""
        self._input_shape: Shape | None = None
        self._classes: int | None = None
        self._written: Network | None = None
        self._bad = QColor(DARK.bad)
        self._text = _Line()
        self._text.setObjectName("notationField")
        self._text.setAccessibleName("Notation of the network")
        self._text.setPlaceholderText(EXAMPLE)
        self._text.textChanged.connect(self._read)
        self._text.entered.connect(self.apply)
        self._text.escaped.connect(self.restore)
        self._message = QLabel()
        self._message.setObjectName("notationMessage")
        self._message.setWordWrap(True)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._apply = QPushButton("Apply")
        self._apply.setObjectName("notationApply")
        self._apply.setToolTip("Replace the network by the one that stands here (Enter); undo brings it back")
        self._apply.clicked.connect(self.apply)
        self._copy = QPushButton("Copy")
        self._copy.setAccessibleName("Copy the notation")
        self._copy.clicked.connect(self._text.copy_all)
        self._lay_out()

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show the notation of a network, or why there is none. What the user is typing stays."""
        typing = self.is_edited and self._text.hasFocus()
        self._own, self._reason = to_notation(network) or "", why_no_notation(network)
        self._input_shape = analysis.input_shape
        shape = analysis.output_shape
        self._classes = shape[0] if shape is not None and len(shape) == 1 else None
        if typing:
            self._read()
        else:
            self.restore()

    def set_theme(self, theme: Theme) -> None:
        self._bad = theme.color("bad")
        self._read()

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._text.toPlainText()

    @property
    def message(self) -> str:
        """What is said below the field."""
        return self._message.text()

    @property
    def is_edited(self) -> bool:
        """Whether something else stands there than the network's notation."""
        return self.text.strip() != self._own

    def restore(self) -> None:
        """Bring the network's own notation back."""
        with QSignalBlocker(self._text):
            self._text.setPlainText(self._own)
        self._read()

    def apply(self) -> None:
        """Report the network that stands there, where it can be read and is another one."""
        if self._written is not None and self.is_edited:
            self.network_described.emit(self._written)
            self.restore()  # what was typed is read: the field shows the network's own spelling

    # --- reading ----------------------------------------------------------------------------------------------------
    def _read(self) -> None:
        text = self.text
        self._written = None
        self._underline(None)
        self._copy.setEnabled(bool(text.strip()))
        if not self.is_edited or not text.strip():
            self._say(self._reason or "One line for the whole stack: copy it, or change it and press Enter.", "dim")
            return
        try:
            if len(text) > MAX_LENGTH:
                raise NotationError(f"{len(text):,} characters; a notation has at most {MAX_LENGTH:,}", MAX_LENGTH)
            written = _parsed(text, self._input_shape, self._classes)
        except NotationError as error:
            self._underline(error.column)
            self._say(f"⚠ Column {error.column + 1}: {error.text}", "bad")
            return
        self._written = written
        self._say(_described(written), "dim")

    def _say(self, text: str, role: str) -> None:
        self._apply.setEnabled(self._written is not None)
        set_property(self._message, "role", role)
        self._message.setText(text)
        self._text.setAccessibleDescription(text)

    def _underline(self, column: int | None) -> None:
        """A wavy line under the word at a column; where the text ends before it, under its last character."""
        marks: list[QTextEdit.ExtraSelection] = []
        text = self.text
        if column is not None and text:
            cursor = self._text.textCursor()
            start = min(column, len(text) - 1)
            end = start + 1
            while end < len(text) and text[end].isalnum() and text[start].isalnum():
                end += 1
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            style = QTextCharFormat()
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            style.setUnderlineColor(self._bad)
            style.setForeground(self._bad)
            mark = QTextEdit.ExtraSelection()
            mark.cursor, mark.format = cursor, style
            marks.append(mark)
        self._text.setExtraSelections(marks)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self._apply)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._text)
        column.addWidget(self._message)
        column.addLayout(buttons)


class _Line(QPlainTextEdit):
    """One line of text that wraps: Enter and Esc are reported, Tab goes on to the next control."""

    entered = Signal()
    escaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(monospace(11))
        self.setFixedHeight(HEIGHT)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def copy_all(self) -> None:
        """Put the whole text on the clipboard."""
        cursor = self.textCursor()
        self.selectAll()
        self.copy()
        self.setTextCursor(cursor)


def _parsed(text: str, input_shape: Shape | None, classes: int | None) -> Network:
    """The network that a notation describes; the present shape and classes stand in only for what it does not say."""
    for shape, count in ((input_shape, classes), (None, classes), (input_shape, None)):
        with suppress(NotationError):
            return parse_notation(text, shape, count)
    return parse_notation(text)


def _described(network: Network) -> str:
    """`9 blocks, 61,706 parameters. Enter replaces the network by them.`"""
    analysis = analyse(network)
    if analysis.problems:
        first = analysis.problems[0]
        return f"{len(network)} blocks, with a problem at {network.node(first.node_id).title}: {first.text}"
    return f"{len(network)} blocks, {analysis.parameters:,} parameters. Enter replaces the network by them."
