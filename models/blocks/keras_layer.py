"""`KerasLayer`: any other built-in layer of Keras that an imported model has, with the arguments it was made with.

Which classes there are, which arguments each takes and what follows from them says `KINDS` in
`models.blocks.keras_kinds`: a file's word is never enough to make a Keras layer, nor to know its shapes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from models.blocks.base import Block, Family, Shapes, Weight, Window, block_to_dict
from models.blocks.fields import KerasCall, l2_argument
from models.blocks.keras_kinds import KINDS, Arguments, Kind
from models.blocks.problems import BlockProblem
from models.blocks.shapes import Shape, describe, shape_text

MAX_TEXT = 200_000


def _known(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f'there is no block for the layer "{name[:100]}"')
    return name


def _as_text(value: object) -> object:
    """Arguments may be given as an object, too; what is None there is so in Keras without being said."""
    if not isinstance(value, dict):
        return value
    try:
        return json.dumps({name: item for name, item in value.items() if item is not None}, default=_plain)
    except RecursionError:
        raise ValueError("the arguments are nested too deeply") from None


def _plain(value: object) -> object:
    if isinstance(value, Block):
        return block_to_dict(value)
    raise ValueError(f"{type(value).__name__} is no plain value")


class KerasLayer(Block):
    """Another layer of Keras, from an imported model."""

    family: ClassVar[Family] = Family.DENSE
    in_palette: ClassVar[bool] = False
    wrappable: ClassVar[bool] = False

    class_name: Annotated[str, AfterValidator(_known)] = Field(description="The layer's class in keras.layers.")
    config: Annotated[str, BeforeValidator(_as_text), Field(max_length=MAX_TEXT)] = Field(
        "{}", description="The arguments that it is made with, as JSON."
    )
    _arguments: Arguments = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check_arguments(self) -> KerasLayer:
        """Every argument is one of the class's, and has a value that it can have."""
        try:
            given = json.loads(self.config)
        except (ValueError, RecursionError):
            raise ValueError("config is no JSON") from None
        if not isinstance(given, dict):
            raise ValueError("config is no JSON object")
        checks = self.kind.arguments
        for name, value in given.items():
            if name not in checks:
                raise ValueError(f"{self.class_name} has no argument {name[:100]}; expected {', '.join(checks)}")
            try:
                self._arguments[name] = checks[name](value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        missing = [name for name in self.kind.required if name not in given]
        if missing:
            raise ValueError(f"{self.class_name} needs {', '.join(missing)}")
        return self

    @property
    def kind(self) -> Kind:
        """What is known of the class."""
        return KINDS[self.class_name]

    @property
    def label(self) -> str:
        return self.class_name

    @property
    def layer_class(self) -> str:
        return self.class_name

    @classmethod
    def form_fields(cls) -> tuple[str, ...]:
        return ()

    def settings_text(self) -> str:
        told = [self._arguments.get(name) for name in self.kind.required]
        texts = [value.label if isinstance(value, Block) else _short_text(value) for value in told]
        return " · ".join(texts)[:60]

    @property
    def output_activation(self) -> str | None:
        return cast("str | None", self._arguments.get("activation"))

    # --- rules ----------------------------------------------------------------------------------------------------
    def check_inputs(self, inputs: Shapes) -> None:
        super().check_inputs(inputs)
        ranks = self.kind.ranks
        if ranks and len(inputs[0]) not in ranks:
            axes = " or ".join(map(str, ranks))
            raise BlockProblem(describe(inputs[0]), f"a tensor of {axes} axes beside the batch", (self._removal(),))

    def shape_rule(self, inputs: Shapes) -> Shape:
        try:
            return self.kind.output(inputs[0], self._arguments)
        except ValueError as error:
            raise BlockProblem(describe(inputs[0]), str(error), (self._removal(),)) from None

    def weight_shapes(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.kind.weights(inputs[0], self._arguments)

    def multiply_adds(self, inputs: Shapes) -> int:
        return self.kind.multiply_adds(inputs[0], self._arguments)

    def window(self, inputs: Shapes) -> Window | None:
        return None if self.kind.pointwise or len(inputs[0]) < 2 else Window.whole(inputs[0][:-1])

    def shape_formula(self, inputs: Shapes) -> tuple[str, ...]:
        return (f"{shape_text(inputs[0])} → {shape_text(self.output_shape(inputs))}",)

    def parameter_formula(self, inputs: Shapes) -> tuple[str, ...]:
        weights = self.weight_shapes(inputs)
        if not weights:
            return ("no parameters",)
        sizes = " + ".join(shape_text(weight.shape).replace("×", "·") or "1" for weight in weights)
        lines = (f"{sizes} = {sum(weight.size for weight in weights):,}",)
        return lines if self.multiply_adds(inputs) else (*lines, "(its multiply-adds are not counted)")

    # --- Keras ----------------------------------------------------------------------------------------------------
    def keras_arguments(self) -> dict[str, object]:
        return {name: _argument(name, value) for name, value in self._arguments.items()}

    @property
    def input_copies(self) -> int:
        return self.kind.copies

    def call_arguments(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        copies = list(inputs) * self.input_copies
        return (copies,) if self.kind.as_list else tuple(copies)

    @property
    def weight_folders(self) -> tuple[str, ...]:
        return self.kind.folders(self._arguments)


def _short_text(value: object) -> str:
    return shape_text(value) if isinstance(value, tuple) and len(value) < 5 else str(value)[:30]


def _argument(name: str, value: object) -> object:
    """An argument as Keras takes it, layers and regularizers as what Keras makes of them."""
    if isinstance(value, Block):
        return KerasCall(f"layers.{value.layer_class}", (), tuple(value.keras_arguments().items()))
    if name.endswith("_regularizer"):
        return l2_argument(cast(float, value))
    return value
