"""`ExportController`: asks where to, has the engine export, and says how it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.document import Document
from app.project_files import ProjectFiles
from app.questions import Questions
from app.training_controller import TrainingController
from models.training.commands import Export, ExportFormat
from models.training.events import Exported

KINDS: dict[ExportFormat, tuple[str, str, str]] = {
    "keras": ("Export Keras model", "Keras models (*.keras)", ".keras"),
    "saved_model": ("Export SavedModel folder", "SavedModel folders (*)", "_saved_model"),
    "python": ("Export Python source", "Python files (*.py)", ".py"),
}


class ExportController(QObject):
    """Exports the model that the engine holds."""

    def __init__(
        self,
        document: Document,
        files: ProjectFiles,
        training: TrainingController,
        questions: Questions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
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
        self._training.send(Export(format_, str(path), self._document.project.name))


def exported_text(event: Exported) -> str:
    """What an export came to, in one sentence."""
    return (
        f"Exported to {event.path}: loaded again and compared on {event.images} images, "
        f"largest difference {event.largest_difference:.2g}."
    )
