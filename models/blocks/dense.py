"""The fully connected layer."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes, Weight
from models.blocks.fields import ActivationName, InitializerName, L2Factor, Size, l2_argument
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.problems import InsertBefore, Repair
from models.blocks.shapes import Shape, size_of
from models.blocks.shaping import Flatten


class Dense(Block):
    """Connects every input value to every unit."""

    family: ClassVar[Family] = Family.DENSE
    input_ranks: ClassVar[tuple[int, ...]] = (1, 2)
    spelled_out: ClassVar[tuple[str, ...]] = ("units",)

    units: Size = Field(64, description="Number of output values.")
    activation: ActivationName = Field("linear", description="Function applied to the outputs.")
    use_bias: bool = Field(True, description="Add one learned number to every unit.")
    kernel_initializer: InitializerName = Field("glorot_uniform", description="How the weights start.")
    kernel_regularizer: L2Factor = Field(0.0, description="L2 factor: pulls the weights towards zero; 0 is off.")

    def suited_to(self, inputs: Shapes) -> Block:
        if len(inputs) == 1 and len(inputs[0]) in PointwiseDense.input_ranks:
            return PointwiseDense.model_validate(dict(self))
        return self

    def settings_text(self) -> str:
        return f"{self.units}" if self.activation == "linear" else f"{self.units} · {self.activation}"

    @property
    def output_activation(self) -> str | None:
        return None if self.activation == "linear" else self.activation

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (*inputs[0][:-1], self.units)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = Weight("kernel", (inputs[0][-1], self.units))
        return (kernel, Weight("bias", (self.units,))) if self.use_bias else (kernel,)

    def multiply_adds(self, inputs: Shapes) -> int:
        return size_of(inputs[0]) * self.units

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"one value for each unit: {self.units}",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        values = inputs[0][-1]
        one = f"({values} + 1)" if self.use_bias else str(values)
        return (f"{one} · {self.units} = {sum(weight.size for weight in self.weight_shapes(inputs)):,}",)

    def rank_repairs(self, shape: Shape, index: int) -> tuple[Repair, ...]:
        repairs: list[Repair] = [InsertBefore("Insert Flatten before Dense", (Flatten(),), index)]
        if len(shape) == 3:
            pool = GlobalAveragePooling2D()
            repairs.append(InsertBefore("Insert GlobalAveragePooling2D before Dense", (pool,), index))
        return tuple(repairs)

    def keras_arguments(self) -> dict[str, object]:
        return {**super().keras_arguments(), "kernel_regularizer": l2_argument(self.kernel_regularizer)}


class PointwiseDense(Dense):
    """Connects every input channel to every unit, at each position by itself: a convolution of size 1.

    Keras does so where Dense stands on images. The palette has Dense without it: on images that is mostly a Flatten
    that was forgotten, and is told as a problem.
    """

    keras_class: ClassVar[str] = "Dense"
    in_palette: ClassVar[bool] = False
    input_ranks: ClassVar[tuple[int, ...]] = (3, 4)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"one value for each unit at every position: {self.units}",)

    def rank_repairs(self, shape: Shape, index: int) -> tuple[Repair, ...]:
        return Block.rank_repairs(self, shape, index)
