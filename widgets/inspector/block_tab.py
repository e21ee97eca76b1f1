"""The inspector's first tab: the selected block, why it is as it is, and its filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from models.analysis import NodeAnalysis, Problem
from models.network.graph import Node, Source
from models.training.plan import BlockRule
from widgets.filters import FilterPanel
from widgets.forms import Form
from widgets.inspector.block_training import BlockTraining
from widgets.inspector.connections import Connections
from widgets.inspector.inside import InsideList
from widgets.inspector.parts import MARGIN, RepairButton, clear, column, label, scroll
from widgets.inspector.reasons import Reasons
from widgets.inspector.several import SeveralBlocks
from widgets.theme import Theme

NOTHING = "No block is selected"
READ_ONLY = "Inside a composite block, which its settings make. Unpack the composite to edit this block."
SEVERAL = "Edits here are for one block: click it. These are for all of the selected ones."
HINTS = (
    "Click a block on the canvas, or press Tab to go to it and move along the network with the arrow keys. "
    "Its settings, the reasons for its shape and its filters will be shown here."
)


class BlockTab(QWidget):
    """Shows one node; see `Inspector` for the signals."""

    field_changed = Signal(str, str, object, str)
    renamed = Signal(str, str)
    repair_chosen = Signal(str, object)
    connect_requested = Signal(str, object)
    disconnect_requested = Signal(str, int)
    look_inside_requested = Signal(str)
    unpack_requested = Signal(str)
    inner_chosen = Signal(str)
    rule_changed = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Node | None = None
        self._read_only = False
        self._problems: tuple[Problem, ...] = ()
        self._form: Form | None = None
        self._title = QLineEdit()
        self._title.setFrame(False)
        self._title.setMaxLength(200)
        self._title.setTextMargins(-3, 0, 0, 0)  # the name stands flush with what is below it
        self._title.setAccessibleName("Name of the block")
        self._title.setToolTip("Type another name; empty it for the block's own")
        self._title.editingFinished.connect(self._rename)
        self._summary = label(role="dim")
        _holder, self._problem_rows = column(4)
        self._problem_holder = _holder
        self._form_holder, self._form_row = column()
        self._connections = Connections()
        self._connections.connect_requested.connect(lambda source: self.connect_requested.emit(self._id(), source))
        self._connections.disconnect_requested.connect(lambda index: self.disconnect_requested.emit(self._id(), index))
        self._inside = InsideList()
        self._inside.node_chosen.connect(self.inner_chosen)
        self._inside.look_inside_requested.connect(lambda: self.look_inside_requested.emit(self._id()))
        self._inside.unpack_requested.connect(lambda: self.unpack_requested.emit(self._id()))
        self._training = BlockTraining()
        self._training.rule_changed.connect(self.rule_changed)
        self._several = SeveralBlocks()
        self._count = 0
        self._reasons = Reasons()
        self._locked = label(READ_ONLY, "dim")
        self._filters = FilterPanel(compact=True)
        self._filter_heading = label("FILTERS (learned, live)", "heading")
        self._lay_out()
        self.set_node(None, None)

    def set_node(
        self,
        node: Node | None,
        analysis: NodeAnalysis | None,
        sources: Sequence[tuple[Source, str]] = (),
        names: Mapping[Source, str] | None = None,
        read_only: bool = False,
    ) -> None:
        """Show a node and what is known of it.

        Args:
            sources: outputs that could feed it too, with what people call them.
            names: what people call the outputs that feed it.
            read_only: it stands inside a composite, where it can be looked at but not edited.
        """
        self._count = 0
        self._several.hide()
        before, self._node = self._node, node
        same = before is not None and node is not None and (before.id, before.block.type) == (node.id, node.block.type)
        self._read_only = read_only
        self._title.setReadOnly(node is None or read_only)
        if not (same and self._title.hasFocus()):
            self._title.setText(node.title if node else NOTHING)
            self._title.setCursorPosition(0)
        self._summary.setText(node.block.summary() if node else HINTS)
        self._locked.setVisible(read_only)
        self._show_form(node, same)
        self._show_problems(analysis.problems if analysis else ())
        self._connections.set_node(node, () if read_only else sources, names or {}, read_only)
        block = node.block if node is not None else None
        self._inside.set_block(self._id(), block, analysis, read_only)
        self._reasons.set_block(block, analysis)
        if node is None:
            self.set_filters(None, "")
            self.set_rule(None)

    def set_rule(self, rule: BlockRule | None) -> None:
        """Show how the block is trained; None where it has no weights, or is part of a composite."""
        self._training.set_rule(rule)

    def set_several(self, count: int) -> None:
        """Show that several blocks are selected, and what can be done with them."""
        self.set_node(None, None)
        self._count = count
        self._title.setText(f"{count} blocks selected")
        self._summary.setText(SEVERAL)
        self._several.show()

    def set_several_actions(self, actions: Iterable[QAction]) -> None:
        """What can be done with several blocks."""
        self._several.set_actions(actions)

    def set_opened(self, ids: Sequence[str]) -> None:
        """Which composites are open on the canvas."""
        self._inside.set_opened(ids)

    def set_filters(self, kernel: npt.NDArray[np.float32] | None, note: str) -> None:
        """Show a kernel (height, width, input channels, filters); without one a note, or nothing."""
        shown = (kernel is not None or bool(note)) and not self._count
        self._filter_heading.setVisible(shown)
        self._filters.setVisible(shown)
        self._filters.set_kernel(kernel, note)

    def set_theme(self, theme: Theme) -> None:
        self._filters.set_theme(theme)
        self._inside.set_theme(theme)
        self._title.setStyleSheet(
            f"QLineEdit {{ background: transparent; border: 1px solid transparent; padding: 2px 0; font-size: 16px;"
            f" font-weight: 600; color: {theme.text}; }} QLineEdit:hover:!read-only {{ border-color: {theme.line}; }}"
            f" QLineEdit:focus:!read-only {{ border-color: {theme.accent}; }}"
        )

    def focus_name(self) -> None:
        """Put the keyboard on the block's name, ready to be typed over."""
        self._title.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._title.selectAll()

    def focus_first_field(self) -> None:
        """Put the keyboard on the block's first field, or on its name where it has none."""
        if self._form is not None and self._node is not None and self._node.block.form_fields():
            self._form.focus_first()
        else:
            self.focus_name()

    @property
    def form(self) -> Form | None:
        """The form of the block's fields, None while nothing is selected."""
        return self._form

    def _id(self) -> str:
        return self._node.id if self._node else ""

    def _lay_out(self) -> None:
        body, layout = column(12)
        layout.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        head, head_layout = column(2)
        head_layout.addWidget(self._title)
        head_layout.addWidget(self._summary)
        filters, filter_layout = column(6)
        filter_layout.addWidget(self._filter_heading)
        filter_layout.addWidget(self._filters)
        for part in (
            head, self._several, self._locked, self._problem_holder, self._form_holder, self._connections,
            self._training, self._inside, self._reasons, filters,
        ):  # fmt: skip
            layout.addWidget(part)
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(body))

    def _rename(self) -> None:
        if self._node is None or self._read_only:
            return
        text = self._title.text().strip()
        name = "" if text == self._node.block.label else text
        if name != self._node.name:
            self.renamed.emit(self._node.id, name)
        elif text != self._node.title:
            self._title.setText(self._node.title)

    def _show_form(self, node: Node | None, same: bool) -> None:
        self._form_holder.setVisible(node is not None and bool(node.block.form_fields()))
        if node is not None and same and self._form is not None:
            self._form.set_model(node.block)
            self._form.set_read_only(self._read_only)
            return
        clear(self._form_row)
        self._form = None
        if node is not None:
            self._form = Form(node.block)
            self._form.edited.connect(
                lambda field, value, session, node_id=node.id: self.field_changed.emit(
                    node_id, field, value, f"{node_id} {session}"
                )
            )
            self._form.set_read_only(self._read_only)
            self._form_row.addWidget(self._form)

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        self._problem_holder.setVisible(bool(problems))
        if problems == self._problems:
            return
        self._problems = problems
        clear(self._problem_rows)
        for problem in problems:
            self._problem_rows.addWidget(label(f"⚠  {problem.text}", "bad"))
            for repair in problem.repairs:
                button = RepairButton(repair.text)
                button.clicked.connect(
                    lambda _checked, chosen=repair, node_id=problem.node_id: self.repair_chosen.emit(node_id, chosen)
                )
                self._problem_rows.addWidget(button)
