"""`EvaluationPresenter`: shows how well the model does on samples that it has not seen, its classes named as now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject

from app.document import Document
from app.layout import Views
from app.network_presenter import untrained
from app.training.training_controller import TrainingController
from models.training.events import Evaluated, TrainingStarted


class EvaluationPresenter(QObject):
    """Between the engine's measurements and the Evaluate page, which belongs to one run."""

    def __init__(self, document: Document, training: TrainingController, views: Views, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._training = training
        self._views = views
        self._evaluated: tuple[Evaluated, str] | None = None
        self._named: tuple[str, ...] = ()
        document.changed.connect(self._show_names)
        document.opened.connect(self._forget)
        training.event_received.connect(self._take)

    def _take(self, event: object) -> None:
        if isinstance(event, TrainingStarted):
            self._forget()
        elif isinstance(event, Evaluated):
            self._evaluated = (event, self._untrained_note())
            self._show()
            self._views.show_evaluation()
            text = f"Evaluated on {event.images:,} images: {pair_text(event.loss, event.metric)}"
            self._views.log.append(datetime.now(), text, "info")

    def _forget(self) -> None:
        self._evaluated = None
        self._views.hide_evaluation()

    def _show(self) -> None:
        """Show the last evaluation, its classes as the user calls them now."""
        if self._evaluated is not None:
            event, note = self._evaluated
            self._named = self._as_called(event.class_names)
            self._views.evaluation.set_result(replace(event, class_names=self._named), note)

    def _show_names(self) -> None:
        if self._evaluated is not None and self._named != self._as_called(self._evaluated[0].class_names):
            self._show()

    def _as_called(self, class_names: tuple[str, ...]) -> tuple[str, ...]:
        return as_called(class_names, self._document, self._training)

    def _untrained_note(self) -> str:
        """What an evaluation must say of blocks that were edited since the training."""
        document, trained = self._document, self._training.trained_network
        fresh = untrained(trained, document.analysis) if trained is not None else frozenset()
        if not fresh:
            return ""
        names = ", ".join(node.title for node in document.network.nodes if node.id in fresh)
        return f"Edited since the training, so with fresh weights: {names}. Train again."


def as_called(class_names: tuple[str, ...], document: Document, training: TrainingController) -> tuple[str, ...]:
    """The classes of the last run as the user calls them now; as they were called then where the data differ."""
    facts = document.facts
    same = training.run_source == document.project.data
    return facts.class_names if facts is not None and same and facts.classes == len(class_names) else class_names


def pair_text(loss: float, metric: float | None) -> str:
    """`loss 0.1234, accuracy 97.50%`."""
    return f"loss {loss:.4f}" if metric is None else f"loss {loss:.4f}, accuracy {metric:.2%}"
