"""`TrainingPresenter`: shows what the engine tells in the views, and asks it for what the views need."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatchmethod

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.document import Document
from app.editing import Editor
from app.export_controller import exported_text
from app.layout import Views
from app.training.evaluation_presenter import as_called, pair_text
from app.training.training_controller import State, TrainingController
from models.analysis.memory import Device
from models.network.graph import Node
from models.training.events import (
    CheckpointWritten,
    EngineEnded,
    EpochDone,
    Exported,
    LearningRateChanged,
    Probed,
    Ready,
    TrainingDone,
    TrainingStarted,
)

EDITED_MEANWHILE = "Training goes on with the network as it was when it began. Your edits count from the next run."
SELECT_ONE = "Select a convolution on the canvas."
BUILD_DELAY_MS = 250
"""Edits settle for this long before the network is built for its maps."""

CURVES_MS = 50
"""A plot is drawn twenty times a second, the two in turns: each takes milliseconds, which training would lack."""


class TrainingPresenter(QObject):
    """Between the engine and the live views. What becomes of a run is OutcomePresenter's."""

    def __init__(
        self, document: Document, editor: Editor, training: TrainingController, views: Views, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._editor = editor
        self._training = training
        self._views = views
        self._built_network: object = None
        self._network_at_start: object = None
        self._told_of_edits = False
        self._build_timer = QTimer(self, interval=BUILD_DELAY_MS, singleShot=True)
        self._build_timer.timeout.connect(self._build)
        self._watch_timer = QTimer(self, interval=60, singleShot=True)
        self._watch_timer.timeout.connect(self._watch_visible)
        document.changed.connect(self._build_timer.start)
        document.changed.connect(self._tell_of_edits)
        document.opened.connect(self._start_over)
        editor.selection_changed.connect(self._watch_timer.start)
        views.canvas.visible_changed.connect(self._watch_timer.start)
        views.canvas.inner_selected.connect(self._watch_timer.start)
        views.probe.probe_changed.connect(self._probe)
        training.event_received.connect(self._show)
        self._curves_timer = QTimer(self, interval=CURVES_MS, singleShot=True)
        self._curves_timer.timeout.connect(views.curves.refresh_one)
        training.history_changed.connect(self._curves_soon)
        training.state_changed.connect(self._follow_state)

    # --- asking -----------------------------------------------------------------------------------------------------
    def _follow_state(self) -> None:
        if self._training.state is State.STARTING:  # another engine: it knows no network yet
            self._built_network = None
            self._views.device_chip.set_device("Loading …", "dim", "TensorFlow is being loaded in the background.")
        if self._training.state is State.IDLE:
            self._build_timer.start()
        if not self._training.is_training:
            self._network_at_start, self._told_of_edits = None, False
        elif self._network_at_start is None:
            self._network_at_start = self._document.network

    def _build(self) -> None:
        """Have the network built as it is, unless it cannot be, or is already, or training goes on."""
        network, analysis = self._document.network, self._document.analysis
        buildable = analysis.output_shape is not None and not analysis.problems
        if self._training.state is State.IDLE and buildable and network is not self._built_network:
            self._built_network = network
            self._training.build(network, self._document.project.plan.seed)

    def _tell_of_edits(self) -> None:
        """An edit during a run changes the document and not the run: say so once."""
        edited = self._training.is_training and self._document.network is not self._network_at_start
        if edited and not self._told_of_edits:
            self._told_of_edits = True
            self._views.messages.show_message(EDITED_MEANWHILE, "warn")

    def _start_over(self) -> None:
        """Another project: its network has learned nothing, and the curves were another one's."""
        self._training.forget()
        self._built_network = None
        self._views.messages.clear_all()
        self._views.curves.set_history(self._training.history)

    def _probe(self, image: np.ndarray) -> None:
        self._training.watch(image=image)

    def _watch_visible(self) -> None:
        self._training.watch(strips=self._views.canvas.visible_ids(), selected=self._looked_at())

    def _looked_at(self) -> str | None:
        """The node whose maps and filters are shown: one inside an open composite, or the network's current one."""
        return self._views.canvas.inner or self._editor.current

    # --- showing ----------------------------------------------------------------------------------------------------
    @singledispatchmethod
    def _show(self, event: object) -> None:
        """Show one event; those without a view of their own need nothing."""

    @_show.register
    def _(self, event: Ready) -> None:
        versions = " · ".join(f"{name} {version}" for name, version in event.versions.items())
        self._views.device_chip.set_device(event.device, "ok", event.reason)
        name = event.device.split(" · ")[1] if event.gpu else "this machine"
        self._views.inspector.set_device(Device(name, event.memory))
        self._log(f"Ready on {event.device}. {versions}. {event.reason}".strip(), "info")

    @_show.register
    def _(self, event: EngineEnded) -> None:
        self._built_network = None

    @_show.register
    def _(self, event: TrainingStarted) -> None:
        self._built_network = event.network
        self._views.messages.clear_all()
        self._views.curves.set_metric_name(event.metric)
        self._views.curves.set_history(self._training.history)
        where = f" The run's folder is {event.run_dir}." if event.run_dir else ""
        self._log(
            f"Training on {event.training_images:,} images, {event.held_out_images:,} held out; {event.loss}.{where}",
            "info",
        )

    @_show.register
    def _(self, event: EpochDone) -> None:
        held = (
            "" if event.held_out_loss is None else f"; held out {pair_text(event.held_out_loss, event.held_out_metric)}"
        )
        self._log(
            f"Epoch {event.epoch + 1}: {pair_text(event.loss, event.metric)}{held} ({event.seconds:.1f} s)", "info"
        )

    @_show.register
    def _(self, event: LearningRateChanged) -> None:
        why = ", since training had come to a plateau" if event.reason == "plateau" else ""
        self._log(f"Learning rate {event.learning_rate:.4g} from step {event.step:,} on{why}.", "info")

    @_show.register
    def _(self, event: CheckpointWritten) -> None:
        best = ", the best so far" if event.is_best else ""
        self._log(f"Checkpoint after step {event.step:,}{best}.", "dim")

    @_show.register
    def _(self, event: TrainingDone) -> None:
        self._views.curves.refresh()

    @_show.register
    def _(self, event: Probed) -> None:
        shown = self._views.canvas.shown
        alike = {node.id for node in shown.document.nodes if _same_block(node, event.network.find(node.id))}
        strips = {key: strip for key, strip in event.strips.items() if shown.owner(key) in alike}
        self._views.canvas.set_strips(strips)
        selected = event.selected
        node = shown.network.find(selected) or shown.document.find(selected)  # the latter is an open composite
        title = node.title if node is not None else ""
        if selected == self._looked_at() and (node is None or shown.owner(node.id) in alike):
            self._views.feature_maps.set_maps(title, event.maps, self._class_names(event))
            self._views.filters.set_kernel(
                event.filters, f"{title} has no filters. {SELECT_ONE}" if title else SELECT_ONE
            )
            self._views.inspector.set_filters(event.filters)
        self._views.probe.set_prediction(event.prediction, self._class_names(event))

    @_show.register
    def _(self, event: Exported) -> None:
        self._views.messages.show_message(exported_text(event), "ok")
        self._log(exported_text(event), "ok")

    def _class_names(self, event: Probed) -> tuple[str, ...]:
        facts = self._document.facts
        known = as_called(event.class_names, self._document, self._training)
        return known or (facts.class_names if facts is not None else ())

    def _curves_soon(self) -> None:
        if not self._curves_timer.isActive():
            self._curves_timer.start()

    def _log(self, text: str, level: str) -> None:
        self._views.log.append(datetime.now(), text, level)


def _same_block(node: Node, probed: Node | None) -> bool:
    """Whether a node's maps can stand for it: after an edit during a run they are of what it was."""
    return probed is not None and probed.block == node.block
