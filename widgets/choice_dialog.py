"""`ChoiceDialog`: the frame of dialogs in which a data set is described, with a verdict and the buttons below."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import set_property

FRAME = QSize(16, 56)
"""What a window manager puts around a dialog."""


class ChoiceDialog(QDialog):
    """A title, a body that scrolls where the window is small, one sentence about the choice, and OK and Cancel.

    Signals:
        choice_changed(source): the user chose something else; whoever owns the dialog looks at it and answers.
    """

    choice_changed = Signal(object)

    def __init__(self, accept_text: str, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._summary, self._verdict = QLabel(), QLabel(), QLabel()
        self._title.setProperty("role", "title")
        self._summary.setProperty("role", "dim")
        for label in (self._title, self._summary, self._verdict):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._verdict.setAccessibleName("What will be read")
        self._verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._accept = QPushButton(accept_text)
        self._accept.setProperty("role", "primary")
        self._accept.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self._accept, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QPushButton("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(20, 4, 20, 12)
        self._body.setSpacing(12)
        self._lay_out(buttons)
        self.resize(size.boundedTo(self.screen().availableGeometry().size() - FRAME))

    @property
    def verdict(self) -> str:
        """What is said about the choice."""
        return self._verdict.text()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Whether the choice can be taken."""
        self._accept.setEnabled(enabled)

    def _say(self, text: str, role: str) -> None:
        set_property(self._verdict, "role", role)
        self._verdict.setText(text)
        self._verdict.setAccessibleDescription(text)

    def _wait(self) -> None:
        """Until somebody has looked at the choice it cannot be taken."""
        self._say("Looking at the files …", "dim")
        self.set_accept_enabled(False)

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(20, 18, 20, 8)
        head.setSpacing(4)
        head.addWidget(self._title)
        head.addWidget(self._summary)
        inside = QWidget()
        inside.setLayout(self._body)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QFrame()
        foot.setProperty("role", "status")
        below = QVBoxLayout(foot)
        below.setContentsMargins(20, 12, 20, 14)
        below.setSpacing(12)
        below.addWidget(self._verdict)
        below.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addWidget(foot)
