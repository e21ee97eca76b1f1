"""`LivePresenter`: shows every layer over time, speed and machine, and what a network looked like after each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.document import Document
from app.editing import Editor
from app.layout import Views
from app.training.machine_load import MachineMonitor
from app.training.snapshot_reader import SnapshotReader
from app.training.training_controller import TrainingController
from models.network.expansion import Expansion, expand
from models.network.project import ProjectError
from models.training.events import DataSpeed, EpochDone, RunSaved, TrainingDone, TrainingStarted
from models.training.history import History
from models.training.snapshots import Snapshot
from widgets.live.scrubber import Scrubber, place_text

REFRESH_MS = 200
"""The views are drawn five times a second at most, and only the one that is seen."""

LIST_MS = 400
"""A run's folder is looked at so long after an epoch: its snapshot is written behind it."""


class LivePresenter(QObject):
    """Between a run's history and folder and the views of it. The network is the navigator: they show what is selected.

    Attributes:
        monitor: reads the machine's load while the view of it is seen.
    """

    def __init__(
        self, document: Document, editor: Editor, training: TrainingController, views: Views, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._editor, self._training, self._views = document, editor, training, views
        self._history: History | None = None
        self._expansion: Expansion | None = None
        self._layer: str | None = None
        self._run: Path | None = None
        self._snapshot: Snapshot | None = None
        self.monitor = MachineMonitor(self)
        self.monitor.loaded.connect(views.speed.add_load)
        self._reader = SnapshotReader(self)
        self._reader.listed.connect(self._listed)
        self._reader.read.connect(self._read)
        self._refresh_timer = QTimer(self, interval=REFRESH_MS, singleShot=True)
        self._refresh_timer.timeout.connect(self._refresh)
        self._list_timer = QTimer(self, interval=LIST_MS, singleShot=True)
        self._list_timer.timeout.connect(self._list)
        training.history_changed.connect(self._soon)
        training.state_changed.connect(self._soon)
        training.event_received.connect(self._take)
        document.opened.connect(self._soon)
        document.opened.connect(lambda: views.speed.set_data_speed(None))
        editor.selection_changed.connect(self._select)
        views.canvas.inner_selected.connect(self._select)
        views.health.layer_chosen.connect(self._choose)
        views.speed.watched.connect(self.monitor.watch)
        for scrubber in self._scrubbers:
            scrubber.moved.connect(self._go)

    def shut_down(self) -> None:
        """End the threads."""
        self.monitor.shut_down()
        self._reader.shut_down()

    @property
    def _scrubbers(self) -> tuple[Scrubber, Scrubber]:
        return (self._views.filters.scrubber, self._views.feature_maps.scrubber)

    # --- the run ----------------------------------------------------------------------------------------------------
    def _take(self, event: object) -> None:
        if isinstance(event, TrainingStarted):
            self._expansion = None
            self._views.speed.set_data_speed(None)
        elif isinstance(event, DataSpeed):
            self._views.speed.set_data_speed(event)
        if isinstance(event, TrainingStarted | EpochDone | TrainingDone | RunSaved) and not self._list_timer.isActive():
            self._list_timer.start()

    def _soon(self) -> None:
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def _refresh(self) -> None:
        views, history = self._views, self._training.history
        if history is not self._history:
            self._history, self._expansion = history, None
            for view in (views.health, views.histograms, views.speed):
                view.set_history(history)
            self._select()
            self._list()
        for view in (views.health, views.histograms, views.speed):
            view.refresh()

    # --- the selected block -----------------------------------------------------------------------------------------
    def _select(self) -> None:
        """The views of layers show those of the selected block."""
        selected = self._selected()
        if self._layer is not None and selected != self._owner(self._layer):
            self._layer = None
        layers = (self._layer,) if self._layer is not None else self._layers(selected)
        self._views.health.set_selected(layers)
        self._views.histograms.set_selected(layers)
        if self._snapshot is not None:
            self._show_past()

    def _choose(self, layer: str) -> None:
        """A layer was chosen in a list: its block becomes the selected one, and of that the layer is shown."""
        self._layer = layer
        owner = self._owner(layer)
        if owner is not None and self._document.network.find(owner) is not None and self._editor.current != owner:
            self._editor.select((owner,))
        self._select()

    def _selected(self) -> str | None:
        return self._views.canvas.inner or self._editor.current

    def _layers(self, node_id: str | None) -> tuple[str, ...]:
        """The layers that a node of the run's network stands for: itself, or those inside."""
        expansion = self._expanded()
        if node_id is None or expansion is None:
            return ()
        return tuple(expansion.members.get(node_id, (node_id,)))

    def _owner(self, layer: str) -> str | None:
        """The node of the run's network that a layer belongs to."""
        started, expansion = self._training.history.started, self._expanded()
        if started is None or expansion is None:
            return None
        inside: Mapping[str, tuple[str, ...]] = expansion.members
        nodes = (node.id for node in started.network.nodes)
        return next((node for node in nodes if layer == node or layer in inside.get(node, ())), None)

    def _expanded(self) -> Expansion | None:
        """The run's network with its composites opened; worked out once for each run."""
        started = self._training.history.started
        if self._expansion is None and started is not None:
            try:
                self._expansion = expand(started.network)
            except ProjectError:
                return None
        return self._expansion

    # --- the past ---------------------------------------------------------------------------------------------------
    def _list(self) -> None:
        """Look which epochs can be gone back to."""
        run = Path(self._training.run_dir) if self._training.run_dir is not None else None
        if run != self._run:
            self._run = run
            self._show_present()
            self._offer(())
        if run is not None:
            self._reader.list_all(run)

    def _listed(self, run: Path, epochs: tuple[int, ...]) -> None:
        if run == self._run:
            self._offer(epochs)

    def _offer(self, epochs: tuple[int, ...]) -> None:
        for scrubber in self._scrubbers:
            scrubber.set_epochs(epochs)

    def _go(self, place: int | None) -> None:
        """The user went to another epoch, or back to the present, in one of the panels: both go there."""
        for scrubber in self._scrubbers:
            if scrubber.place != place:
                scrubber.set_place(place)
        if place is None or self._run is None:
            self._show_present()
        else:
            self._reader.want(self._run, place)

    def _read(self, run: Path, epochs: int, snapshot: Snapshot | None) -> None:
        if run != self._run or self._views.filters.scrubber.place != epochs:
            return
        self._snapshot = snapshot or Snapshot(epochs, {}, {})
        self._show_past()

    def _show_past(self) -> None:
        """The selected block as it was."""
        snapshot, selected = self._snapshot, self._selected()
        assert snapshot is not None
        when = place_text(snapshot.epochs)
        if selected is None:
            self._views.filters.set_past(None, f"Select a block to see its filters {when}.")
            self._views.feature_maps.set_past(f"Select a block to see its maps {when}.", None)
            return
        node = self._views.canvas.shown.network.find(selected)
        title = node.title if node is not None else selected
        kernel, maps = snapshot.filters.get(selected), snapshot.maps.get(selected)
        none = f"No {{}} of {title} were kept {when}."
        self._views.filters.set_past(kernel, when if kernel is not None else none.format("filters"))
        self._views.feature_maps.set_past(f"{title} {when}" if maps is not None else none.format("maps"), maps)

    def _show_present(self) -> None:
        self._snapshot = None
        self._reader.give_up()
        self._views.filters.set_present()
        self._views.feature_maps.set_present()
        for scrubber in self._scrubbers:
            scrubber.set_place(None)
