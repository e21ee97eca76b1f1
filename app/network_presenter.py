"""`NetworkPresenter`: shows the document in the views, and takes what the user does in them to the editor."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from app.data.data_controller import DataController
from app.document import Document
from app.editing import Editor
from app.layout import Views
from app.training.training_controller import TrainingController
from models.analysis import Analysis, analyse, still_trained
from models.analysis.memory import bytes_text
from models.blocks import Block
from models.blocks.composite import Group
from models.network.graph import Edge, Network, Node, Source
from models.zoo import TemplateError, template


class NetworkPresenter(QObject):
    """Between the document and the views of the network.

    Signals:
        template_wanted(str): the user wants a project of its own with this architecture.
    """

    template_wanted = Signal(str)

    def __init__(
        self,
        document: Document,
        editor: Editor,
        data: DataController,
        training: TrainingController,
        views: Views,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._editor = editor
        self._data = data
        self._training = training
        self._views = views
        self._trained = Analysis()
        self._composites: tuple[Group, ...] = ()
        self._refusal = ""
        self._another = False
        self._connect_views()
        document.opened.connect(self._expect_another)
        document.changed.connect(self.refresh)
        document.changed.connect(self._withdraw_refusal)
        editor.refused.connect(self._refuse)
        data.scanned.connect(self.refresh)
        editor.selection_changed.connect(self.refresh_selection)
        editor.inserted.connect(views.canvas.ensure_visible)
        training.state_changed.connect(self.refresh_marks)
        training.built_changed.connect(self.refresh_marks)

    def _connect_views(self) -> None:
        views, editor = self._views, self._editor
        views.palette.block_activated.connect(editor.append)
        views.palette.composite_removed.connect(editor.remove_composite)
        views.palette.template_activated.connect(self._open_template)
        views.quick_add.block_chosen.connect(editor.append)
        views.canvas.block_dropped.connect(self._insert)
        views.canvas.template_dropped.connect(self._insert_template)
        views.canvas.blocks_moved.connect(editor.move)
        views.canvas.block_dropped_beside.connect(self._insert_beside)
        views.canvas.blocks_moved_beside.connect(editor.move_beside)
        views.canvas.connection_dropped.connect(editor.connect_to)
        views.canvas.edge_cut.connect(editor.disconnect_edge)
        views.canvas.edge_rewired.connect(editor.rewire)
        views.canvas.connection_refusal = editor.why_not_connect
        views.canvas.repair_chosen.connect(editor.repair)
        views.canvas.selection_changed.connect(editor.select)
        views.canvas.edit_requested.connect(self._edit)
        views.inspector.field_changed.connect(editor.set_field)
        views.inspector.renamed.connect(editor.rename)
        views.inspector.repair_chosen.connect(editor.repair)
        views.inspector.connect_requested.connect(lambda node_id, source: editor.connect_to(source, node_id))
        views.inspector.disconnect_requested.connect(editor.disconnect_input)
        views.inspector.plan_changed.connect(editor.set_plan)
        views.canvas.opened_changed.connect(lambda: views.inspector.set_opened(views.canvas.opened))
        views.summary.copied.connect(lambda text: views.messages.show_message(text, "ok"))
        views.inspector.look_inside_requested.connect(views.canvas.toggle_open)
        views.inspector.unpack_requested.connect(self._unpack)
        views.inspector.inner_chosen.connect(self._go_to)
        views.inspector.network_described.connect(self._describe)
        views.summary.node_chosen.connect(self._go_to)
        views.diagnosis.node_chosen.connect(self._go_to)
        views.canvas.inner_selected.connect(self.refresh_selection)
        views.status.problem_chosen.connect(self._go_to)
        views.status.repair_chosen.connect(editor.repair)

    # --- user → document --------------------------------------------------------------------------------------------
    def _insert(self, block: Block, edge: Edge | None) -> None:
        self._editor.insert(block, edge)
        self._views.canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    def _insert_beside(self, block: Block, node_id: str) -> None:
        self._editor.insert_beside(block, node_id)
        self._views.canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    def _insert_template(self, key: str, edge: Edge | None) -> None:
        try:
            self._editor.insert_template(template(key), edge)
        except TemplateError as error:
            self._views.messages.show_message(str(error), "warn")

    def _open_template(self, key: str) -> None:
        """Start on an empty canvas with an architecture; where there is a network it is a project of its own."""
        if self._document.network.nodes:
            self.template_wanted.emit(key)
        else:
            self._insert_template(key, None)

    def _edit(self, node_id: str) -> None:
        self._editor.select((node_id,))
        self._views.inspector.show_block_tab()
        self._views.inspector.focus_first_field()

    def _go_to(self, node_id: str) -> None:
        """Show a node in every panel: one of the network, or one inside a composite, which is opened for it."""
        canvas = self._views.canvas
        self._views.pages.setCurrentWidget(canvas)
        if node_id in self._document.network:
            self._editor.select((node_id,))
            canvas.ensure_visible(node_id)
        else:
            canvas.show_inner(node_id)

    def _unpack(self, node_id: str) -> None:
        self._editor.select((node_id,))
        self._editor.unpack()

    def _describe(self, network: Network) -> None:
        """Take a network that was written as text."""
        self._document.edit_network("Build from notation", network)
        self._views.canvas.show_from_start()

    def _refuse(self, text: str) -> None:
        """Say why an edit cannot be; the next one that can takes the word back."""
        self._withdraw_refusal()
        self._refusal = text
        self._views.messages.show_message(text, "warn")

    def _withdraw_refusal(self) -> None:
        if self._refusal:
            self._views.messages.withdraw(self._refusal)
            self._refusal = ""

    # --- document → views -------------------------------------------------------------------------------------------
    def _expect_another(self) -> None:
        """Another project comes: what is selected and where the canvas stands was the old one's."""
        self._another = True
        self._views.canvas.set_selection(())
        self._views.summary.set_current(None)

    def refresh(self) -> None:
        """Show the document as it is now."""
        network, analysis, plan = self._document.network, self._document.analysis, self._document.project.plan
        views = self._views
        views.canvas.set_network(network, analysis)
        frozen = {rule.node for rule in plan.blocks if not rule.trainable}
        views.inspector.set_network(network, analysis, plan.batch_size, frozen)
        views.summary.set_network(network, analysis)
        views.inspector.set_plan(plan, self._loss_text())
        views.status.set_problems(analysis.problems, lambda node_id: network.node(node_id).title)
        views.status.set_totals(totals_text(analysis, plan.batch_size))
        self._refresh_composites()
        self._refresh_data_chip()
        self.refresh_marks()
        self.refresh_selection()
        if self._another:
            self._another = False
            views.canvas.show_from_start()

    def refresh_selection(self) -> None:
        """Show the selected block in every panel."""
        views, network = self._views, self._document.network
        views.canvas.set_selection(self._editor.selection)
        node = network.find(self._editor.current)
        if node is None and views.canvas.inner is not None:
            self._show_inner(views.canvas.inner)
            return
        if len(self._editor.selection) > 1:
            views.inspector.set_several(len(self._editor.selection))
            views.summary.set_current(self._editor.current)
            return
        known = self._document.analysis.nodes[node.id] if node is not None else None
        sources = connectable(network, node.id) if node is not None else ()
        names = {source: source_text(network, source) for source in node.inputs} if node is not None else {}
        views.inspector.set_node(node, known, sources, names)
        if node is None:
            views.feature_maps.set_maps("", None)
        views.summary.set_current(node.id if node is not None else None)

    def _show_inner(self, node_id: str) -> None:
        """Show a node inside an open composite, which may be open itself: there to be looked at."""
        views, shown = self._views, self._views.canvas.shown
        frame = shown.frames.get(node_id)
        if frame is not None:
            node, known = Node(id=node_id, block=frame.block, name=frame.title), frame.facts
        else:
            node, known = shown.network.node(node_id), shown.analysis.nodes[node_id]
        views.inspector.set_node(node, known, read_only=True)
        views.summary.set_current(node_id)

    def refresh_marks(self) -> None:
        """Say on the cards which blocks are still trained."""
        trained = self._training.trained_network
        if trained is None:
            self._show_given_weights()
            return
        if self._trained.network is not trained:
            self._trained = analyse(trained)
        kept = still_trained(self._trained, self._document.analysis)
        self._views.canvas.set_trained(kept, with_weights(self._document.analysis) - kept)

    def _show_given_weights(self) -> None:
        """Before anything was trained: say which blocks have the weights that the project came with, if it did."""
        built, canvas = self._training.built, self._views.canvas
        if self._training.start_weights is None or built is None or built.network != self._document.network:
            canvas.set_trained(None, frozenset())
            return
        weighty = with_weights(self._document.analysis)
        canvas.set_trained(built.kept & weighty, weighty - built.kept)

    def _refresh_composites(self) -> None:
        """Offer the project's own composites wherever blocks are chosen."""
        composites = self._document.project.composites
        if composites != self._composites:
            self._composites = composites
            self._views.palette.set_composites(composites)
            self._views.quick_add.set_composites(composites)

    def _refresh_data_chip(self) -> None:
        chip = self._views.data_chip
        if self._document.facts is not None:
            facts = self._document.facts
            chip.set_text(facts.text, short=f"{facts.name} · {facts.classes} classes")
        elif self._data.error:
            chip.set_text("⚠ No data set", self._data.error)
        elif self._data.was_cancelled:
            chip.set_text("⚠ No data set", "The data set was not opened. Click to choose one.")
        else:
            chip.set_text("Reading the data set …")

    def _loss_text(self) -> str:
        facts, shape = self._document.facts, self._document.analysis.output_shape
        if facts is None or shape is None:
            return "chosen when the network has an output for the data set"
        if shape == (1,) and facts.classes == 2:
            return "binary cross-entropy: one value tells two classes apart"
        return f"sparse categorical cross-entropy: {facts.classes} classes with one label each"


