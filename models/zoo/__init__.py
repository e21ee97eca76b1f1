"""Known architectures as readable functions that return a network."""

from models.zoo.catalogue import TEMPLATES, template
from models.zoo.templates import Template, TemplateError, TemplateFacts

__all__ = ["TEMPLATES", "Template", "TemplateError", "TemplateFacts", "template"]
