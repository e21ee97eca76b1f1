"""`Preparation`: how a data set becomes what a network is trained on, as one value in the project."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.blocks import Shape
from models.data.facts import DataFacts
from models.data.split import Split
from models.data.steps import AnyStep
from models.data.steps.preprocessing import Rescale, Resize

Name = Annotated[str, Field(max_length=4096)]


class Preparation(BaseModel):
    """Split, preprocessing, augmentation, and what the user changed about classes and samples.

    Attributes:
        preprocessing: done to every sample, in this order; also to pictures that are tried, and inside exported models.
        augmentation: done to training batches only, in this order, at random: behind the last preprocessing step that
            changes sizes, before the first one behind it that changes values.
        class_names: as the user calls the classes; empty for the data set's own names.
        left_out: names of samples that are not used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    split: Split = Split()
    preprocessing: Annotated[tuple[AnyStep, ...], Field(max_length=50)] = (Resize(), Rescale())
    augmentation: Annotated[tuple[AnyStep, ...], Field(max_length=50)] = ()
    balance: Literal["none", "class_weight", "oversample"] = Field(
        "none",
        description='For uneven classes: "class_weight" lets rare ones count more, "oversample" shows them more often.',
    )
    class_names: Annotated[tuple[Name, ...], Field(max_length=100_000)] = ()
    left_out: Annotated[tuple[Name, ...], Field(max_length=1_000_000)] = ()

    def replace(self, **changes: object) -> Preparation:
        """A copy with some fields changed, validated."""
        return Preparation.model_validate({**dict(self), **changes})

    def prepared_shape(self, sample_shape: Shape, input_shape: Shape) -> Shape:
        """The shape that samples have behind the preprocessing, for a network whose Input takes `input_shape`."""
        shape = sample_shape
        for step in self.preprocessing:
            if step.applies_to(shape):
                shape = step.output_shape(shape, input_shape)
        return shape


def preparation_for(facts: DataFacts, preparation: Preparation) -> Preparation:
    """A preparation for another data set: split as that one says, if it does; nothing of its own left out or renamed.

    Statistics that were measured on the one before are measured anew.
    """
    split = preparation.split.replace(by="folders" if facts.has_parts else "shares")
    return preparation.replace(split=split, class_names=(), left_out=())
