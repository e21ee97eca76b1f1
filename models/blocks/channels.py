"""Blocks that rearrange the channels and leave every position where it is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from models.blocks.base import Block, Family, Shapes
from models.blocks.fields import NonNegativeSize, Size
from models.blocks.problems import BlockProblem, SetFields
from models.blocks.shapes import Shape, describe


class ChannelBlock(Block, abstract=True):
    """Shared by the blocks that rearrange channels: of a sequence, an image or a volume."""

    family: ClassVar[Family] = Family.DENSE
    input_ranks: ClassVar[tuple[int, ...]] = (3, 2, 4, 1)
    custom: ClassVar[bool] = True


class ChannelShuffle(ChannelBlock):
    """Deals each group's channels out to all groups, so that grouped convolutions mix (Zhang et al. 2018)."""

    groups: Size = Field(2, description="Number of groups the channels are in; has to divide their number.")

    def settings_text(self) -> str:
        return f"{self.groups} groups"

    def shape_rule(self, inputs: Shapes) -> Shape:
        channels = inputs[0][-1]
        if channels % self.groups:
            fitting = max(n for n in range(1, min(self.groups, channels) + 1) if channels % n == 0)
            raise BlockProblem(
                f"{channels} channels with groups {self.groups}",
                f"a number of channels divisible by {self.groups}",
                (SetFields(f"Set groups to {fitting}", (("groups", fitting),)), self._removal()),
            )
        return inputs[0]

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        channels = inputs[0][-1]
        return (f"{channels} channels, in {self.groups} groups of {channels // self.groups}, dealt out in turn",)


class ChannelSplit(ChannelBlock):
    """Gives the two halves of the channels as two outputs (Ma et al. 2018, ShuffleNetV2)."""

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("first half", "second half")

    def shape_rule(self, inputs: Shapes) -> Shape:
        *spatial, channels = inputs[0]
        if channels % 2:
            raise BlockProblem(describe(inputs[0]), "an even number of channels", (self._removal(),))
        return (*spatial, channels // 2)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return (self.output_shape(inputs),) * 2

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        half = inputs[0][-1] // 2
        return (f"{inputs[0][-1]} / 2 = {half} channels in each half",)


class ChannelSlice(ChannelBlock):
    """Gives some of the channels, from the first to before the last that is named."""

    start: NonNegativeSize = Field(0, description="First channel that is kept, counted from 0.")
    stop: Size | None = Field(None, description="The channel behind the last one that is kept; to the end when empty.")

    def settings_text(self) -> str:
        return f"{self.start} … {'' if self.stop is None else self.stop - 1}".strip()

    def shape_rule(self, inputs: Shapes) -> Shape:
        *spatial, channels = inputs[0]
        stop = channels if self.stop is None else self.stop
        if not self.start < stop <= channels:
            raise BlockProblem(
                f"channels {self.start} to {stop} of {channels}",
                f"a start below the stop, and a stop of at most {channels}",
                (SetFields("Keep all channels", (("start", 0), ("stop", None))), self._removal()),
            )
        return (*spatial, stop - self.start)

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        stop = inputs[0][-1] if self.stop is None else self.stop
        return (f"{stop} − {self.start} = {stop - self.start} channels",)
