"""How to train: everything that is not the network or the data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "nadam", "adagrad"]
LossName = Literal["auto", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error"]


class TrainingPlan(BaseModel):
    """Settings of a training run, in Keras's words where Keras has one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    optimizer: OptimizerName = Field("adam", description="Rule by which gradients change the weights.")
    learning_rate: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = Field(
        0.001, description="Size of each step; too large diverges, too small crawls."
    )
    momentum: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = Field(
        0.9, description="Share of the last step that is carried into the next; SGD and RMSprop only."
    )
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = Field(64, description="Images for each step.")
    epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(15, description="Passes over the training images.")
    loss: LossName = Field(
        "auto", description='What is minimized; "auto" takes cross-entropy in the form that suits the output.'
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(
        1, description="Makes the initial weights, the order of samples and random changes repeatable."
    )

    def replace(self, **changes: object) -> TrainingPlan:
        """A copy with some fields changed, validated."""
        return TrainingPlan.model_validate({**dict(self), **changes})


DEFAULT_PLAN = TrainingPlan()
