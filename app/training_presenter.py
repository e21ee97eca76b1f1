"""`TrainingPresenter`: shows what the engine tells in the views, and asks it for what the views need."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import singledispatchmethod

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.document import Document
from app.editing import Editor
from app.export_controller import exported_text
from app.layout import Views
from app.network_presenter import untrained
from app.training_controller import State, TrainingController
from models.analysis.memory import Device
from models.network.graph import Node
from models.training.commands import Evaluate
from models.training.events import (
    EpochDone,
    Evaluated,
    Exported,
    Failed,
    Probed,
    Ready,
    TrainingDone,
    TrainingStarted,
)
from models.training.history import History

EDITED_MEANWHILE = "Training goes on with the network as it was when it began. Your edits count from the next run."
SELECT_ONE = "Select a convolution on the canvas."
BUILD_DELAY_MS = 250
"""Edits settle for this long before the network is built for its maps."""

BETTER_THAN_GUESSING = 0.1
"""Share of the way from guessing to no mistakes that a run should have come at least."""

CURVES_MS = 50
"""A plot is drawn twenty times a second, the two in turns: each takes milliseconds, which training would lack."""


class TrainingPresenter(QObject):
    """Between the engine and the live views.

    Signals:
        keep_training_wanted: the user chose to go on from where the run ended.
    """

    keep_training_wanted = Signal()

    def __init__(
        self, document: Document, editor: Editor, training: TrainingController, views: Views, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._editor = editor
        self._training = training
        self._views = views
        self._built_network: object = None
        self._told_of_edits = False
        self._run: TrainingStarted | None = None
        self._evaluated: tuple[Evaluated, str] | None = None
        self._named: tuple[str, ...] = ()
        self._build_timer = QTimer(self, interval=BUILD_DELAY_MS, singleShot=True)
        self._build_timer.timeout.connect(self._build)
        self._watch_timer = QTimer(self, interval=60, singleShot=True)
        self._watch_timer.timeout.connect(self._watch_visible)
        document.changed.connect(self._build_timer.start)
        document.changed.connect(self._tell_of_edits)
        document.changed.connect(self._show_names)
        document.opened.connect(self._start_over)
        editor.selection_changed.connect(self._watch_timer.start)
        views.canvas.visible_changed.connect(self._watch_timer.start)
        views.canvas.inner_selected.connect(self._watch_timer.start)
        views.probe.probe_changed.connect(self._probe)
        training.event_received.connect(self._show)
        self._curves_timer = QTimer(self, interval=CURVES_MS, singleShot=True)
        self._curves_timer.timeout.connect(views.curves.refresh_one)
        training.history_changed.connect(self._curves_soon)
        training.state_changed.connect(self._refresh_progress)
        training.state_changed.connect(self._build_when_idle)

    # --- asking -----------------------------------------------------------------------------------------------------
    def _build_when_idle(self) -> None:
        if self._training.state is State.IDLE:
            self._build_timer.start()

    def _build(self) -> None:
        """Have the network built as it is, unless it cannot be, or is already, or training goes on."""
        network, analysis = self._document.network, self._document.analysis
        buildable = analysis.output_shape is not None and not analysis.problems
        if self._training.state is State.IDLE and buildable and network is not self._built_network:
            self._built_network = network
            self._training.build(network, self._document.project.plan.seed)

    def _tell_of_edits(self) -> None:
        """An edit during a run changes the document and not the run: say so once."""
        edited = self._training.is_training and self._document.network is not self._built_network
        if edited and not self._told_of_edits:
            self._told_of_edits = True
            self._views.messages.show_message(EDITED_MEANWHILE, "warn")

    def _start_over(self) -> None:
        """Another project: its network has learned nothing, and the curves were another one's."""
        self._training.forget()
        self._built_network = None
        self._evaluated = None
        self._views.hide_evaluation()
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
    def _(self, event: TrainingStarted) -> None:
        self._built_network = event.network
        self._run = event
        self._told_of_edits = False
        self._views.messages.clear_all()
        self._evaluated = None
        self._views.hide_evaluation()
        self._views.curves.set_metric_name(event.metric)
        self._views.curves.set_history(self._training.history)
        where = f" The run's folder is {event.run_dir}." if event.run_dir else ""
        self._log(
            f"Training on {event.training_images:,} images, {event.held_out_images:,} held out; {event.loss}.{where}",
            "info",
        )

    @_show.register
    def _(self, event: EpochDone) -> None:
        held = "" if event.held_out_loss is None else f"; held out {_pair(event.held_out_loss, event.held_out_metric)}"
        self._log(f"Epoch {event.epoch + 1}: {_pair(event.loss, event.metric)}{held} ({event.seconds:.1f} s)", "info")

    @_show.register
    def _(self, event: TrainingDone) -> None:
        doubts = self._doubts(event)
        text, level = " ".join((event.message, *doubts)), "warn" if doubts or event.reason == "diverged" else "ok"
        self._log(text, level)
        choices = [("Evaluate", self._evaluate), ("Keep training", self.keep_training_wanted.emit)]
        self._views.messages.show_message(text, level, choices if self._run and event.reason != "diverged" else [])
        self._run = None
        self._views.curves.refresh()

    def _evaluate(self) -> None:
        self._training.send(Evaluate())

    def _doubts(self, event: TrainingDone) -> list[str]:
        """What speaks against the result of a run, in sentences."""
        doubts: list[str] = []
        started = self._run
        if started is None:  # stopped before it began
            return doubts
        if event.held_out_metric is not None and event.reason == "finished":
            guessing = 1 / max(started.facts.classes, 1)
            if event.held_out_metric < guessing + BETTER_THAN_GUESSING * (1 - guessing):
                rate = self._document.project.plan.learning_rate
                doubts.append(f"That is hardly better than guessing: try another learning rate (now {rate:g}).")
        if started.network != self._document.network:
            doubts.append("You edited the network meanwhile: blocks marked as not trained start afresh.")
        return doubts

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
    def _(self, event: Evaluated) -> None:
        self._evaluated = (event, self._untrained_note())
        self._show_evaluated()
        self._views.show_evaluation()
        self._log(f"Evaluated on {event.images:,} images: {_pair(event.loss, event.metric)}", "info")

    def _show_evaluated(self) -> None:
        """Show the last evaluation, its classes as the user calls them now."""
        if self._evaluated is not None:
            event, note = self._evaluated
            self._named = self._as_called(event.class_names)
            self._views.evaluation.set_result(replace(event, class_names=self._named), note)

    def _show_names(self) -> None:
        if self._evaluated is not None and self._named != self._as_called(self._evaluated[0].class_names):
            self._show_evaluated()

    def _as_called(self, class_names: tuple[str, ...]) -> tuple[str, ...]:
        """The classes of the last run as the user calls them now; as they were called then where the data differ."""
        facts, document = self._document.facts, self._document
        same = self._training.run_source == document.project.data
        return facts.class_names if facts is not None and same and facts.classes == len(class_names) else class_names

    def _untrained_note(self) -> str:
        """What an evaluation must say of blocks that were edited since the training."""
        document, trained = self._document, self._training.trained_network
        fresh = untrained(trained, document.analysis) if trained is not None else frozenset()
        if not fresh:
            return ""
        names = ", ".join(node.title for node in document.network.nodes if node.id in fresh)
        return f"Edited since the training, so with fresh weights: {names}. Train again."

    @_show.register
    def _(self, event: Exported) -> None:
        self._views.messages.show_message(exported_text(event), "ok")
        self._log(exported_text(event), "ok")

    @_show.register
    def _(self, event: Failed) -> None:
        if event.what != "Preview":  # which says so where it would be
            self._views.messages.show_message(f"{event.what}: {event.message}", "bad")
        self._log(f"{event.what}: {event.message}\n{event.details}".rstrip(), "bad")
        if self._training.state is State.BROKEN:
            self._views.device_chip.set_device("TensorFlow is missing", "bad", event.message)

    def _class_names(self, event: Probed) -> tuple[str, ...]:
        facts = self._document.facts
        return self._as_called(event.class_names) or (facts.class_names if facts is not None else ())

    def _curves_soon(self) -> None:
        if not self._curves_timer.isActive():
            self._curves_timer.start()
        self._refresh_progress()

    def _refresh_progress(self) -> None:
        training = self._training
        share = training.history.progress if training.is_training else None
        self._views.status.set_progress(progress_text(training.state, training.history), share)

    def _log(self, text: str, level: str) -> None:
        self._views.log.append(datetime.now(), text, level)


