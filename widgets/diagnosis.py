"""`DiagnosisPanel`: what may be wrong with a run, as cards with the numbers, the meaning and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.training.diagnosis import Finding
from models.training.remedies import Remedy
from widgets.flow_layout import FlowLayout
from widgets.theme import Theme, set_property

SEVERITIES = {
    "bad": ("✕", "Serious"),
    "warn": ("⚠", "Deserves a look"),
    "note": ("ℹ", "Worth knowing"),
}
"""An icon and words for each severity."""

NO_RUN = "Nothing to look at yet"
NO_RUN_HELP = (
    "Train, and this tab says in plain words what goes wrong, by which numbers, and what would help: overfitting, a "
    "learning rate that does not suit, dead units, vanishing gradients, data that come too slowly, and more."
)
ALL_WELL = "✓  Nothing to worry about so far"


class DiagnosisPanel(QWidget):
    """A line on top that says how it stands, below it a card for each finding.

    Signals:
        remedy_chosen(Finding, Remedy): its button was pressed.
        node_chosen(str): the block of a finding is to be shown.
        dismissed(Finding): it is not to be shown any more.
        restore_requested: what was dismissed is to be shown again.
        train_requested: training is to begin anew.
    """

    remedy_chosen = Signal(object, object)
    node_chosen = Signal(str)
    dismissed = Signal(object)
    restore_requested = Signal()
    train_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("diagnosis")
        self._cards: list[FindingCard] = []
        self._status = QLabel(NO_RUN)
        self._status.setObjectName("diagnosisStatus")
        self._status.setAccessibleName("Diagnosis")
        self._details = _label(NO_RUN_HELP)
        self._details.setObjectName("diagnosisDetails")
        self._details.setProperty("role", "dim")
        self._restore = _button("", "flat", "Show again what was dismissed for this run")
        self._restore.clicked.connect(self.restore_requested)
        self._train = _button("Train anew", "primary", "Train with these edits, from fresh weights")
        self._train.setObjectName("diagnosisTrain")
        self._train.clicked.connect(self.train_requested)
        self._place()
        self.set_dismissed(0)
        self.set_trainable("")

    def _place(self) -> None:
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 8, 0)
        line.setSpacing(8)
        line.addWidget(self._status, 1)
        line.addWidget(self._restore)
        line.addWidget(self._train)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self._details)
        self._column.addStretch(1)
        content = _Content()
        content.setLayout(self._column)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._line)
        column.addWidget(self._area, 1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def clear(self) -> None:
        """There is no run."""
        self._show_cards(())
        self._say(NO_RUN, "", NO_RUN_HELP)

    def set_findings(self, findings: Sequence[Finding], looked_at: str) -> None:
        """Show what was found in a run, the worst first; `looked_at` says what was looked at."""
        self._show_cards(findings)
        if findings:
            count = f"{len(findings)} {'finding' if len(findings) == 1 else 'findings'}"
            self._say(count, "", looked_at)
        else:
            self._say(ALL_WELL, "ok", looked_at)

    def set_applied(self, applied: frozenset[Remedy]) -> None:
        """The remedies that the project has taken, and that were not undone."""
        for card in self._cards:
            card.set_applied(applied)

    def set_dismissed(self, count: int) -> None:
        """How many findings are not shown, since they were dismissed."""
        self._restore.setText(f"{count} dismissed")
        self._restore.setVisible(count > 0)
        self._show_line()

    def set_trainable(self, text: str) -> None:
        """Offer to train with the edits, in these words; an empty text offers nothing."""
        self._train.setText(text)
        self._train.setVisible(bool(text))
        self._show_line()

    def set_theme(self, theme: Theme) -> None:
        """Nothing is painted here; the style sheet does it all."""

    @property
    def cards(self) -> tuple[FindingCard, ...]:
        """The findings' cards, from top to bottom."""
        return tuple(self._cards)

    @property
    def status(self) -> str:
        """The line on top."""
        return self._status.text()

    @property
    def details(self) -> str:
        """What was looked at."""
        return self._details.text()

    # --- inside -----------------------------------------------------------------------------------------------------
    def _say(self, status: str, level: str, details: str) -> None:
        self._status.setText(status)
        set_property(self._status, "level", level)
        self._details.setText(details)
        self._details.setVisible(bool(details))
        self._show_line()

    def _show_line(self) -> None:
        """The tab counts the findings; where the window is small their cards need the room of the line on top."""
        self._line.setVisible(not self._cards or not (self._train.isHidden() and self._restore.isHidden()))

    def _show_cards(self, findings: Sequence[Finding]) -> None:
        """Cards whose findings are still there stay, with the numbers of now: nothing moves under the pointer."""
        old = {card.finding.rule: card for card in self._cards}
        self._cards = []
        for place, finding in enumerate(findings):
            card = old.pop(finding.rule, None)
            if card is None:
                card = FindingCard(finding)
                card.asked.connect(self._pass_on)
            card.set_finding(finding)
            self._cards.append(card)
            if self._column.indexOf(card) != place:
                self._column.insertWidget(place, card)
        for card in old.values():
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()

    def _pass_on(self, what: str, finding: Finding, remedy: Remedy | None) -> None:
        if what == "remedy":
            self.remedy_chosen.emit(finding, remedy)
        elif what == "show":
            self.node_chosen.emit(finding.node)
        else:
            self.dismissed.emit(finding)


