"""`MainToolbar`: the row of buttons at the top, and `StatusStrip`: the line of facts at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from models.analysis import Problem
from widgets.data.elided import ElidedLabel
from widgets.theme import set_property

SPACING = 6
TITLE_WIDTH = 160
ROOMY_WIDTH = 1240


class MainToolbar(QFrame):
    """Lays out buttons for actions that belong to the window; holds no state of its own but the project's title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainToolbar")
        self.setProperty("role", "panel")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.setSpacing(SPACING)
        self._brand = QLabel("LayerLoom")
        self._brand.setProperty("role", "brand")
        self._passing: set[str] = set()
        self._title = QLabel()
        self._title.setObjectName("projectTitle")
        self._title.setProperty("role", "dim")
        self._row.addWidget(self._brand)
        self._row.addWidget(self._title)

    def set_title(self, name: str, modified: bool) -> None:
        """Show the project's name, with a dot while there are unsaved changes."""
        text = f"{name}  •" if modified else name
        self._title.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, TITLE_WIDTH))
        state = "There are unsaved changes" if modified else "Everything is saved"
        self._title.setToolTip(f"{name}: {state}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window keeps the buttons whole: the title, which the window's frame shows too, gives way."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        roomy = self.width() >= ROOMY_WIDTH
        self._title.setVisible(roomy)
        self._brand.setVisible(roomy or not self._passing)

    def add_widget(self, widget: QWidget) -> None:
        """Put a widget next."""
        self._row.addWidget(widget)

    def add_stretch(self) -> None:
        """Let the space that is left be here."""
        self._row.addStretch(1)

    def set_label(self, name: str, text: str) -> None:
        """Change what a button shows."""
        button = self.findChild(QAbstractButton, name)
        assert isinstance(button, QAbstractButton), name
        if button.text() != text:
            button.setText(text)

    def show_button(self, name: str, shown: bool) -> None:
        """Show a button only while it applies."""
        button = self.findChild(QAbstractButton, name)
        assert isinstance(button, QAbstractButton), name
        button.setVisible(shown)
        (self._passing.add if shown else self._passing.discard)(name)
        self._fit()

    def add_gap(self) -> None:
        self._row.addSpacing(SPACING)

    def add_button(
        self, action: QAction, name: str, text: str = "", role: str = "", menu: QMenu | None = None
    ) -> QWidget:
        """A button for an action; follows its enabled state and tooltip. With a menu it opens that at a click."""
        button = QToolButton() if role != "primary" else QPushButton()
        button.setObjectName(name)
        label = text or action.text().rstrip("…")
        button.setText(label)
        button.setAccessibleName(action.text().rstrip("…"))
        if role:
            button.setProperty("role", role)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        if menu is not None and isinstance(button, QToolButton):
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        else:
            button.clicked.connect(action.trigger)
        self._row.addWidget(button)
        return button


class StatusStrip(QFrame):
    """Problems, totals and training progress.

    Signals:
        problem_chosen(str): the node of a problem that the user wants to see.
        repair_chosen(str, object): a node and the repair to apply to it.
        queue_requested: the list of waiting runs is wanted.
    """

    problem_chosen = Signal(str)
    queue_requested = Signal()
    repair_chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusStrip")
        self.setProperty("role", "status")
        self._menu = QMenu(self)
        self._problems = QToolButton()
        self._problems.setObjectName("problemsLabel")
        self._problems.setProperty("role", "flat")
        self._problems.setMenu(self._menu)
        self._problems.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._totals = ElidedLabel(role="dim")
        self._totals.setObjectName("totalsLabel")
        self._totals.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._progress_text = QLabel()
        self._progress_text.setObjectName("progressText")
        self._queue = QToolButton()
        self._queue.setObjectName("queueLabel")
        self._queue.setProperty("role", "flat")
        self._queue.clicked.connect(self.queue_requested)
        self._queue.hide()
        self._progress = QProgressBar()
        self._progress.setObjectName("statusProgress")
        self._progress.setAccessibleName("Training progress")
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setFixedWidth(180)
        self._progress.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 16, 2)
        row.setSpacing(24)
        row.addWidget(self._problems)
        row.addWidget(self._totals, 1)
        row.addWidget(self._queue)
        row.addWidget(self._progress_text)
        row.addWidget(self._progress)

    def set_problems(self, problems: Sequence[Problem], title_of: Callable[[str], str]) -> None:
        """Show how many problems there are; the menu lists them with their repairs."""
        self._menu.clear()
        count = len(problems)
        text = "✓ No problems" if not count else "⚠ 1 problem" if count == 1 else f"⚠ {count} problems"
        self._problems.setText(text)
        self._problems.setAccessibleName(text[2:])
        self._problems.setEnabled(bool(count))
        set_property(self._problems, "level", "bad" if count else "ok")
        for problem in problems:
            heading = self._menu.addAction(f"{title_of(problem.node_id)}: {problem.text}")
            heading.triggered.connect(lambda _=False, node_id=problem.node_id: self.problem_chosen.emit(node_id))
            for repair in problem.repairs:
                action = self._menu.addAction(f"      → {repair.text}")
                action.triggered.connect(
                    lambda _=False, node_id=problem.node_id, chosen=repair: self.repair_chosen.emit(node_id, chosen)
                )

    def set_totals(self, text: str) -> None:
        self._totals.set_words(text)

    def set_queue(self, text: str, tip: str) -> None:
        """Show how many runs wait; an empty text for none."""
        self._queue.setText(text)
        self._queue.setToolTip(tip)
        self._queue.setVisible(bool(text))

    def set_progress(self, text: str, share: float | None, tip: str = "") -> None:
        """Show what goes on; `share` is done of it, 0 … 1, None where there is nothing to measure."""
        self._progress_text.setText(text)
        for widget in (self._progress_text, self._progress):
            widget.setToolTip(tip)
        self._progress.setVisible(share is not None)
        if share is not None:
            self._progress.setValue(round(share * 1000))
