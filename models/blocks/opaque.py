"""Layers that come with imported models and are not offered to people: they keep what the model said of them.

They have rules like any other block, so that an imported model is analysed, built and written as source in full. What
is not here, and no block elsewhere, is refused by the import: a file's word is never enough to make a Keras layer.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from models.blocks.base import Block, Family, Shapes, Weight, Window
from models.blocks.fields import ActivationName, Finite, InitializerName, L2Factor, Rate, Size, l2_argument
from models.blocks.problems import BlockProblem
from models.blocks.shapes import Shape, shape_text

Share = Annotated[float, Field(gt=-1, le=1, allow_inf_nan=False)]


def _as_range(value: object) -> object:
    """One number stands for both directions, as in Keras."""
    return (-value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _in_order(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError("the least share stands before the largest")
    return value


Range = Annotated[tuple[Share, Share], BeforeValidator(_as_range), AfterValidator(_in_order)]
"""The least and the largest share; one number stands for both directions."""

FillMode = Literal["constant", "nearest", "reflect", "wrap"]
Interpolation = Literal["nearest", "bilinear"]


class OpaqueBlock(Block, abstract=True):
    """Shared by the blocks that only imported models have."""

    family: ClassVar[Family] = Family.DENSE
    in_palette: ClassVar[bool] = False


# --- sequences --------------------------------------------------------------------------------------------------------
class RecurrentBlock(OpaqueBlock, abstract=True):
    """Shared by the layers that go through a sequence step by step, with `gates` dense layers at each."""

    input_ranks: ClassVar[tuple[int, ...]] = (2,)
    spelled_out: ClassVar[tuple[str, ...]] = ("units",)
    gates: ClassVar[int] = 1

    units: Size = Field(64, description="Number of values that are remembered from step to step.")
    activation: ActivationName = Field("tanh", description="Function applied to what is remembered.")
    use_bias: bool = Field(True, description="Add one learned number to every unit of every gate.")
    return_sequences: bool = Field(False, description="Give the values of every step instead of the last one's.")
    go_backwards: bool = Field(False, description="Go through the sequence from its end.")
    dropout: Rate = Field(0.0, description="Share of the inputs that are dropped in training.")
    recurrent_dropout: Rate = Field(0.0, description="Share of the remembered values that are dropped in training.")
    kernel_initializer: InitializerName = Field("glorot_uniform", description="How the weights start.")
    recurrent_initializer: InitializerName = Field("orthogonal", description="How the weights between steps start.")
    kernel_regularizer: L2Factor = Field(0.0, description="L2 factor: pulls the weights towards zero; 0 is off.")

    def settings_text(self) -> str:
        return f"{self.units} · every step" if self.return_sequences else f"{self.units}"

    @property
    def output_activation(self) -> str | None:
        return self.activation

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (inputs[0][0], self.units) if self.return_sequences else (self.units,)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        width = self.gates * self.units
        kernel, recurrent = Weight("kernel", (inputs[0][1], width)), Weight("recurrent_kernel", (self.units, width))
        return (kernel, recurrent, Weight("bias", self._bias_shape())) if self.use_bias else (kernel, recurrent)

    def _bias_shape(self) -> Shape:
        return (self.gates * self.units,)

    def window(self, inputs: Shapes) -> Window | None:
        return Window.whole(inputs[0][:1])

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        steps = f"{inputs[0][0]} steps" if self.return_sequences else "the last step"
        return (f"{self.units} values for {steps}",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        total = sum(weight.size for weight in self.weight_shapes(inputs))
        bias = f" + {self._bias_shape()[0]}" if self.use_bias and len(self._bias_shape()) == 1 else ""
        bias = f" + {shape_text(self._bias_shape()).replace('×', '·')}" if self.use_bias and not bias else bias
        width = f"{self.gates}·{self.units}"
        return (f"({inputs[0][1]} + {self.units}) · {width}{bias} = {total:,}",)

    def keras_arguments(self) -> dict[str, object]:
        return {**super().keras_arguments(), "kernel_regularizer": l2_argument(self.kernel_regularizer)}


class SimpleRNN(RecurrentBlock):
    """Goes through a sequence and remembers what it made of the step before (Elman 1990)."""


class LSTM(RecurrentBlock):
    """Goes through a sequence with gates that decide what to remember (Hochreiter & Schmidhuber 1997)."""

    gates: ClassVar[int] = 4

    recurrent_activation: ActivationName = Field("sigmoid", description="Function of the gates.")
    unit_forget_bias: bool = Field(True, description="Let the forget gate begin open.")


class GRU(RecurrentBlock):
    """Goes through a sequence with two gates (Cho et al. 2014)."""

    gates: ClassVar[int] = 3

    recurrent_activation: ActivationName = Field("sigmoid", description="Function of the gates.")
    reset_after: bool = Field(True, description="Reset what is remembered behind the multiplication, as cuDNN does.")

    def _bias_shape(self) -> Shape:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)


class Embedding(OpaqueBlock):
    """Gives each whole number a vector of its own."""

    input_ranks: ClassVar[tuple[int, ...]] = (1,)
    spelled_out: ClassVar[tuple[str, ...]] = ("input_dim", "output_dim")

    input_dim: Size = Field(1000, description="How many numbers there are, counted from 0.")
    output_dim: Size = Field(64, description="Values of each vector.")
    embeddings_initializer: InitializerName = Field("random_uniform", description="How the vectors start.")

    def settings_text(self) -> str:
        return f"{self.input_dim} → {self.output_dim}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (*inputs[0], self.output_dim)

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("embeddings", (self.input_dim, self.output_dim)),)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{self.output_dim} values for each of {inputs[0][0]} numbers",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{self.input_dim} · {self.output_dim} = {self.input_dim * self.output_dim:,}",)


class RepeatVector(OpaqueBlock):
    """Repeats a vector as the steps of a sequence."""

    input_ranks: ClassVar[tuple[int, ...]] = (1,)
    spelled_out: ClassVar[tuple[str, ...]] = ("n",)

    n: Size = Field(2, description="How often.")

    def settings_text(self) -> str:
        return f"{self.n} times"

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (self.n, *inputs[0])


# --- values -----------------------------------------------------------------------------------------------------------
class UnitNormalization(OpaqueBlock):
    """Scales every vector along the channels to length 1."""

    family: ClassVar[Family] = Family.NORMALIZATION


class AlphaDropout(OpaqueBlock):
    """Drops values in training and keeps mean and variance, for SELU networks (Klambauer et al. 2017)."""

    family: ClassVar[Family] = Family.NORMALIZATION
    spelled_out: ClassVar[tuple[str, ...]] = ("rate",)

    rate: Rate = Field(0.1, description="Share of the values that are dropped.")


# --- images -----------------------------------------------------------------------------------------------------------
class SizedBlock(OpaqueBlock, abstract=True):
    """Shared by the layers that give images of one size."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)
    spelled_out: ClassVar[tuple[str, ...]] = ("height", "width")

    height: Size = Field(32, description="Rows of the output.")
    width: Size = Field(32, description="Columns of the output.")

    def settings_text(self) -> str:
        return f"{self.height}×{self.width}"

    def shape_rule(self, inputs: Shapes) -> Shape:
        return (self.height, self.width, inputs[0][-1])


