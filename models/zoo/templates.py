"""The architectures by name, as the palette, the New menu and the command line offer them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from models.analysis import Problem, analyse
from models.blocks import Shape, shape_text
from models.blocks.fields import first_mistake
from models.network.graph import Network
from models.zoo.lenet import lenet5
from models.zoo.small_cnn import small_cnn

LARGEST_NEEDED = 1024
"""No known architecture needs larger images."""


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
        """The network for an input shape and a class count.

        Raises TemplateError, which names the smallest square image that would do.
        """
        shape = self.input_shape if input_shape is None else input_shape
        classes = self.classes if classes is None else classes
        try:
            network = self.make(shape, classes)
        except ValidationError as error:
            raise TemplateError(f"{self.title} cannot be made so: {first_mistake(error)}.") from error
        problems = analyse(network).problems
        if problems:
            raise TemplateError(self._refusal(shape, problems[0]))
        return network

    def _refusal(self, shape: Shape, problem: Problem) -> str:
        refused = f"{self.title} cannot take images of {shape_text(shape)}"
        if len(shape) == 3:
            for size in range(min(shape[:2]) + 1, LARGEST_NEEDED + 1):
                square = (size, size, shape[-1])
                if not analyse(self.make(square, self.classes)).problems:
                    smallest = f"it needs at least {shape_text(square)}"
                    return f"{refused}: {smallest}. Resize them to that, or choose another architecture."
        return f"{refused}: {problem.text} It was made for {shape_text(self.input_shape)}."


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
