"""`Optimizer`: the rule by which gradients change the weights, as a value."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from models.registry import Registry

OPTIMIZERS: Registry[Optimizer] = Registry("models.training.optimizers")
"""Every optimizer by Keras's name."""

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Small = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Decay = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Optimizer(BaseModel):
    """One optimizer. Its fields are the arguments of the Keras class of the same name, with constraints and help.

    The learning rate is the plan's, since a schedule changes it.

    Attributes:
        abstract: whether this is only what others share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    weight_decay: Decay = Field(
        0.0, description="Share by which weights shrink with each step, times the learning rate: it keeps them small."
    )

    def __init_subclass__(cls, abstract: bool = False, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if not abstract:
            OPTIMIZERS.add(cls.__name__, cls)

    @property
    def type(self) -> str:
        """The name of the Keras class."""
        return type(self).__name__

    @property
    def summary(self) -> str:
        """One plain sentence: the class's docstring."""
        return (type(self).__doc__ or "").strip().split("\n")[0]

    @property
    def default_learning_rate(self) -> float:
        """What Keras starts with."""
        return self._default_learning_rate

    _default_learning_rate: ClassVar[float] = 0.001

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed, validated."""
        return type(self).model_validate({**dict(self), **changes})


def optimizer_from_dict(data: Any) -> Any:
    """An optimizer from its JSON form `{"type": "SGD", …}`; ValueError says what is wrong."""
    return OPTIMIZERS.value(data, "type", "optimizer")


def optimizer_to_dict(optimizer: Optimizer) -> dict[str, Any]:
    """The JSON form of an optimizer: its type and every field."""
    return {"type": optimizer.type, **optimizer.model_dump(mode="json")}


AnyOptimizer = Annotated[Optimizer, BeforeValidator(optimizer_from_dict), PlainSerializer(optimizer_to_dict)]
"""Pydantic field type: any optimizer, written with its type."""
