"""The one class that every block descends from.

Palette, inspector form, file format, analysis, builder, code generator and tests read a block's class and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from models.blocks.fields import MAX_VALUES, first_mistake
from models.blocks.problems import BlockProblem, InsertBefore, RemoveBlock, Repair
from models.blocks.shapes import Shape, describe, shape_text, size_of

if TYPE_CHECKING:
    from models.blocks.composite import Inside

Shapes = tuple[Shape, ...]


class Family(Enum):
    """Where a block stands in the palette; the value is its heading."""

    INPUT = "Input & output"
    CONVOLUTION = "Convolution"
    POOLING = "Pooling"
    DENSE = "Dense & shape"
    NORMALIZATION = "Normalize & regularize"
    ACTIVATION = "Activation"
    MERGE = "Merge"
    COMPOSITE = "Composite"


@dataclass(frozen=True)
class Weight:
    """One weight tensor of a layer, in Keras's order and layout."""

    name: str
    shape: Shape
    trainable: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Window:
    """What one output position sees of the input, per spatial axis (the receptive field's building stone).

    `upsampling` is the factor by which the output grid is finer than the input's (transposed convolution, UpSampling).
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]
    upsampling: tuple[int, ...] = ()

    @classmethod
    def whole(cls, sizes: Shape) -> Window:
        """A window over the whole extent: global pooling, Flatten. It takes no steps: nothing behind it sees more."""
        zeros = (0,) * len(sizes)
        return cls(sizes, zeros, (1,) * len(sizes), zeros)


REGISTRY: dict[str, type[Block]] = {}
"""Every block class by its type name; filled as classes are defined."""


class Block(BaseModel):
    """A frozen description of one layer. Subclasses carry Keras's arguments as fields.

    Class attributes:
        family: palette category.
        input_ranks: ranks of the input shapes that the block accepts; empty for any.
        min_inputs, max_inputs: how many inputs it takes.
        keras_class: name of the Keras layer's class where it is not the block's own.
        custom: whether that class is one of ours, in `models/runtime/layers`, since Keras has none.
        in_palette: whether people can pick it; the others come from files and edits.
        auxiliary: whether its output leaves the network beside the main one.
        wrappable: whether it can stand inside of a layer that applies another one, such as TimeDistributed.
        has_filters: whether its first weight is a kernel that slides, which `as_filters` can show.
        leading_fields: fields shown before the inherited ones, as Keras's signatures have them.
        spelled_out: arguments that generated source always gives, by position: Keras has no default for them, or
            another one than ours. They are the first of Keras's signature.
        abstract: a base class of a family, not a block of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    family: ClassVar[Family]
    input_ranks: ClassVar[tuple[int, ...]] = ()
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int] = 1
    leading_fields: ClassVar[tuple[str, ...]] = ()
    spelled_out: ClassVar[tuple[str, ...]] = ()
    keras_class: ClassVar[str] = ""
    custom: ClassVar[bool] = False
    in_palette: ClassVar[bool] = True
    auxiliary: ClassVar[bool] = False
    wrappable: ClassVar[bool] = True
    has_filters: ClassVar[bool] = False
    abstract: ClassVar[bool] = True

    def __init_subclass__(cls, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.abstract = abstract
        if not abstract:
            REGISTRY[cls.__name__] = cls

    # --- identity -------------------------------------------------------------------------------------------------
    @property
    def type(self) -> str:
        """The block's type name."""
        return type(self).__name__

    @property
    def label(self) -> str:
        """What people call the block where it has no name of its own."""
        return self.type

    @property
    def layer_class(self) -> str:
        """The class of the Keras layer."""
        return self.keras_class or self.type

    @property
    def adapts(self) -> bool:
        """Whether the layer's weights are statistics of what arrives, which are taken before training."""
        return False

    @property
    def output_names(self) -> tuple[str, ...]:
        """What each output is called; most blocks have one output."""
        return ("output",)

    @property
    def block_count(self) -> int:
        """How many blocks it stands for where groups are taken apart: itself, mostly."""
        return 1

    @property
    def group_depth(self) -> int:
        """How deep groups are nested in it, itself counted."""
        return 0

    @classmethod
    def summary(cls) -> str:
        """One plain sentence: the first line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The fields in the order in which people read them."""
        return (*cls.leading_fields, *(name for name in cls.model_fields if name not in cls.leading_fields))

    @classmethod
    def form_fields(cls) -> tuple[str, ...]:
        """The fields that people edit in a form."""
        return cls.field_names()

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed; raises pydantic's ValidationError for a value that is not allowed."""
        return type(self).model_validate({**dict(self), **changes})

    def settings_text(self) -> str:
        """The key settings in one short line, for cards: `6 · 5×5 · tanh`."""
        return ""

    def suited_to(self, inputs: Shapes) -> Block:
        """The block that the Keras layer of these settings is on such inputs: itself, mostly.

        Where Keras has one class for what are two blocks to people, models and sources that are read get the one that
        computes what the layer does.
        """
        return self

    # --- the four rules -------------------------------------------------------------------------------------------
    def output_shape(self, inputs: Shapes) -> Shape:
        """The shape that leaves the block, without the batch. Raises BlockProblem when the inputs do not suit it."""
        self.check_inputs(inputs)
        shape = self.shape_rule(inputs)
        if size_of(shape) > MAX_VALUES:
            received = f"an output {shape_text(shape)}, {size_of(shape):,} values"
            raise BlockProblem(received, f"at most {MAX_VALUES:,} values for one sample", (self._removal(),))
        return shape

    def output_shapes(self, inputs: Shapes) -> Shapes:
        """The shape of every output, in the order of `output_names`. Raises BlockProblem."""
        return (self.output_shape(inputs),)

    def shape_rule(self, inputs: Shapes) -> Shape:
        """The output shape for inputs of the right number and rank; raises BlockProblem."""
        return inputs[0]

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        """The layer's weights in Keras's order."""
        return ()

    def multiply_adds(self, inputs: Shapes) -> int:
        """Multiply-adds for one sample: convolutions and dense layers only, biases not counted."""
        return 0

    def window(self, inputs: Shapes) -> Window | None:
        """What an output position sees; None where every position sees just itself."""
        return None

    def inside(self, inputs: Shapes) -> Inside | None:
        """The blocks that a composite block is made of, for inputs of these shapes; None for a layer."""
        return None

    # --- in words -------------------------------------------------------------------------------------------------
    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        """Why the output has its shape, with the numbers filled in; one line per reason."""
        return (f"{shape_text(inputs[0])} → {shape_text(self.output_shape(inputs))}  (unchanged)",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        """Why the block has its number of parameters, with the numbers filled in."""
        return ("no parameters",)

    @property
    def output_activation(self) -> str | None:
        """Name of the activation that the output went through, None when the block applies none of its own."""
        return None

    # --- Keras ----------------------------------------------------------------------------------------------------
    def keras_arguments(self) -> dict[str, object]:
        """Arguments of the Keras layer of the same name; a KerasCall stands for an object that Keras makes."""
        return {name: getattr(self, name) for name in self.field_names()}

    def call_arguments(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """What the Keras layer is called with, for its inputs: the one input, or a list of several."""
        return (list(inputs),) if self.max_inputs > 1 else (inputs[0],)

    @property
    def input_copies(self) -> int:
        """How often the Keras layer is given its one input: attention of a tensor to itself takes it twice."""
        return 1

    @property
    def weight_folders(self) -> tuple[str, ...]:
        """Where a `.keras` file keeps the weights inside of the layer's place, in Keras's order."""
        return ("",)

    def as_filters(self, kernel: Any) -> Any:
        """The layer's first weight, an array, as (height, width, input channels, filters), where it has filters.

        Kernels over a sequence have height 1; of kernels over a volume the slices stand below one another.
        """
        return kernel.reshape(-1, *kernel.shape[-3:])

    # --- checks ---------------------------------------------------------------------------------------------------
    def check_inputs(self, inputs: Shapes) -> None:
        """Raise BlockProblem unless there are as many inputs as the block takes, each of a rank it accepts."""
        if not self.min_inputs <= len(inputs) <= self.max_inputs:
            raise BlockProblem(_count_text(len(inputs)), self._expected_count(len(inputs)), (self._removal(),))
        for index, shape in enumerate(inputs):
            if self.input_ranks and len(shape) not in self.input_ranks:
                raise BlockProblem(describe(shape), self.expected_input(), self.rank_repairs(shape, index))

    def _expected_count(self, received: int) -> str:
        if self.min_inputs == self.max_inputs:
            return _count_text(self.min_inputs)
        return (
            f"at least {self.min_inputs} inputs" if received < self.min_inputs else f"at most {self.max_inputs} inputs"
        )

    def _removal(self) -> RemoveBlock:
        return RemoveBlock(f"Remove {self.label}")

    def expected_input(self) -> str:
        """The inputs the block accepts, in words."""
        names = {
            1: "a vector",
            2: "a sequence steps×channels",
            3: "an image tensor height×width×channels",
            4: "a volume depth×height×width×channels",
        }
        return " or ".join(names.get(rank, f"a tensor of {rank} axes") for rank in self.input_ranks)

    def rank_repairs(self, shape: Shape, index: int) -> tuple[Repair, ...]:
        """Repairs for an input of the wrong rank."""
        from models.blocks.shaping import Reshape  # a block of its own family; imported late to avoid a cycle

        rank = min(self.input_ranks, key=lambda accepted: abs(accepted - len(shape)))
        target = _reshaped(shape, rank)
        repairs: list[Repair] = []
        if rank > 1 and max(target) <= MAX_VALUES:
            text = f"Insert Reshape to {shape_text(target)} before {self.type}"
            repairs.append(InsertBefore(text, (Reshape(target_shape=target),), index))
        return (*repairs, self._removal())


# For every class pydantic evaluates the annotations of all its bases anew. Those of Block are class attributes, which
# it knows by now: without them a hundred blocks are imported in three quarters of the time.
Block.__annotations__.clear()


def _reshaped(shape: Shape, rank: int) -> Shape:
    """The same values with another number of axes: a vector becomes channels of one pixel, or steps of a sequence;
    axes of one are put in front, and axes that are too many are joined in front."""
    if len(shape) == 1 and rank == 2:
        return (*shape, 1)
    if len(shape) < rank:
        return (*(1,) * (rank - len(shape)), *shape)
    return (size_of(shape[: len(shape) - rank + 1]), *shape[len(shape) - rank + 1 :])


def _count_text(inputs: int) -> str:
    return {0: "no input", 1: "one input"}.get(inputs, f"{inputs} inputs")


def block_from_dict(data: Any) -> Any:
    """A block from its JSON form `{"type": "Conv2D", "filters": 6, …}`; raises ValueError that says what is wrong."""
    if isinstance(data, Block):
        return data
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise ValueError('a block is an object with a "type"')
    kind = REGISTRY.get(data["type"])
    if kind is None:
        close = ", ".join(get_close_matches(data["type"][:100], REGISTRY, cutoff=0.5)) or "none with a name like it"
        raise ValueError(f'unknown block type "{data["type"]}"; this version knows {close}')
    try:
        return kind.model_validate({key: value for key, value in data.items() if key != "type"})
    except ValidationError as error:
        raise ValueError(f"{kind.__name__}, {first_mistake(error)}") from error


def block_to_dict(block: Block) -> dict[str, Any]:
    """The JSON form of a block: its type and every field."""
    return {"type": block.type, **block.model_dump(mode="json")}


AnyBlock = Annotated[Block, BeforeValidator(block_from_dict), PlainSerializer(block_to_dict)]
"""Pydantic field type: any registered block, written with its type name."""
