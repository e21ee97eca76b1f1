"""`DataEditor`: what the user does about the data set, turned into edits of the document."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from app.document import Document
from models.blocks.fields import first_mistake
from models.data.facts import DataFacts
from models.data.preparation import Preparation, preparation_for
from models.data.samples import Indices, Samples
from models.data.sources import Source
from models.network.project import Project


class DataEditor(QObject):
    """Edits the project's data source and preparation.

    Signals:
        refused(str): an edit that cannot be, and why.
    """

    refused = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._choices = 0

    @property
    def preparation(self) -> Preparation:
        return self._document.project.preparation

    def choose(self, source: Source, facts: DataFacts | None) -> bool:
        """Use another data set: split as it says itself, nothing left out or renamed. Whether it is another one.

        Without facts it is split by shares, until `split_by_its_parts` says otherwise.
        """
        project = self._document.project
        self._choices += 1
        if facts is not None:
            preparation = preparation_for(facts, project.preparation)
        else:
            by_shares = project.preparation.split.replace(by="shares")
            preparation = project.preparation.replace(split=by_shares, class_names=(), left_out=())
        return self._choose(project.replace(data=source, preparation=preparation))

    def split_by_its_parts(self) -> None:
        """The data set that was chosen last says itself what is for training: in the same step of undo."""
        split = self.preparation.split.replace(by="folders")
        self._choose(self._document.project.replace(preparation=self.preparation.replace(split=split)))

    def _choose(self, project: Project) -> bool:
        return self._document.edit("Choose the data set", project, f"choose data {self._choices}")

    def change(self, text: str, session: str = "", **changes: object) -> None:
        """Change some fields of the preparation."""
        try:
            preparation = self.preparation.replace(**changes)
        except ValidationError as error:
            self.refused.emit(f"Not changed. {first_mistake(error)}.")
            return
        self._document.edit(text, self._document.project.replace(preparation=preparation), session)

    def set_split(self, field: str, value: object, session: str = "") -> None:
        """Change one setting of the split."""
        try:
            self.change(f"Change {field}", session, split=self.preparation.split.replace(**{field: value}))
        except ValidationError as error:
            self.refused.emit(f"Not changed. {first_mistake(error)}.")

    def rename_class(self, label: int, name: str) -> None:
        """Call a class otherwise."""
        facts = self._document.facts
        if facts is None or not 0 <= label < facts.classes or not name.strip():
            return
        names = [*facts.class_names]
        names[label] = name.strip()
        if names == [*facts.class_names]:
            return  # the data set's own names are not written down as the user's
        self.change("Rename a class", class_names=tuple(names))

    def leave_out(self, names: Iterable[str]) -> None:
        """Use these samples no longer."""
        there = set(self.preparation.left_out)
        new = [name for name in dict.fromkeys(names) if name not in there]
        if new:
            self.change(f"Leave out {_count(new)}", left_out=(*self.preparation.left_out, *new))

    def use_again(self, names: Iterable[str]) -> None:
        """Use these samples after all."""
        back = set(names)
        kept = tuple(name for name in self.preparation.left_out if name not in back)
        if len(kept) < len(self.preparation.left_out):
            gone = set(self.preparation.left_out) - set(kept)
            self.change(f"Use {_count(tuple(gone))} again", left_out=kept)


@lru_cache(maxsize=2)
def left_out_of(samples: Samples, names: tuple[str, ...]) -> Indices:
    """The samples that are left out, by their names."""
    if not names:
        return np.zeros(0, np.int64)
    wanted = set(names)
    return np.array([index for index in range(len(samples)) if samples.name(index) in wanted], np.int64)


def _count(names: tuple[str, ...] | list[str]) -> str:
    return "a sample" if len(names) == 1 else f"{len(names):,} samples"