class Resizing(SizedBlock):
    """Resizes images by interpolation."""

    interpolation: Interpolation = Field("bilinear", description="How pixels between pixels are made.")

    def window(self, inputs: Shapes) -> Window | None:
        """The grids do not match in whole steps: the whole image is the bound that holds for sure."""
        return Window.whole(inputs[0][:2])


class CenterCrop(SizedBlock):
    """Cuts the middle out of images."""

    def shape_rule(self, inputs: Shapes) -> Shape:
        height, width, _ = inputs[0]
        if height < self.height or width < self.width:
            received = f"an image of {height}×{width}"
            raise BlockProblem(
                received, f"at least {self.height}×{self.width}, the size to cut out", (self._removal(),)
            )
        return super().shape_rule(inputs)

    def window(self, inputs: Shapes) -> Window | None:
        height, width, _ = inputs[0]
        ones = (1, 1)
        return Window(ones, ones, ones, (-((height - self.height) // 2), -((width - self.width) // 2)))


class AugmentingBlock(OpaqueBlock, abstract=True):
    """Shared by the layers that alter images at random in training, and leave them as they are otherwise."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)


class RandomFlip(AugmentingBlock):
    """Mirrors images at random in training."""

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = Field(
        "horizontal_and_vertical", description="Along which axes."
    )


class RandomRotation(AugmentingBlock):
    """Turns images at random in training."""

    spelled_out: ClassVar[tuple[str, ...]] = ("factor",)

    factor: Range = Field((-0.1, 0.1), description="Least and largest share of a full turn.")
    fill_mode: FillMode = Field("reflect", description="What stands where the image does not reach.")
    interpolation: Interpolation = Field("bilinear", description="How pixels between pixels are made.")
    fill_value: Finite = Field(0.0, description="The value for fill_mode constant.")


class RandomTranslation(AugmentingBlock):
    """Moves images at random in training."""

    spelled_out: ClassVar[tuple[str, ...]] = ("height_factor", "width_factor")

    height_factor: Range = Field((-0.1, 0.1), description="Least and largest share of the height.")
    width_factor: Range = Field((-0.1, 0.1), description="Least and largest share of the width.")
    fill_mode: FillMode = Field("reflect", description="What stands where the image does not reach.")
    interpolation: Interpolation = Field("bilinear", description="How pixels between pixels are made.")
    fill_value: Finite = Field(0.0, description="The value for fill_mode constant.")


class RandomZoom(AugmentingBlock):
    """Shrinks and enlarges images at random in training."""

    spelled_out: ClassVar[tuple[str, ...]] = ("height_factor",)

    height_factor: Range = Field((-0.1, 0.1), description="Least and largest share of the height; below 0 enlarges.")
    width_factor: Range | None = Field(None, description="The same for the width; as the height when empty.")
    fill_mode: FillMode = Field("reflect", description="What stands where the image does not reach.")
    interpolation: Interpolation = Field("bilinear", description="How pixels between pixels are made.")
    fill_value: Finite = Field(0.0, description="The value for fill_mode constant.")
