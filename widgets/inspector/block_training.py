"""Whether and how fast the selected block learns."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from models.training.plan import BlockRule
from widgets.forms import Form
from widgets.inspector.parts import label

FROZEN = "Frozen: training leaves its weights as they are."


class BlockTraining(QWidget):
    """The rule for one block; hidden where there is none to make.

    Signals:
        rule_changed(BlockRule, session): the user edited it.
    """

    rule_changed = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("blockTraining")
        self.form: Form | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(label("TRAINING OF THIS BLOCK", "heading"))
        self.hide()

    def set_rule(self, rule: BlockRule | None) -> None:
        """Show a block's rule, or nothing."""
        self.setVisible(rule is not None)
        if rule is None:
            return
        form = self._made(rule)
        form.set_model(rule)
        self._explain()

    def _made(self, rule: BlockRule) -> Form:
        if self.form is not None:
            return self.form
        form = self.form = Form(rule, fields=("trainable", "learning_rate_factor"))
        form.edited.connect(self._tell)
        self._column.addWidget(form)
        return form

    def _tell(self, _field: str, _value: object, session: str) -> None:
        assert self.form is not None
        rule = self.form.model
        assert isinstance(rule, BlockRule)
        self._explain()
        self.rule_changed.emit(rule, f"{rule.node} rule {session}")

    def _explain(self) -> None:
        assert self.form is not None
        rule = self.form.model
        assert isinstance(rule, BlockRule)
        self.form.set_field_enabled("learning_rate_factor", rule.trainable, "Says nothing while trainable is off.")
        self.form.set_note("trainable", "" if rule.trainable else FROZEN)
