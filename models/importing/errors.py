"""What goes wrong while a Keras model is imported."""

from __future__ import annotations


class ModelImportError(ValueError):
    """A Keras model that does not become a network; the text names the layer or the place, and says what to do."""
