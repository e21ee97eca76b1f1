"""All that a step of training reads and changes, as arrays: put back, training goes on exactly as it would have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

State = dict[str, npt.NDArray[Any]]
"""Arrays by name: `layers/<node id>/<number>` of the model, `optimizer/<number>/<name>` of the optimizer."""


def read_state(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> State:
    """A copy of every variable, in an order that is the same for the same network and plan.

    Of the model: weights, statistics as of BatchNormalization, and the seeds of layers that draw at random, as Dropout.
    Of the optimizer, which must be built: its step, moments, gathered gradients, averaged weights, loss scale.
    """
    return {name: np.asarray(variable.numpy()) for name, variable in _variables(model, optimizer)}


def put_state(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, arrays: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Put back what `read_state` gave for the same network and plan, perhaps in another process.

    Raises ValueError, before anything is changed, where the arrays belong to another network or plan.
    """
    variables = dict(_variables(model, optimizer))
    _check(variables, arrays)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # it reads its statistics only once, as Normalization does
            layer.finalize_state()


def _variables(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        for number, variable in enumerate(layer.variables):
            yield f"layers/{layer.name}/{number}", variable
    for number, variable in enumerate(_optimizer_variables(optimizer)):
        yield f"optimizer/{number}/{variable.name}", variable


def _optimizer_variables(optimizer: keras.optimizers.Optimizer) -> list[Any]:
    """All of them: Keras does not count some among its own, such as the product of momenta in Nadam."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    counted = optimizer.variables
    known = {id(variable) for variable in counted}
    rest = [value for value in vars(inner).values() if isinstance(value, keras.Variable) and id(value) not in known]
    return [*counted, *sorted(rest, key=lambda variable: variable.name)]


def _check(variables: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise ValueError where the arrays are not those of the variables."""
    missing, surplus = variables.keys() - arrays.keys(), arrays.keys() - variables.keys()
    wrong = [name for name in variables if name in arrays and tuple(variables[name].shape) != arrays[name].shape]
    if missing:
        told = f"it lacks {_some(missing)}"
    elif surplus:
        told = f"it has {_some(surplus)}, for which there is no place"
    elif wrong:
        name = wrong[0]
        told = f"{name} has the shape {arrays[name].shape}, expected {tuple(variables[name].shape)}"
    else:
        return
    raise ValueError(
        f"The saved state does not belong to this network and plan: {told}. Go on with the network and the plan of the "
        "run that was saved."
    )


def _some(names: Set[str]) -> str:
    """The first names, and that there are more."""
    return ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
