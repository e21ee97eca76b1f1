"""`Document`: the project being edited, with undo. Undo cannot be wrong, because it restores a value."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from models.analysis import Analysis, analyse
from models.data.facts import DataFacts
from models.network.graph import Network
from models.network.project import Project
from models.training.freezing import carried


class Document(QObject):
    """Holds the current project value and its analysis.

    Signals:
        changed: the project or what is known of it is another one.
        data_source_changed: the project names another data set; its facts are unknown until `set_facts`.
        saved_state_changed(bool): whether there are unsaved changes.
        opened: another project took this one's place.
    """

    changed = Signal()
    data_source_changed = Signal()
    saved_state_changed = Signal(bool)
    opened = Signal()

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._tell_saved_state)
        self._project = project
        self._facts: DataFacts | None = None
        self._analysis = analyse(project.network)

    @property
    def project(self) -> Project:
        return self._project

    @property
    def network(self) -> Network:
        return self._project.network

    @property
    def analysis(self) -> Analysis:
        return self._analysis

    @property
    def facts(self) -> DataFacts | None:
        """What is known of the data set, its classes called as the user calls them; None until it has been read."""
        return self._facts.named(self._project.preparation.class_names) if self._facts is not None else None

    @property
    def is_modified(self) -> bool:
        return not self.undo_stack.isClean()

    def edit(self, text: str, project: Project, session: str = "") -> bool:
        """Make `project` the current one, undoably; `text` names the edit in the Edit menu.

        Edits with the same non-empty session merge into one undo step. An edit that changes nothing makes no step;
        the answer says whether there was one.
        """
        project = self._with_rules(project)
        if project == self._project:
            return False
        self.undo_stack.push(_ReplaceProject(self, text, project, session))
        return True

    def _with_rules(self, project: Project) -> Project:
        """An edited project in which the rules for frozen blocks have followed them."""
        before, rules = self._project, project.plan.blocks
        if rules != before.plan.blocks or project.network is before.network:
            return project
        kept = carried(rules, before.network, project.network)
        return project if kept == rules else project.replace(plan=project.plan.replace(blocks=kept))

    def edit_network(self, text: str, network: Network, session: str = "") -> bool:
        """`edit` for an edit of the network alone."""
        return self.edit(text, self._project.replace(network=network), session)

    def open(self, project: Project, modified: bool = False) -> None:
        """Start over with another project: nothing of the old one can be undone back to."""
        self.undo_stack.clear()
        if modified:
            self.undo_stack.resetClean()
        else:
            self.undo_stack.setClean()  # clearing an empty stack leaves an earlier resetClean in force
        self.opened.emit()
        self._set_project(project, another_file=True)

    def mark_saved(self) -> None:
        """Say that the current project is the one on the disk."""
        self.undo_stack.setClean()

    def set_facts(self, facts: DataFacts | None) -> None:
        """Say what is known of the data set now."""
        self._facts = facts
        self._analysis = analyse(self.network, facts, self._analysis)
        self.changed.emit()

    def _tell_saved_state(self, clean: bool) -> None:
        self.saved_state_changed.emit(not clean)

    def _set_project(self, project: Project, another_file: bool = False) -> None:
        other_data = another_file or project.data != self._project.data  # the same relative folder may lie elsewhere
        self._project = project
        if other_data:
            self._facts = None
        self._analysis = analyse(project.network, self._facts, self._analysis)
        self.changed.emit()
        if other_data:
            self.data_source_changed.emit()


class _ReplaceProject(QUndoCommand):
    """The one command there is: before, after, and a text."""

    def __init__(self, document: Document, text: str, after: Project, session: str) -> None:
        super().__init__(text)
        self._document = document
        self._before = document.project
        self._after = after
        self._session = session

    def id(self) -> int:
        return 1 if self._session else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _ReplaceProject) or other._session != self._session:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

    def undo(self) -> None:
        self._document._set_project(self._before)

    def redo(self) -> None:
        self._document._set_project(self._after)
