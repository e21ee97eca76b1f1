"""Known architectures as readable functions that return a network."""

from models.zoo.templates import TEMPLATES, Template, TemplateError, template

__all__ = ["TEMPLATES", "Template", "TemplateError", "template"]
