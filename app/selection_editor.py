"""`SelectionEditor`: the selection, and how an edit is applied; what all of the editor's edits have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from app.document import Document
from models.blocks import Shape
from models.blocks.fields import first_mistake
from models.network.edits import EditError
from models.network.graph import Network, Source

Result = TypeVar("Result")


class SelectionEditor(QObject):
    """Applies edits to the document and keeps the selection, which is view state and no part of the document.

    Signals:
        selection_changed: other nodes are selected.
        inserted(str): a node came into the network, or back into it.
        refused(str): an edit that cannot be, with why and what to do.
    """

    selection_changed = Signal()
    inserted = Signal(str)
    refused = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._selection: tuple[str, ...] = ()
        self._known = document.network
        document.changed.connect(self._follow)
        document.opened.connect(self._forget)

    # --- selection --------------------------------------------------------------------------------------------------
    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes; the last one is what the panels show."""
        return self._selection

    @property
    def current(self) -> str | None:
        return self._selection[-1] if self._selection else None

    def select(self, ids: Sequence[str]) -> None:
        """Select nodes; ids that are not in the network are left out."""
        selection = tuple(node_id for node_id in ids if node_id in self._document.network)
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit()

    def select_all(self) -> None:
        self.select([node.id for node in self._document.network.nodes])

    def _forget(self) -> None:
        self._selection, self._known = (), Network()

    def _follow(self) -> None:
        """Select what an edit, or undoing one, brought into the network; otherwise drop what it took away."""
        before, self._known = self._known, self._document.network
        added = [node.id for node in self._known.nodes if node.id not in before] if before.nodes else []
        self.select(added or self._selection)
        if added:
            self.inserted.emit(added[-1])

    # --- applying ---------------------------------------------------------------------------------------------------
    def _shape(self, source: Source) -> Shape | None:
        known = self._document.analysis.nodes.get(source.node)
        return known.output_shapes[source.output] if known is not None and known.output_shapes else None

    def _apply(self, text: str, change: Callable[[], tuple[Network, Sequence[str]]], session: str = "") -> None:
        made = self._attempt(change)
        if made is not None:
            network, selection = made
            self._document.edit_network(text, network, session)
            self.select(selection)

    def _attempt(self, change: Callable[[], Result]) -> Result | None:
        """What a change comes to; None, and a word to the user, where it cannot be."""
        try:
            return change()
        except ValidationError as error:
            self.refused.emit(f"Not changed. {first_mistake(error)}.")
        except EditError as error:
            self.refused.emit(str(error))
        return None
