"""Where results leave the network beside the main output."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes


class AuxiliaryOutput(Block):
    """Makes its input one more output of the network, with a share of its own in the loss (Szegedy et al. 2015)."""

    family: ClassVar[Family] = Family.INPUT
    keras_class: ClassVar[str] = "Identity"
    auxiliary: ClassVar[bool] = True
    wrappable: ClassVar[bool] = False

    loss_weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = Field(
        0.3, description="Factor of this output's loss beside the main one's, which counts 1."
    )

    def settings_text(self) -> str:
        return f"loss weight {self.loss_weight:g}"

    def keras_arguments(self) -> dict[str, object]:
        return {}

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return ("one more output of the network", *super().shape_formula(inputs))
