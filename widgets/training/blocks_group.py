"""`BlocksGroup`: which blocks are frozen or have a learning rate of their own."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from models.network.graph import SEPARATOR
from models.training.freezing import frozen_but_last
from models.training.plan import DEFAULT_PLAN, BlockRule, TrainingPlan
from widgets.inspector.parts import RepairButton, clear, label
from widgets.training.axes import rate_text

MOST_LISTED = 12
NONE = "Every block is trained alike. Select a block to freeze it, or to give it a learning rate of its own."
FREEZE_TIP = "For transfer learning: only the last block with weights learns, the others keep what they know."


class BlocksGroup(QWidget):
    """A line for each block that is trained otherwise, and what can be done with all of them.

    Signals:
        blocks_changed(text, rules): the plan's `blocks` are to be these; the text names the edit.
        node_chosen(node_id): the user wants to go to this block.
    """

    blocks_changed = Signal(str, object)
    node_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = DEFAULT_PLAN
        self._weighty: tuple[tuple[str, str], ...] = ()
        self._listed: object = None
        self._text = label(NONE, "dim")
        rows = QWidget()
        self._rows = QVBoxLayout(rows)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self.freeze_button = self._button("Freeze all but last", FREEZE_TIP, self._freeze)
        self.unfreeze_button = self._button("Unfreeze all", "Every block is trained again.", self._unfreeze)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.freeze_button)
        buttons.addWidget(self.unfreeze_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._text)
        column.addWidget(rows)
        column.addLayout(buttons)
        self._show()

    def set_plan(self, plan: TrainingPlan) -> None:
        """Show a plan's rules."""
        if plan.blocks != self._plan.blocks:
            self._plan = plan
            self._show()

    def set_blocks(self, weighty: Sequence[tuple[str, str]]) -> None:
        """The blocks that have weights, from the input on: id and what people call it."""
        if tuple(weighty) != self._weighty:
            self._weighty = tuple(weighty)
            self._show()

    def _button(self, text: str, tip: str, clicked: object) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "repair")
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(clicked)
        return button

    def _freeze(self) -> None:
        ids = [node_id for node_id, _name in self._weighty]
        self.blocks_changed.emit("Freeze all but the last block", frozen_but_last(self._plan.blocks, ids))

    def _unfreeze(self) -> None:
        kept = tuple(rule.model_copy(update={"trainable": True}) for rule in self._plan.blocks)
        self.blocks_changed.emit("Unfreeze all blocks", tuple(rule for rule in kept if not rule.says_nothing))

    def _show(self) -> None:
        names = dict(self._weighty)
        rules = tuple(rule for rule in self._plan.blocks if _outermost(rule.node, names) in names)
        ids = [node_id for node_id, _name in self._weighty]
        self.freeze_button.setEnabled(len(ids) > 1 and frozen_but_last(self._plan.blocks, ids) != self._plan.blocks)
        self.unfreeze_button.setEnabled(any(not rule.trainable for rule in self._plan.blocks))
        if (rules, self._weighty) == self._listed:
            return
        self._listed = rules, self._weighty
        self._text.setVisible(not rules)
        clear(self._rows)
        for rule in rules[:MOST_LISTED]:
            self._rows.addWidget(self._row(rule, _outermost(rule.node, names), names))
        if len(rules) > MOST_LISTED:
            self._rows.addWidget(label(f"… and {len(rules) - MOST_LISTED:,} more", "dim"))

    def _row(self, rule: BlockRule, outermost: str, names: Mapping[str, str]) -> QWidget:
        inner = rule.node.removeprefix(outermost).lstrip("_")
        text = f"{names[outermost]}{f' ▸ {inner}' if inner else ''}: {rule_text(rule)}"
        button = RepairButton(text)
        button.setProperty("role", "listed")
        button.setToolTip(f"{text}. Click to go to the block.")
        button.clicked.connect(lambda: self.node_chosen.emit(outermost))
        return button


def _outermost(node_id: str, names: Container[str]) -> str:
    """The block of the network that a rule is about, or in which its block stands."""
    return node_id if node_id in names else node_id.split(SEPARATOR)[0]


def rule_text(rule: BlockRule) -> str:
    """`frozen`, `learning rate × 0.1`."""
    return f"learning rate × {rate_text(rule.learning_rate_factor)}" if rule.trainable else "❄ frozen"
