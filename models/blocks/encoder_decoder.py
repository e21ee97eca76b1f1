"""Stages of encoder-decoder networks, after Ronneberger, Fischer & Brox 2015, "U-Net"."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from models.blocks.base import Shapes
from models.blocks.composite import CompositeBlock, Repeats
from models.blocks.fields import Size
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Padding, describe_extent, shape_text


class EncoderStage(CompositeBlock):
    """Convolutions, then max pooling; what stands before the pooling leaves too, for a skip connection (U-Net)."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    filters: Size = Field(64, description="Channels of every convolution.")
    convolutions: Repeats = Field(2, description="Number of 3×3 convolutions with ReLU.")
    padding: Padding = Field("same", description='"same" keeps the size in convolutions; "valid" is U-Net\'s own.')
    batch_normalization: bool = Field(False, description="Normalize between each convolution and its ReLU.")

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", "skip")

    def settings_text(self) -> str:
        return f"{self.convolutions} × {self.filters}{'' if self.padding == 'same' else ' · valid'}"

    def easier(self) -> tuple[SetFields, ...]:
        return (SetFields('Use padding "same"', (("padding", "same"),)),)

    def build(self, x: Any, nn: Any) -> Any:
        for number in range(1, self.convolutions + 1):
            use_bias = not self.batch_normalization
            x = nn.Conv2D(self.filters, 3, padding=self.padding, use_bias=use_bias, name=f"conv{number}")(x)
            if self.batch_normalization:
                x = nn.BatchNormalization(momentum=0.9, name=f"bn{number}")(x)
            x = nn.ReLU(name=f"relu{number}")(x)
        skip = x
        # With "same" nothing is lost of an odd size, so that the decoder can restore it.
        return nn.MaxPooling2D(2, padding=self.padding, name="pool")(x), skip


class DecoderStage(CompositeBlock):
    """Doubles the image with a transposed convolution, joins the encoder's skip to it and convolves (U-Net).

    Where the two differ in size the larger one is cropped: valid convolutions make the skip larger.
    """

    input_ranks: ClassVar[tuple[int, ...]] = (3,)
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int] = 2

    filters: Size = Field(64, description="Channels of the transposed convolution and of every other one.")
    convolutions: Repeats = Field(2, description="Number of 3×3 convolutions with ReLU.")
    padding: Padding = Field("same", description='"same" keeps the size in convolutions; "valid" is U-Net\'s own.')
    batch_normalization: bool = Field(False, description="Normalize between each convolution and its ReLU.")

    def settings_text(self) -> str:
        return f"{self.convolutions} × {self.filters}{'' if self.padding == 'same' else ' · valid'}"

    def easier(self) -> tuple[SetFields, ...]:
        return (SetFields('Use padding "same"', (("padding", "same"),)),)

    def check_inputs(self, inputs: Shapes) -> None:
        super().check_inputs(inputs)
        x, skip = inputs
        doubled = (2 * x[0], 2 * x[1])
        if skip[0] < doubled[0] - 1 or skip[1] < doubled[1] - 1:
            raise BlockProblem(
                f"a skip of {shape_text(skip[:2])} beside {describe_extent(x[:2])} that becomes {shape_text(doubled)}",
                "a skip at least as large, which an encoder stage gives as its second output",
                (self._removal(),),
            )

    def build(self, x: Any, nn: Any) -> Any:
        x, skip = x
        x = nn.Conv2DTranspose(self.filters, 2, strides=2, name="up")(x)
        height, width = min(x.shape[1], skip.shape[1]), min(x.shape[2], skip.shape[2])
        x = _cropped(x, height, width, "crop", nn)
        skip = _cropped(skip, height, width, "crop_skip", nn)
        x = nn.Concatenate(name="concat")([skip, x])
        for number in range(1, self.convolutions + 1):
            use_bias = not self.batch_normalization
            x = nn.Conv2D(self.filters, 3, padding=self.padding, use_bias=use_bias, name=f"conv{number}")(x)
            if self.batch_normalization:
                x = nn.BatchNormalization(momentum=0.9, name=f"bn{number}")(x)
            x = nn.ReLU(name=f"relu{number}")(x)
        return x


def _cropped(x: Any, height: int, width: int, name: str, nn: Any) -> Any:
    """The middle of an image."""
    rows, columns = x.shape[1] - height, x.shape[2] - width
    if rows == columns == 0:
        return x
    sides = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return nn.Cropping2D(sides, name=name)(x)
