"""The source of the Keras layers that Keras lacks, read as text: nothing here imports Keras."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "runtime" / "layers"


@cache
def layer_source(class_name: str) -> str:
    """The text of the file that defines a layer of ours. Raises KeyError where none does."""
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(rf"^class {class_name}\b", text, re.MULTILINE):
            return text
    raise KeyError(class_name)
