"""`SamplePresenter`: one sample in full on the Data page, and what is done with single samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from app.data.data_controller import DataController
from app.data.data_editor import DataEditor
from models.data.samples import Indices, Samples, Values
from widgets.data.page import DataPage
from widgets.data.sample_details import SampleDetails

NO_VALUES: Values = np.zeros((1, 1, 1), np.uint8)

Describe = Callable[[SampleDetails], SampleDetails]


class SamplePresenter(QObject):
    """Between the data controller and the view of one sample.

    Args:
        describe: fills in what is known of a sample beside what it holds.
    """

    def __init__(self, data: DataController, editor: DataEditor, page: DataPage, describe: Describe) -> None:
        super().__init__(page)
        self._data = data
        self._editor = editor
        self._page = page
        self._describe = describe
        self._wanted: int | None = None
        self._shown: SampleDetails | None = None
        data.sample_ready.connect(self._show_values)
        data.sample_failed.connect(lambda index, reason: self._show(SampleDetails(index, "", NO_VALUES, error=reason)))
        page.wall.sample_opened.connect(self.open)
        page.wall.menu_requested.connect(self._show_menu)
        page.section_shown.connect(self._let_go)
        view = page.sample_view
        view.closed.connect(self._let_go)
        view.previous_requested.connect(partial(self._step, -1))
        view.next_requested.connect(partial(self._step, 1))
        view.leave_out_toggled.connect(self._toggle)
        view.folder_requested.connect(self.open_folder)

    def open(self, index: int) -> None:
        """Read a sample and show it, unless the user goes elsewhere before it is there."""
        samples = self._data.samples
        if samples is not None and 0 <= index < len(samples):
            self._wanted = index
            self._data.load_sample(index)

    def refresh(self) -> None:
        """Say anew what is known of the sample that is shown; its values are the same."""
        if self._page.shows_sample and self._shown is not None:
            self._page.sample_view.set_sample(self._describe(self._shown))

    def forget(self) -> None:
        """Another data set is looked at."""
        self._wanted = self._shown = None
        self._page.show_wall()

    def _let_go(self, section: str = "") -> None:
        if section != "Look":
            self._wanted = None

    def _show_values(self, index: int, found: tuple[Values, Values | None, Values | None]) -> None:
        values, mask, boxes = found
        self._show(SampleDetails(index, "", values, mask=mask, boxes=boxes))

    def _show(self, sample: SampleDetails) -> None:
        if sample.index != self._wanted:
            return
        self._shown = sample
        self._page.sample_view.set_sample(self._describe(sample))
        self._page.wall.set_current(sample.index)
        if not self._page.shows_sample:
            self._page.show_sample()

    def _step(self, step: int) -> None:
        """To a neighbour; several steps before the first one is there go further."""
        shown = self._wanted if self._wanted is not None else self._shown.index if self._shown is not None else None
        following = self._page.wall.neighbour(shown, step) if shown is not None else None
        if following is not None:
            self.open(following)

    # --- acting -----------------------------------------------------------------------------------------------------
    def _toggle(self, index: int) -> None:
        samples, shown = self._data.samples, self._page.sample_view.sample
        if samples is not None and shown is not None:
            change = self._editor.use_again if shown.left_out else self._editor.leave_out
            change([samples.name(index)])

    def _show_menu(self, point: QPoint, chosen: Indices) -> None:
        samples = self._data.samples
        if samples is None or not len(chosen):
            return
        names = names_of(samples, chosen)
        menu = QMenu(self._page)
        menu.setObjectName("sampleMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show in full", partial(self.open, int(chosen[0])))
        menu.addAction(f"Leave out ({len(chosen):,})", partial(self._editor.leave_out, names))
        menu.addAction(f"Use again ({len(chosen):,})", partial(self._editor.use_again, names))
        if samples.path(int(chosen[0])) is not None:
            menu.addAction("Open folder", partial(self.open_folder, int(chosen[0])))
        menu.popup(point)

    def open_folder(self, index: int) -> None:
        """Open the folder of a sample's file in the file manager."""
        path = self._data.samples.path(index) if self._data.samples is not None else None
        if path is not None:
            open_in_file_manager(path.parent)


def names_of(samples: Samples, indices: Indices) -> list[str]:
    """What samples are called."""
    return [samples.name(int(index)) for index in indices]


def open_in_file_manager(folder: Path) -> None:
    """Open a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
