"""`Schedule`: how the learning rate changes while a run goes on, as a value."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from models.registry import Registry

SCHEDULES: Registry[Schedule] = Registry("models.training.schedules")
"""Every schedule by its class's name."""

Steps = npt.NDArray[np.int64]
Factors = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Length:
    """How long a run is: all its steps, those before it was continued included, and those of one epoch."""

    steps: int
    steps_per_epoch: int


class Schedule(BaseModel):
    """One schedule. What it gives is a factor of the plan's learning rate, so that this can be changed meanwhile.

    Attributes:
        title: what the menu shows.
        waits: whether it goes by how the run does, so that `factors` cannot tell all of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: ClassVar[str] = ""
    waits: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        SCHEDULES.add(cls.__name__, cls)

    @property
    def type(self) -> str:
        return type(self).__name__

    @property
    def summary(self) -> str:
        """One plain sentence: the class's docstring."""
        return (type(self).__doc__ or "").strip().split("\n")[0]

    @abstractmethod
    def factors(self, steps: Steps, length: Length) -> Factors:
        """The factor of the learning rate at each of these steps, counted from 0 over the whole run."""

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed, validated."""
        return type(self).model_validate({**dict(self), **changes})


class Constant(Schedule):
    """The learning rate stays as it is."""

    title: ClassVar[str] = "Constant"

    def factors(self, steps: Steps, length: Length) -> Factors:
        return np.ones(len(steps))


def schedule_from_dict(data: Any) -> Any:
    """A schedule from its JSON form `{"type": "Cosine", …}`; ValueError says what is wrong."""
    return SCHEDULES.value(data, "type", "schedule")


def schedule_to_dict(schedule: Schedule) -> dict[str, Any]:
    """The JSON form of a schedule: its type and every field."""
    return {"type": schedule.type, **schedule.model_dump(mode="json")}


AnySchedule = Annotated[Schedule, BeforeValidator(schedule_from_dict), PlainSerializer(schedule_to_dict)]
"""Pydantic field type: any schedule, written with its type."""
