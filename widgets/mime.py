"""What travels in a drag from the palette to the canvas."""

from __future__ import annotations

import json

from pydantic import ValidationError
from PySide6.QtCore import QMimeData

from models.blocks import Block, block_from_dict, block_to_dict

BLOCK = "application/x-layerloom-block"
TEMPLATE = "application/x-layerloom-template"


def block_mime(block: Block) -> QMimeData:
    """A block with its settings, as JSON."""
    data = QMimeData()
    data.setData(BLOCK, json.dumps(block_to_dict(block)).encode())
    return data


def template_mime(key: str, title: str) -> QMimeData:
    """The key of a complete architecture, and as text what people call it."""
    data = QMimeData()
    data.setText(title)
    data.setData(TEMPLATE, key.encode())
    return data


def block_in(data: QMimeData) -> Block | None:
    """The block that is dragged; None when there is none or it cannot be read."""
    if not data.hasFormat(BLOCK):
        return None
    try:
        block: Block = block_from_dict(json.loads(bytes(data.data(BLOCK).data())))
    except (ValueError, ValidationError, RecursionError):
        return None
    return block


def template_in(data: QMimeData) -> str | None:
    """The architecture that is dragged; None when there is none or its name cannot be read."""
    if not data.hasFormat(TEMPLATE):
        return None
    try:
        return bytes(data.data(TEMPLATE).data()).decode() or None
    except UnicodeDecodeError:
        return None