class _Content(QWidget):
    """What scrolls: as high as its texts are at the width there is, and not as they would be at the smallest one."""

    def minimumSizeHint(self) -> QSize:
        return QSize(1, 1)


class FindingCard(QFrame):
    """One finding.

    Signals:
        asked(what, Finding, Remedy or None): "remedy", "show" or "dismiss".
    """

    asked = Signal(str, object, object)

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self.setProperty("role", "message")
        self._severity = _label("", wraps=False)
        self._title = _label("", wraps=False)
        self._title.setStyleSheet("font-weight: 600;")
        self._meaning, self._evidence = _label(""), _label("")
        self._evidence.setObjectName("findingEvidence")
        self._evidence.setProperty("role", "dim")
        self.show_button = _tool("Show", "Select the block on the canvas")
        self.show_button.clicked.connect(partial(self._ask, "show"))
        self.dismiss_button = _tool("Dismiss", "Do not show this again for this run")
        self.dismiss_button.clicked.connect(partial(self._ask, "dismiss"))
        self._remedies = QWidget()
        self._flow = FlowLayout()
        self._remedies.setLayout(self._flow)
        self._buttons: dict[Remedy, QPushButton] = {}
        self._place()

    def _place(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(12)
        for widget in (self._title, self._severity):
            first.addWidget(widget)
        first.addStretch(1)
        for button in (self.show_button, self.dismiss_button):
            first.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(first)
        column.addWidget(self._meaning)
        column.addWidget(self._evidence)
        column.addWidget(self._remedies)

    def set_finding(self, finding: Finding) -> None:
        """Show a finding of the same rule, with other numbers perhaps."""
        self.finding = finding
        icon, words = SEVERITIES[finding.severity]
        set_property(self, "level", "" if finding.severity == "note" else finding.severity)
        self._severity.setText(f"{icon}  {words}")
        set_property(self._severity, "level", "" if finding.severity == "note" else finding.severity)
        set_property(self._severity, "role", "dim" if finding.severity == "note" else "")
        self._title.setText(finding.title)
        self._meaning.setText(finding.meaning)
        self._evidence.setText(sentence(finding.evidence))
        self.show_button.setVisible(finding.node is not None)
        self.setAccessibleName(f"{words}: {finding.title}")
        self.setAccessibleDescription(f"{finding.meaning} {sentence(finding.evidence)}")
        self.dismiss_button.setAccessibleName(f"Dismiss: {finding.title}")
        self.show_button.setAccessibleName(f"Show the block: {finding.title}")
        if tuple(self._buttons) != finding.remedies:
            self._make_buttons(finding.remedies)

    def set_applied(self, applied: frozenset[Remedy]) -> None:
        """Mark the remedies that the project has taken."""
        for remedy, button in self._buttons.items():
            done = remedy in applied and not remedy.trains
            button.setText(f"✓  {remedy.text}" if done else remedy.text)
            button.setEnabled(not done)
            button.setToolTip("Done; Ctrl+Z undoes it" if done else _tip(remedy))

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """The remedies' buttons, in order."""
        return tuple(self._buttons.values())

    @property
    def evidence(self) -> str:
        """The numbers as they are shown."""
        return self._evidence.text()

    def _make_buttons(self, remedies: tuple[Remedy, ...]) -> None:
        for button in self._buttons.values():
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = {}
        for remedy in remedies:
            button = _button(remedy.text, "repair", _tip(remedy))
            button.setAccessibleDescription(f"A remedy for: {self.finding.title}")
            button.clicked.connect(partial(self._choose, remedy))
            self._flow.addWidget(button)
            self._buttons[remedy] = button
        self._remedies.setVisible(bool(remedies))

    def _choose(self, remedy: Remedy, _checked: bool = False) -> None:
        self.asked.emit("remedy", self.finding, remedy)

    def _ask(self, what: str, _checked: bool = False) -> None:
        self.asked.emit(what, self.finding, None)


def sentence(words: str) -> str:
    """Evidence as a sentence: `held-out loss rose` becomes `Held-out loss rose.`"""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"


def _tip(remedy: Remedy) -> str:
    tips = {"": "Change the project so; it can be undone", "anew": "Change the project so, and train anew"}
    return tips.get(remedy.trains, "Train further from here")


def _button(text: str, role: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", role)
    button.setToolTip(tip)
    return button


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setProperty("role", "flat")
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _label(text: str, wraps: bool = True) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if wraps:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label
