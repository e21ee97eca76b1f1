"""`SourceChooser`: asks for everything that a kind of data set needs to know, and looks at it before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.questions import Questions
from models.data.facts import DataError, DataFacts
from models.data.sources import SOURCES, PathSource, Source
from widgets.theme import Theme

SMALLEST_FORM = 2
"""Fields from which a data set is worth a dialog: a path alone is chosen already."""

Floats = npt.NDArray[np.float32]
Look = Callable[[Source], object]


class SourceChooser(QObject):
    """Chooses a data set of some kind, or of the kind that a file or folder is.

    Signals:
        chosen(source, facts): take this one; facts are None where they are not known yet.
        refused(str): it cannot be used, and why.
    """

    chosen = Signal(object, object)
    refused = Signal(str)
    _looked = Signal(object, object)

    def __init__(
        self, questions: Questions, folder: Callable[[], Path], window: QWidget, theme: Callable[[], Theme]
    ) -> None:
        super().__init__(window)
        self._questions = questions
        self._folder = folder
        self._window = window
        self._theme = theme
        self._pool: ThreadPoolExecutor | None = None
        self._show: Callable[[Source, object], None] | None = None
        self._wanted: Source | None = None
        self._looked.connect(self._pass_on)

    def choose(self, kind: str) -> None:
        """Ask for a data set of this kind."""
        found = SOURCES[kind]
        if not issubclass(found, PathSource):
            self._settle(found())
            return
        from models.data.recognition import check_name  # with what reads files, as below

        path = self._asked_path(found)
        if path is None:
            return
        try:
            check_name(path)
        except DataError as error:
            self.refused.emit(str(error))
        else:
            self._settle(found(path=str(path)))

    def choose_path(self, path: Path) -> None:
        """Take a file or folder as the data set that it is."""
        from models.data.recognition import recognise  # with what reads files, which the first paint need not wait for

        try:
            self._settle(recognise(path))
        except DataError as error:
            self.refused.emit(str(error))

    def _asked_path(self, found: type[PathSource]) -> Path | None:
        if found.chooses == "folder":
            return self._questions.data_folder(found.title, self._folder())
        return self._questions.data_file(found.title, f"{found.title} ({found.patterns})", self._folder())

    def _settle(self, source: Source) -> None:
        """Ask for what else there is to say about a source, then tell that it is chosen."""
        if source.kind == "arrays":
            self._ask_for_arrays(source)
        elif len(type(source).model_fields) >= SMALLEST_FORM or (
            type(source).model_fields and not isinstance(source, PathSource)
        ):
            self._ask_for_fields(source)
        else:
            self.chosen.emit(source, None)

    # --- dialogs ----------------------------------------------------------------------------------------------------
    def _ask_for_fields(self, source: Source) -> None:
        from widgets.source_dialog import SourceDialog

        dialog = SourceDialog(source, self._window)
        facts: dict[Source, DataFacts] = {}

        def show(looked: Source, answer: object) -> None:
            if looked != dialog.source:
                return
            if isinstance(answer, DataFacts):
                facts[looked] = answer
                dialog.set_facts(answer.text)
            else:
                dialog.set_error(str(answer))

        self._show = show
        dialog.choice_changed.connect(lambda changed: self._look(changed, lambda one: one.glance()))
        self._look(source, lambda one: one.glance())
        if self._questions.accepts(dialog):
            self.chosen.emit(dialog.source, facts.get(dialog.source))
        self._show = self._wanted = None
        dialog.deleteLater()

    def _ask_for_arrays(self, source: Source) -> None:
        from models.data.array_files import arrays_in
        from models.data.array_roles import guessed
        from models.data.sources.arrays import ArrayFile
        from widgets.array_dialog import ArrayDialog

        assert isinstance(source, ArrayFile)
        try:
            infos = arrays_in(Path(source.path))
        except DataError as error:
            self.refused.emit(str(error))
            return
        dialog = ArrayDialog(self._window)
        dialog.set_theme(self._theme())
        dialog.set_arrays(infos, guessed(infos, source))
        facts: dict[Source, DataFacts] = {}

        def show(looked: Source, answer: object) -> None:
            if looked != dialog.source:
                return
            if isinstance(answer, str):
                dialog.set_preview((), (), "", answer)
            else:
                assert isinstance(answer, tuple)
                facts[looked], images, names = answer
                dialog.set_preview(images, names, facts[looked].text)

        self._show = show
        dialog.choice_changed.connect(lambda changed: self._look(changed, _opened))
        self._look(dialog.source, _opened)
        if self._questions.accepts(dialog):
            self.chosen.emit(dialog.source, facts.get(dialog.source))
        self._show = self._wanted = None
        dialog.deleteLater()

    # --- looking ----------------------------------------------------------------------------------------------------
    def _look(self, source: Source, look: Look) -> None:
        """Look at a source in the background; the dialog that is open shows what is found."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="glance")
        base = self._folder()
        self._wanted = source

        def work() -> None:
            if self._wanted is not source:
                return  # the form has been edited since
            try:
                answer = look(source.located(base))
            except DataError as error:
                answer = str(error)
            except Exception as error:  # a surprise is told too: a silent dialog would wait for ever
                answer = f"It could not be read: {error}"
            self._looked.emit(source, answer)

        self._pool.submit(work)

    def _pass_on(self, source: Source, answer: object) -> None:
        if self._show is not None:
            self._show(source, answer)

    def shut_down(self) -> None:
        """End the looking thread."""
        if self._pool is not None:
            self._wanted = None
            self._pool.shutdown(wait=True, cancel_futures=True)


def _opened(source: Source) -> tuple[DataFacts, Sequence[Floats], Sequence[str]]:
    """What is known of a source, some of its samples and the names of their classes."""
    from models.data.array_samples import previewed

    samples = source.open()
    return samples.facts, *previewed(samples)
