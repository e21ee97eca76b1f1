"""Calls of layers, of Keras's classes and of Python's functions. Every argument counts, or is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from models.blocks import REGISTRY
from models.blocks.fields import KerasCall
from models.blocks.keras_kinds import KINDS
from models.network.reader.functions import function_result
from models.network.reader.layers import kept_layer, kinds, layer_kind, made_block, made_layer
from models.network.reader.operations import called as called_function
from models.network.reader.operations import joined, several
from models.network.reader.values import Appending, Dotted, Function, Layer, Model, NotUnderstood, Stack, Tensor

if TYPE_CHECKING:
    from models.network.reader.interpreter import Interpreter

Keywords = Mapping[str, Any]


def call_result(reader: Interpreter, called: Any, positional: list[Any], keywords: Keywords) -> Any:
    """What a call gives. Raises NotUnderstood."""
    match called:
        case Layer() | Stack():
            _only(keywords, (), "the call of a layer", tolerated=("training", "mask"))
            return reader.apply(called, tensors(positional))
        case Function():
            return function_result(reader, called, positional, keywords)
        case Dotted():
            return _known(reader, called, positional, keywords)
        case Appending() if len(positional) == 1 and not keywords:
            _append(reader, called.target, positional[0])
            return None
    raise NotUnderstood("a call of something that is no layer")


def tensors(positional: list[Any]) -> tuple[Tensor, ...]:
    """The inputs that a layer is applied to, given one by one or as one list."""
    given = positional[0] if len(positional) == 1 and isinstance(positional[0], list | tuple) else positional
    if not given or not all(isinstance(tensor, Tensor) for tensor in given):
        raise NotUnderstood("a layer applied to something that is no output of a layer")
    return tuple(given)


def entered(reader: Interpreter, positional: list[Any], keywords: Keywords) -> Tensor:
    """`keras.Input(…)`: what the network is fed with."""
    if len(positional) > 1:
        raise NotUnderstood("keras.Input takes its shape by place, everything else by name")
    given = dict(keywords)
    name = given.pop("name", None)
    if not isinstance(name, str | None):
        raise NotUnderstood("an input's name is no text")
    shape = positional[0] if positional else given.pop("shape", None)
    block = made_block(REGISTRY["Input"], {**given, "shape": shape})
    return reader.graph.add(block, name or "", ())[0]


def _only(keywords: Keywords, allowed: Collection[str], what: str, tolerated: Collection[str] = ()) -> None:
    """Refuses arguments by name that would change something; the tolerated ones change nothing where they are None."""
    for name, value in keywords.items():
        if name in tolerated and value is not None:
            raise NotUnderstood(f"{name} in {what}; expected it to be left out, as where a network is trained")
        if name not in allowed and name not in tolerated:
            expected = f"only {', '.join(allowed)}" if allowed else "no argument by name"
            raise NotUnderstood(f"{what} with {name}=…; expected {expected}")


def _append(reader: Interpreter, target: list[Any] | Stack, value: Any) -> None:
    reader.changes_outside()
    if isinstance(target, Stack):
        if not isinstance(value, Layer | Stack | Tensor) or value is target:
            raise NotUnderstood("a Sequential is given something that is no layer; expected a layer or keras.Input")
        joined(target.layers, [value])
        target.layers.append(value)
    else:
        joined(target, [value])
        target.append(value)


# --- what Keras and Python bring ------------------------------------------------------------------------------------
def _known(reader: Interpreter, called: Dotted, positional: list[Any], keywords: Keywords) -> Any:
    module, _, name = called.path.rpartition(".")
    if module == "builtins":
        return called_function(name, positional, keywords)
    if name in ("Input", "InputLayer") and module.startswith("keras"):
        return entered(reader, positional, keywords)
    if name in ("Model", "Sequential") and module in ("keras", "keras.models"):
        return _model(reader, positional, keywords) if name == "Model" else _sequential(positional, keywords)
    if module == "keras.regularizers" and name in ("L2", "l2"):
        return _l2(positional, keywords)
    if module == "keras.initializers" and not positional and not keywords.keys() - {"seed"}:
        return called
    if module == "keras.layers" or (module == "" and name in kinds() and kinds()[name].custom):
        if name in KINDS:
            return kept_layer(name, positional, keywords)
        kind = layer_kind(name)
        if name[:1].islower():  # keras.layers.add([…])
            return reader.apply(made_layer(kind, (), keywords), tensors(positional))
        return made_layer(kind, positional, keywords)
    raise NotUnderstood(f"{called.path} is not understood")


def _l2(positional: list[Any], keywords: Keywords) -> KerasCall:
    _only(keywords, ("l2",), "regularizers.L2")
    given = [*positional, *keywords.values()]
    if len(given) > 1:
        raise NotUnderstood("regularizers.L2 with several factors; expected one, l2")
    factor = given[0] if given else 0.01
    if isinstance(factor, bool) or not isinstance(factor, int | float):
        raise NotUnderstood("regularizers.L2 with a factor that is no number")
    return KerasCall("regularizers.L2", (factor,))


def _model(reader: Interpreter, positional: list[Any], keywords: Keywords) -> Model:
    _only(keywords, ("inputs", "outputs", "name"), "keras.Model")
    ends = dict(zip(("inputs", "outputs"), positional, strict=False))
    if len(positional) > 2 or ends.keys() & keywords.keys() or {"inputs", "outputs"} - ends.keys() - keywords.keys():
        raise NotUnderstood("keras.Model takes inputs and outputs, each once, as in keras.Model(inputs, outputs)")
    ends |= keywords
    for tensor in _ends(ends["inputs"], "inputs"):
        node = reader.graph.nodes.get(tensor.source.node)
        if tensor.graph is not reader.graph or node is None or node.block.max_inputs != 0:
            raise NotUnderstood(
                f'keras.Model with "{tensor.source.node}" among its inputs, which another layer makes; '
                "expected what keras.Input(shape=…) gives"
            )
    outputs = _ends(ends["outputs"], "outputs")
    if any(tensor.graph is not reader.graph for tensor in outputs):
        raise NotUnderstood("keras.Model with an output from inside another function; expected what that one returns")
    return Model(outputs)


def _ends(value: Any, what: str) -> tuple[Tensor, ...]:
    given = [value] if isinstance(value, Tensor) else value
    if not isinstance(given, list | tuple) or not given or not all(isinstance(one, Tensor) for one in given):
        raise NotUnderstood(f"keras.Model whose {what} are no tensors; expected a tensor or a list of tensors")
    return tuple(given)


def _sequential(positional: list[Any], keywords: Keywords) -> Stack:
    _only(keywords, ("layers", "name", "trainable"), "keras.Sequential")
    given = [*positional, *([keywords["layers"]] if "layers" in keywords else [])]
    if len(given) > 1 and not isinstance(given[1], str | None):
        raise NotUnderstood("keras.Sequential takes one list of layers")
    layers = several(given[0]) if given and given[0] is not None else []
    if not all(isinstance(layer, Layer | Stack | Tensor) for layer in layers):
        raise NotUnderstood("a Sequential is given something that is no layer; expected layers and keras.Input")
    return Stack(layers)
