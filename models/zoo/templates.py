"""`Template`: an architecture to start from, for the input shape and the number of classes that one has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

from pydantic import ValidationError

from models.analysis import analyse
from models.analysis.depth import depth
from models.blocks import Shape, shape_text
from models.blocks.fields import first_mistake
from models.blocks.input import Input
from models.network.graph import Network

LARGEST_NEEDED = 1024
"""No known architecture needs larger images."""

KINDS = {2: "sequences steps×channels", 3: "images height×width×channels", 4: "volumes depth×height×width×channels"}
"""What the shapes of each rank are, in words."""

Task = Literal["classification", "segmentation", "detection"]


class TemplateError(ValueError):
    """A template that cannot be had as asked; the text says why and what can."""


@dataclass(frozen=True)
class TemplateFacts:
    """What a table of architectures compares, for the shape and the classes that each was made for.

    Attributes:
        multiply_adds: for one sample.
        depth: convolutions and dense layers on the longest path.
        activation_bytes: float32 bytes of every layer's output for one sample.
        receptive_field: of the last layer that has one, per spatial axis; None where nothing is known of it.
    """

    parameters: int
    trainable: int
    multiply_adds: int
    depth: int
    activation_bytes: int
    output_shape: Shape
    receptive_field: tuple[int, ...] | None


@dataclass(frozen=True)
class Template:
    """An architecture to start from.

    Attributes:
        key: its name on the command line and in files, and that of the function which makes it.
        module: the module of `models.zoo` with that function. It is imported where a network is asked for, since a
            window that opens shows names alone.
        year: when it appeared; `reference` is the paper that describes it.
        family: networks that belong together in a menu.
        task: what it answers. In segmentation every class has a channel, in detection every cell of the grid has all.
        input_shape, classes: what it was made for.
    """

    key: str
    title: str
    summary: str
    year: int
    module: str
    family: str
    reference: str
    task: Task = "classification"
    input_shape: Shape = (224, 224, 3)
    classes: int = 1000

    @property
    def make(self) -> Callable[[Shape, int], Network]:
        """The function that returns the network for an input shape and a number of classes."""
        made: Callable[[Shape, int], Network] = getattr(import_module(f"models.zoo.{self.module}"), self.key)
        return made

    def network(self, input_shape: Shape | None = None, classes: int | None = None) -> Network:
        """The network for an input shape and a class count, both its own where they are not given.

        Raises TemplateError, which names the smallest image with equal sides that would do.
        """
        shape = self.input_shape if input_shape is None else tuple(input_shape)
        classes = self.classes if classes is None else classes
        self._check(shape, classes)
        try:
            network = self.make(shape, classes)
        except ValidationError as error:
            raise TemplateError(f"{self.title} cannot be made so: {first_mistake(error)}.") from error
        problems = analyse(network).problems
        if problems:
            raise TemplateError(self._refusal(shape, problems[0].text))
        return network

    def facts(self) -> TemplateFacts:
        """Parameters, multiply-adds and the like; worked out once."""
        return _facts(self)

    def smallest(self, channels: int | None = None) -> Shape | None:
        """The smallest input with equal sides that works; None where none of a usual size does."""
        return _smallest(self, self.input_shape[-1] if channels is None else channels)

    def _check(self, shape: Shape, classes: int) -> None:
        """Raise TemplateError for what is no shape, has another number of axes, or no class."""
        try:
            Input(shape=shape)
        except ValidationError as error:
            raise TemplateError(f"{self.title} cannot be made so: {first_mistake(error)}.") from error
        if len(shape) != len(self.input_shape):
            raise TemplateError(
                f"{self.title} cannot take an input of {shape_text(shape)}: it takes {KINDS[len(self.input_shape)]}, "
                f"for example {shape_text(self.input_shape)}."
            )
        if classes < 1:
            raise TemplateError(f"{self.title} cannot be made so: received {classes} classes, expected 1 or more.")

    def _refusal(self, shape: Shape, problem: str) -> str:
        kind = KINDS[len(shape)].partition(" ")[0]
        refused = f"{self.title} cannot take {kind} of {shape_text(shape)}"
        smallest = self.smallest(shape[-1])
        if smallest is not None and min(shape[:-1]) < smallest[0]:
            needed = f"it needs at least {shape_text(smallest)}"
            return f"{refused}: {needed}. Resize them to that, or choose another architecture."
        return f"{refused}: {problem} It was made for {shape_text(self.input_shape)}."


@cache
def _facts(template: Template) -> TemplateFacts:
    found = analyse(template.network())
    assert found.output_shape is not None, "a template's network has no problems"
    seen = [node.receptive_field for node in found.nodes.values() if node.receptive_field]
    return TemplateFacts(
        parameters=found.parameters,
        trainable=found.trainable,
        multiply_adds=found.multiply_adds,
        depth=depth(found),
        activation_bytes=found.activation_bytes,
        output_shape=found.output_shape,
        receptive_field=found.receptive_field or (seen[-1] if seen else None),
    )


@cache
def _smallest(template: Template, channels: int) -> Shape | None:
    """By doubling, then by halving the gap: where a size works every larger one does."""

    def shape(size: int) -> Shape:
        return (*(size for _ in template.input_shape[:-1]), channels)

    def works(size: int) -> bool:
        return not analyse(template.make(shape(size), template.classes)).problems

    too_small, enough = 0, 1
    while not works(enough):
        too_small, enough = enough, 2 * enough
        if enough > LARGEST_NEEDED:
            return None
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        too_small, enough = (too_small, middle) if works(middle) else (middle, enough)
    return shape(enough)
