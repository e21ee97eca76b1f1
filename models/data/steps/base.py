"""`Step`: one link of the preprocessing or the augmentation chain, as a value; done by `models.runtime`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from models.blocks import Shape
from models.registry import Registry

STEPS: Registry[Step] = Registry("models.data.steps")
"""Every step by its class's name, in the order of the menu."""


class Stage(Enum):
    """Where a step stands; the value is the chain's title."""

    PREPROCESSING = "Preprocessing"
    AUGMENTATION = "Augmentation"


class Step(BaseModel):
    """One step. Its fields are its settings, each with its constraint and help; the form is made of them.

    Fields are called as in the Keras layer that does the same, where there is one.

    Attributes:
        title: what the chain shows.
        group: under which heading the menu has it.
        ranks: axes of the samples it takes: 3 for images.
        geometric: whether it moves pixels, so that masks and boxes have to follow.
        changes_shape: whether samples leave it with another shape: such steps are done once, before caching.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: ClassVar[str] = ""
    group: ClassVar[str] = ""
    stage: ClassVar[Stage]
    ranks: ClassVar[tuple[int, ...]] = (3,)
    geometric: ClassVar[bool] = False
    changes_shape: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls.title:
            STEPS.add(cls.__name__, cls)

    @property
    def type(self) -> str:
        return type(self).__name__

    @property
    def summary(self) -> str:
        """One plain sentence: the class's docstring."""
        return (type(self).__doc__ or "").strip().split("\n")[0]

    @property
    def text(self) -> str:
        """The settings that matter, in a few words, for the chain's row."""
        return ""

    def output_shape(self, shape: Shape, target: Shape) -> Shape:
        """The shape behind this step, for samples of `shape` and a network whose Input takes `target`."""
        return shape

    def applies_to(self, shape: Shape) -> bool:
        """Whether samples of this shape are changed at all: those with other axes pass as they are."""
        return len(shape) in self.ranks

    def note(self, shape: Shape) -> str:
        """Why samples of this shape pass as they are, in a sentence; empty where they do not."""
        if self.applies_to(shape):
            return ""
        return f"{self.title} is for {_ranks_text(self.ranks)}; these samples pass as they are."

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed, validated."""
        return type(self).model_validate({**dict(self), **changes})


def _ranks_text(ranks: tuple[int, ...]) -> str:
    names = {1: "rows", 2: "signals", 3: "images", 4: "volumes"}
    return " or ".join(names.get(rank, f"samples of {rank} axes") for rank in ranks)


def step_from_dict(data: Any) -> Any:
    """A step from its JSON form `{"type": "Resize", …}`; ValueError says what is wrong."""
    return STEPS.value(data, "type", "step")


def step_to_dict(step: Step) -> dict[str, Any]:
    """The JSON form of a step: its type and every field."""
    return {"type": step.type, **step.model_dump(mode="json")}


AnyStep = Annotated[Step, BeforeValidator(step_from_dict), PlainSerializer(step_to_dict)]
"""Pydantic field type: any step, written with its type."""
