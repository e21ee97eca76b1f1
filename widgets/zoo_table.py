"""`ZooDialog`: the known architectures side by side, in a table that sorts and copies and as points in a plane."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSplitter, QVBoxLayout, QWidget

from models.analysis.memory import bytes_text
from models.blocks import shape_text
from models.blocks.shapes import size_of
from models.zoo import Template
from widgets.copy_button import CopyButton
from widgets.facts_table import NO_VALUE, Column, FactsTable, Row
from widgets.theme import DARK, Theme
from widgets.zoo_plot import Point, ZooPlot

COLUMNS = (
    Column("architecture", "What it is called"),
    Column("year", "Of its publication", number=True),
    Column("task", "What it answers"),
    Column("input", "Shape that it was made for", number=True),
    Column("parameters", "Number of weights", number=True),
    Column("multiply-adds", "Multiplications with an addition, per image", number=True),
    Column("depth", "Convolutions and dense layers on the longest path", number=True),
    Column("activations", "Memory of every layer's output for one image, as float32", number=True),
    Column(
        "receptive field", "Pixels of the input that one value sees before it is averaged or flattened", number=True
    ),
    Column("reference", "Where it was published", widest=260),
)
SIZE, FRAME = QSize(1120, 620), QSize(16, 56)
"""At first, where the screen has room for it; what a window manager puts around it."""
HINT = "Double-click an architecture to open it as a new project."


class ZooDialog(QDialog):
    """Compares architectures. It stays open beside the window.

    Signals:
        template_chosen(key): the user wants to work on this architecture.
    """

    template_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("zooDialog")
        self.setWindowTitle("Compare architectures")
        room = self.screen().availableGeometry().size() - FRAME
        self.resize(SIZE.boundedTo(room))
        self._rows: dict[str, Row] = {}
        self._points: dict[str, Point] = {}
        self.table = FactsTable(COLUMNS)
        self.table.setObjectName("zooTable")
        self.table.setAccessibleName("Architectures, one line for each")
        self.plot = ZooPlot()
        self._search = QLineEdit()
        self._search.setObjectName("zooSearch")
        self._search.setPlaceholderText("Search by name, year, task or reference")
        self._search.setAccessibleName("Search architectures")
        self._search.setClearButtonEnabled(True)
        self._open = QPushButton("Open")
        self._open.setObjectName("zooOpen")
        self._open.setToolTip("Start a new project with the selected architecture")
        self._open.setEnabled(False)
        self._lay_out()
        self._search.textChanged.connect(lambda _text: self._show())
        self.table.row_chosen.connect(self._choose)
        self.table.row_activated.connect(self.template_chosen)
        self.plot.point_chosen.connect(self._choose)
        self._open.clicked.connect(self._open_current)

    def set_templates(self, templates: Iterable[Template]) -> None:
        """Show architectures; their sizes are worked out for it."""
        for template in templates:
            facts = template.facts()
            self._rows[template.key] = template_row(template)
            self._points[template.key] = Point(template.key, template.title, facts.parameters, facts.multiply_adds)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        self.table.set_theme(theme)
        self.plot.set_theme(theme)

    def _show(self) -> None:
        words = self._search.text().lower().split()
        shown = [row for row in self._rows.values() if all(word in " ".join(row.texts).lower() for word in words)]
        self.table.set_rows(shown)
        self.plot.set_points([self._points[row.key] for row in shown])
        current = self._current()
        self._open.setEnabled(bool(current))
        self.plot.set_current(current)

    def _choose(self, key: str) -> None:
        self.table.set_current(key)
        self.table.scrollTo(self.table.currentIndex())
        self.plot.set_current(key)
        self._open.setEnabled(True)

    def _current(self) -> str:
        rows = self.table.selected_rows
        return rows[0].key if rows else ""

    def _open_current(self) -> None:
        if self._current():
            self.template_chosen.emit(self._current())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._search, 1)
        hint = QLabel(HINT)
        hint.setProperty("role", "dim")
        top.addWidget(hint)
        self.table.copied.connect(hint.setText)
        copy = CopyButton(self.table)
        top.addWidget(copy)
        top.addWidget(self._open)
        for button in (copy, self._open):
            button.setAutoDefault(False)  # Enter belongs to the table
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.table)
        parts.addWidget(self.plot)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        parts.setChildrenCollapsible(False)
        parts.setSizes([340, 220])
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(parts, 1)
        self.set_theme(DARK)


def template_row(template: Template) -> Row:
    """An architecture's line."""
    facts = template.facts()
    field = facts.receptive_field or ()
    cells: tuple[tuple[str, object], ...] = (
        (template.title, template.title.lower()),
        (str(template.year), template.year),
        (template.task, template.task),
        (shape_text(template.input_shape), size_of(template.input_shape)),
        (f"{facts.parameters:,}", facts.parameters),
        (f"{facts.multiply_adds:,}", facts.multiply_adds),
        (str(facts.depth), facts.depth),
        (bytes_text(facts.activation_bytes), facts.activation_bytes),
        (shape_text(field) or NO_VALUE, max(field, default=0)),
        (template.reference, template.reference.lower()),
    )
    texts, values = zip(*cells, strict=True)
    return Row(template.key, texts, values, f"{template.summary}\n{template.reference}")
