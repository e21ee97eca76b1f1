"""Copied blocks on the system's clipboard, as JSON that another LayerLoom window reads too."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from models.network.graph import Network

MIME = "application/x-layerloom-network"


def copy(fragment: Network) -> None:
    """Put blocks on the clipboard."""
    text = fragment.model_dump_json()
    data = QMimeData()
    data.setData(MIME, text.encode("utf-8"))
    data.setText(text)
    QGuiApplication.clipboard().setMimeData(data)


def pasted() -> Network | None:
    """The blocks on the clipboard; None when it holds something else."""
    data = QGuiApplication.clipboard().mimeData()
    text = bytes(data.data(MIME).data()).decode("utf-8", "replace") if data.hasFormat(MIME) else data.text()
    if not text.lstrip().startswith("{"):
        return None
    try:
        return Network.model_validate_json(text)
    except ValidationError:
        return None
