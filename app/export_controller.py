"""`ExportController`: asks where to, has the engine export, draws diagrams, and says how it went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.project_files import ProjectFiles
from app.questions import Questions
from app.settings import Settings
from app.training.training_controller import TrainingController
from models.files import FileError, write_atomically
from models.training.commands import Export, ExportFormat
from models.training.events import Exported

if TYPE_CHECKING:
    from models.analysis.diagram import ThemeName

KINDS: dict[ExportFormat, tuple[str, str, str]] = {
    "keras": ("Export Keras model", "Keras models (*.keras)", ".keras"),
    "saved_model": ("Export SavedModel folder", "SavedModel folders (*)", "_saved_model"),
    "python": ("Export Python source", "Python files (*.py)", ".py"),
}


PICTURES = {
    "svg": ("Export diagram as SVG", "SVG pictures (*.svg)"),
    "png": ("Export diagram as PNG", "PNG pictures (*.png)"),
}


class ExportController(QObject):
    """Exports the model that the engine holds, and the network's diagram, which needs no engine.

    Signals:
        drawn(str): a diagram was written, in words.
        failed(str): it was not, with why and what to do.
    """

    drawn = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        files: ProjectFiles,
        training: TrainingController,
        questions: Questions,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._document = document
        self._files = files
        self._training = training
        self._questions = questions

    def export(self, format_: ExportFormat) -> None:
        """Ask for a place and export there."""
        title, kinds, suffix = KINDS[format_]
        suggestion = self._files.folder / f"{self._document.project.name}{suffix}"
        path = self._questions.save_path(suggestion, title, kinds, suffix if suffix.startswith(".") else "")
        if path is not None:
            self.export_to(format_, path)

    def export_to(self, format_: ExportFormat, path: Path) -> None:
        """Export to a place; answered by the engine's Exported or Failed event."""
        inside = self._settings.exports_preprocessing
        self._training.send(Export(format_, str(path), self._document.project.name, inside))

    def export_diagram(self, format_: Literal["svg", "png"], theme: ThemeName) -> None:
        """Ask for a place and draw the network there."""
        title, kinds = PICTURES[format_]
        suggestion = self._files.folder / f"{self._document.project.name}.{format_}"
        path = self._questions.save_path(suggestion, title, kinds, f".{format_}")
        if path is not None:
            self.draw_to(path, format_, theme)

    def draw_to(self, path: Path, format_: Literal["svg", "png"], theme: ThemeName) -> None:
        """Draw the network to a place; answered by `drawn` or `failed`."""
        from models.analysis.diagram import DiagramError, diagram_svg

        try:
            svg = diagram_svg(self._document.network, self._document.analysis, theme, self._document.project.name)
            data = svg.encode("utf-8")
            if format_ == "png":
                from app.diagram_image import diagram_png

                data = diagram_png(svg)
            write_atomically(path, data)
        except (DiagramError, FileError) as error:
            self.failed.emit(str(error))
        else:
            self.drawn.emit(f"Drew {len(self._document.network)} blocks to {path}.")


def exported_text(event: Exported) -> str:
    """What an export came to, in one sentence."""
    takes = " It takes samples as they are stored: the preprocessing is inside." if event.preprocessing else ""
    return (
        f"Exported to {event.path}: loaded again and compared on {event.images} inputs, "
        f"largest difference {event.largest_difference:.2g}.{takes}"
    )
