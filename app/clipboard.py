"""Copied blocks on the system's clipboard, as JSON text that another LayerLoom window, or a chat, can take.

Text only: a QMimeData made by Python that is still on the clipboard at the end outlives the interpreter and crashes.
"""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtGui import QGuiApplication

from models.network.graph import Network


def copy(fragment: Network) -> None:
    """Put blocks on the clipboard."""
    QGuiApplication.clipboard().setText(fragment.model_dump_json())


def pasted() -> Network | None:
    """The blocks on the clipboard; None when it holds something else."""
    text = QGuiApplication.clipboard().text()
    if not text.lstrip().startswith("{"):
        return None
    try:
        return Network.model_validate_json(text)
    except ValidationError:
        return None
