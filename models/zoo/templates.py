"""The architectures by name, as the palette, the New menu and the command line offer them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.analysis import analyse
from models.blocks import Shape, shape_text
from models.network.graph import Network
from models.zoo.lenet import lenet5
from models.zoo.small_cnn import small_cnn


class TemplateError(ValueError):
    """A template that cannot be had as asked; the text says why and what can."""


@dataclass(frozen=True)
class Template:
    """An architecture to start from."""

    key: str
    title: str
    summary: str
    year: int
    make: Callable[[Shape, int], Network]
    input_shape: Shape = (32, 32, 1)
    classes: int = 10

    def network(self, input_shape: Shape | None = None, classes: int | None = None) -> Network:
        """The network for an input shape and a class count; TemplateError when the image is too small for it."""
        network = self.make(input_shape or self.input_shape, classes or self.classes)
        problems = analyse(network).problems
        if problems:
            raise TemplateError(
                f"{self.title} cannot take an input of {shape_text(input_shape or self.input_shape)}: "
                f"{problems[0].text} It was made for {shape_text(self.input_shape)}."
            )
        return network


TEMPLATES: dict[str, Template] = {
    entry.key: entry
    for entry in (
        Template(
            "lenet5", "LeNet-5", "LeCun's network for handwritten digits, with tanh and average pooling.", 1998, lenet5
        ),
        Template(
            "small_cnn", "Small CNN", "Two stages with batch normalization, global average pooling.", 2015, small_cnn
        ),
    )
}


def template(key: str) -> Template:
    """The template of this name; TemplateError with the known names."""
    if key not in TEMPLATES:
        raise TemplateError(f'no template is called "{key}"; there are {", ".join(TEMPLATES)}')
    return TEMPLATES[key]
