"""The source of the Keras layers that Keras lacks, read as text: nothing here imports Keras."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from models.network.graph import Network
from models.network.source.layers import merged_imports, split_imports

FOLDER = Path(__file__).parent.parent / "runtime" / "layers"


LAYERS_MARK = "Keras layers that Keras itself lacks, written by LayerLoom."
"""How a file of ours begins, so that no other file is overwritten."""


@cache
def layer_source(class_name: str) -> str:
    """The text of the file that defines a layer of ours. Raises KeyError where none does."""
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(rf"^class {class_name}\b", text, re.MULTILINE):
            return text
    raise KeyError(class_name)


def custom_classes(network: Network) -> tuple[str, ...]:
    """The classes of our own layers in an expanded network, each once, in the network's order."""
    return tuple(dict.fromkeys(node.block.layer_class for node in network.nodes if node.block.custom))


def layers_module(class_names: Iterable[str]) -> str:
    """The text of one module that defines these layers and needs Keras alone.

    Importing it is what plain Keras needs to load a model that has them.
    """
    imports, parts = split_imports(layer_source(name) for name in class_names)
    sections = ["\n".join(merged_imports(imports)), *("\n".join(part) for part in parts)]
    return (
        f'"""{LAYERS_MARK}\n\nImport this file before loading the model beside it.\n"""\n\n'
        + "\n\n\n".join(sections)
        + "\n"
    )
