"""`Inspector`: the panel at the right, Block · Network · Training."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QWidget

from models.analysis import Analysis, NodeAnalysis
from models.analysis.memory import Device
from models.network.graph import Network, Node, Source
from models.training.plan import BlockRule, TrainingPlan
from widgets.inspector.block_tab import BlockTab
from widgets.inspector.network_tab import NetworkTab
from widgets.inspector.training_tab import TrainingTab
from widgets.theme import DARK, Theme


class Inspector(QTabWidget):
    """Shows what it is given and reports edits.

    Signals:
        field_changed(node_id, field, value, session): one session for each uninterrupted editing of one field.
        renamed(node_id, name): an empty name stands for the block's type.
        repair_chosen(node_id, repair).
        connect_requested(node_id, Source), disconnect_requested(node_id, input_index): of a merge block.
        look_inside_requested(node_id), unpack_requested(node_id): of a composite block.
        inner_chosen(node_id): the user went to a block inside the composite; its id once the composite is open.
        plan_changed(field, value, session), plan_edited(text, {field: value}): of the training plan.
        rule_changed(BlockRule, session): how the block is trained.
        network_described(Network): the user wrote a network in the notation.
    """

    field_changed = Signal(str, str, object, str)
    renamed = Signal(str, str)
    repair_chosen = Signal(str, object)
    connect_requested = Signal(str, object)
    disconnect_requested = Signal(str, int)
    look_inside_requested = Signal(str)
    unpack_requested = Signal(str)
    inner_chosen = Signal(str)
    plan_changed = Signal(str, object, str)
    plan_edited = Signal(str, dict)
    rule_changed = Signal(object, str)
    network_described = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self.setDocumentMode(True)
        self.setMinimumWidth(280)
        self.block_tab, self.network_tab, self.training_tab = BlockTab(), NetworkTab(), TrainingTab()
        self.addTab(self.block_tab, "Block")
        self.addTab(self.network_tab, "Network")
        self.addTab(self.training_tab, "Training")
        for name in (
            "field_changed", "renamed", "repair_chosen", "connect_requested", "disconnect_requested",
            "look_inside_requested", "unpack_requested", "inner_chosen",
        ):  # fmt: skip
            getattr(self.block_tab, name).connect(getattr(self, name))
        self.block_tab.rule_changed.connect(self.rule_changed)
        self.training_tab.plan_changed.connect(self.plan_changed)
        self.training_tab.plan_edited.connect(self.plan_edited)
        self.network_tab.network_described.connect(self.network_described)
        self.set_theme(DARK)

    def set_node(
        self,
        node: Node | None,
        analysis: NodeAnalysis | None,
        sources: Sequence[tuple[Source, str]] = (),
        names: Mapping[Source, str] | None = None,
        read_only: bool = False,
    ) -> None:
        """Show a node, or None for no selection.

        Args:
            sources: outputs that a merge block could take as well, with what people call them.
            names: what people call the outputs that feed the node.
            read_only: the node stands inside a composite.
        """
        self.block_tab.set_node(node, analysis, sources, names, read_only)

    def set_several(self, count: int) -> None:
        """Show that several blocks are selected, and what can be done with them."""
        self.block_tab.set_several(count)

    def set_several_actions(self, actions: Iterable[QAction]) -> None:
        """What can be done with several blocks: a button each."""
        self.block_tab.set_several_actions(actions)

    def set_opened(self, ids: Sequence[str]) -> None:
        """Which composites are open on the canvas."""
        self.block_tab.set_opened(ids)

    def set_network(self, network: Network, analysis: Analysis, batch_size: int, frozen: Collection[str] = ()) -> None:
        """Show the whole network's numbers; training leaves `frozen` nodes as they are."""
        self.network_tab.set_network(network, analysis, batch_size, frozen)
        self.training_tab.set_analysis(analysis)

    def set_device(self, device: Device) -> None:
        """What the memory that training takes is held against."""
        self.network_tab.set_device(device)

    def set_plan(self, plan: TrainingPlan, loss_text: str) -> None:
        """Show a training plan; `loss_text` says what the loss "auto" means now."""
        self.training_tab.set_plan(plan, loss_text)

    def set_rule(self, rule: BlockRule | None) -> None:
        """How the shown block is trained; None where it has no weights."""
        self.block_tab.set_rule(rule)

    def set_filters(self, kernel: npt.NDArray[np.float32] | None, note: str = "") -> None:
        """Show the selected block's kernel (height, width, input channels, filters), or a note instead."""
        self.block_tab.set_filters(kernel, note)

    def set_theme(self, theme: Theme) -> None:
        self.block_tab.set_theme(theme)
        self.network_tab.set_theme(theme)
        self.training_tab.set_theme(theme)

    def show_block_tab(self) -> None:
        """Bring the Block tab to the front."""
        self.setCurrentWidget(self.block_tab)

    def focus_name(self) -> None:
        """Bring the Block tab to the front, with the keyboard on the block's name."""
        self.show_block_tab()
        self.block_tab.focus_name()

    def focus_first_field(self) -> None:
        """Bring the Block tab to the front, with the keyboard on its first field."""
        self.show_block_tab()
        self.block_tab.focus_first_field()
