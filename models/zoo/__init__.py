"""Known architectures as readable functions that return a network."""

from models.zoo.templates import TEMPLATES, Template, template

__all__ = ["TEMPLATES", "Template", "template"]
