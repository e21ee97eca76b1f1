"""`Architectures`: the zoo in the palette and in the table that compares it, worked out one by one beside the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.layout import Views
from models.zoo import TEMPLATES, Template
from widgets.palette import TemplateRow

if TYPE_CHECKING:
    from widgets.zoo_table import ZooDialog


class Architectures(QObject):
    """Fills the palette's architectures, and opens the table of them.

    Args:
        open_template: starts a project with the template of this key.
    """

    def __init__(self, views: Views, open_template: Callable[[str], object], window: QWidget) -> None:
        super().__init__(window)
        self._views = views
        self._open_template = open_template
        self._window = window
        self._dialog: ZooDialog | None = None
        self._waiting: list[Template] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._work_out_one)

    def show(self) -> None:
        """List every architecture in the palette; the sizes follow, one for each turn of the event loop."""
        self._views.palette.set_templates(
            [TemplateRow(t.key, t.title, t.summary, str(t.year)) for t in TEMPLATES.values()]
        )
        self._waiting = list(TEMPLATES.values())
        self._timer.start()

    def compare(self) -> None:
        """Open the table of all architectures."""
        if self._dialog is None:
            from widgets.zoo_table import ZooDialog  # seldom opened: the window need not load it

            self._dialog = ZooDialog(self._window)
            self._dialog.template_chosen.connect(self._open)
            self._dialog.set_templates(TEMPLATES.values())
            self._views.add_themed(self._dialog)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _open(self, key: str) -> None:
        self._window.activateWindow()
        self._open_template(key)

    def _work_out_one(self) -> None:
        if not self._waiting:
            self._timer.stop()
            return
        self._views.palette.set_template(template_row(self._waiting.pop(0)))


def template_row(template: Template) -> TemplateRow:
    """An architecture as the palette lists it, with its sizes."""
    facts = template.facts()
    detail = (
        f"{template.summary}\n{template.reference}\n"
        f"{template.task}, {facts.parameters:,} parameters, {facts.multiply_adds:,} multiply-adds, depth {facts.depth}"
    )
    sizes = f"{_count_text(facts.parameters)} params · {_count_text(facts.multiply_adds)} MAdds"
    return TemplateRow(template.key, template.title, detail, str(template.year), sizes)


def _count_text(count: int) -> str:
    """`25.6 M`, short enough for a row of the palette."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 1000 * size else f"{count / size:,.0f} {unit}"
    return str(count)