def untrained(trained: Network, analysis: Analysis) -> frozenset[str]:
    """Nodes with weights that an edit since the training has made start afresh."""
    return with_weights(analysis) - still_trained(analyse(trained), analysis)


def with_weights(analysis: Analysis) -> frozenset[str]:
    """Ids of the nodes that have weights."""
    return frozenset(node_id for node_id, node in analysis.nodes.items() if node.weights)


def totals_text(analysis: Analysis, batch_size: int) -> str:
    """`61,706 parameters · 0.42 M multiply-adds · receptive field 32×32 · 5.7 MB to train at batch 64`."""
    if not analysis.nodes:
        return "empty network"
    parts = [f"{analysis.parameters:,} parameters", f"{multiply_adds_text(analysis.multiply_adds)} multiply-adds"]
    if analysis.receptive_field:
        parts.append(f"receptive field {'×'.join(map(str, analysis.receptive_field))}")
    parts.append(f"{bytes_text(analysis.training_bytes(batch_size))} to train at batch {batch_size}")
    return " · ".join(parts)


def multiply_adds_text(count: int) -> str:
    """`0.42 M`, `3.86 G`."""
    return f"{count / 1e9:.2f} G" if count >= 1e9 else f"{count / 1e6:.2f} M" if count >= 1e5 else f"{count:,}"


def connectable(network: Network, node_id: str) -> tuple[tuple[Source, str], ...]:
    """Outputs that could become one more input of this node, with their names; none where it takes no more."""
    node = network.node(node_id)
    if len(node.inputs) >= node.block.max_inputs:
        return ()
    behind = {node_id, *network.downstream(node_id)}
    sources = (Source(other.id, index) for other in network.nodes for index in range(len(other.block.output_names)))
    return tuple(
        (source, source_text(network, source))
        for source in sources
        if source not in node.inputs and source.node not in behind and not network.node(source.node).block.auxiliary
    )


def source_text(network: Network, source: Source) -> str:
    """What people call an output: `Conv2D (conv2d_3)`, `Encoder (encoder), skip`."""
    node = network.node(source.node)
    title = f"{node.title} ({node.id})"
    return f"{title}, {node.block.output_names[source.output]}" if len(node.block.output_names) > 1 else title