def _same_block(node: Node, probed: Node | None) -> bool:
    """Whether a node's maps can stand for it: after an edit during a run they are of what it was."""
    return probed is not None and probed.block == node.block


def progress_text(state: State, history: History) -> str:
    """`Epoch 6/10 · batch 18/23 · 1,490 images/s · 4 s left`."""
    quiet = {State.STARTING: "Loading TensorFlow …", State.BROKEN: "TensorFlow is missing or broken", State.IDLE: ""}
    if state in quiet:
        return quiet[state]
    started = history.started
    if started is None or history.steps == 0:
        return "Preparing …"
    last = started.first_epoch + started.epochs
    parts = [f"Epoch {min(history.epoch + 1, last)}/{last}", f"batch {history.step_in_epoch}/{started.steps_per_epoch}"]
    if state is State.TRAINING:
        parts.append(f"{history.images_per_second:,.0f} images/s")
        if history.seconds_left is not None:
            parts.append(f"{time_text(history.seconds_left)} left")
    else:
        parts.append("paused" if state is State.PAUSED else "stopping …")
    return " · ".join(parts)


def time_text(seconds: float) -> str:
    """`4 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _pair(loss: float, metric: float | None) -> str:
    return f"loss {loss:.4f}" if metric is None else f"loss {loss:.4f}, accuracy {metric:.2%}"
