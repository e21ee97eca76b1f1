"""The weights of a model file, for the layers that became blocks: looked up, compared in shape, then read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from models.blocks import Weight, shape_text
from models.importing import hdf5
from models.importing.conversion import Part
from models.importing.errors import ModelImportError
from models.importing.hdf5 import Array

BYTES_PER_VALUE = 4
"""Of what is read, which becomes float32."""


def read_weights(parts: Sequence[Part], stored: h5py.Group, by_order: bool) -> Iterator[list[Array]]:
    """The weights of every leaf of the parts, in their order, each leaf's in Keras's order.

    Args:
        stored: the HDF5 group of the file's weights.
        by_order: whether it is a `.keras` file's, where class names are counted, or an `.h5` file's, with layer names.

    Raises ModelImportError where something is missing or has another shape than the block's weights, or where all of
    them together are more than the memory or the file can hold.
    """
    values = sum(weight.size for part in parts for leaf in part.leaves for weight in leaf.weights)
    hdf5.check_total(stored, values * BYTES_PER_VALUE)
    if by_order:
        if not hdf5.has(stored, "layers"):
            raise ModelImportError(
                "the file keeps its weights as early versions of the .keras format did. Load it with the Keras that "
                "wrote it, save it as .h5, and open that."
            )
        yield from _by_order(parts, stored)
    else:
        for part in parts:
            yield from _by_name(part, stored)


def _by_order(parts: Sequence[Part], stored: h5py.Group) -> Iterator[list[Array]]:
    for part in parts:
        if part.layer.is_model:
            if any(leaf.weights for leaf in part.leaves):
                yield from _by_order(part.parts, hdf5.group(stored, f"layers/{part.layer.storage}"))
            else:
                yield from ([] for _ in part.leaves)
        elif part.node_id:
            yield _own(part, stored) if part.weights else []


def _own(part: Part, stored: h5py.Group) -> list[Array]:
    """The weights of one layer of a `.keras` file; those of a layer with parts are theirs, one behind another."""
    own = hdf5.group(stored, f"layers/{part.layer.storage}")
    if part.folders != ("",):
        folders = [_variables(own, folder) for folder in part.folders]
        return _checked(part, own, [f"{folder}/{index}" for folder, count in folders for index in range(count)])
    path, count = _variables(own, "")
    folder = hdf5.group(own, path)
    said = hdf5.text(folder, "name")
    if said is not None and said != part.layer.name and path == "vars":
        raise ModelImportError(
            f'the file has the weights of "{said[:100]}" where those of "{part.layer.name}" are looked for. '
            "It is damaged."
        )
    return _checked(part, folder, [str(index) for index in range(count)])


def _variables(own: h5py.Group, folder: str) -> tuple[str, int]:
    """Where the weights of a layer's part are, and how many; a recurrent layer's are those of its cell.

    Parts are called by their attribute in Keras, which some versions write with an underscore in front.
    """
    if folder and not hdf5.has(own, folder):
        folder = f"_{folder}"
    inner = hdf5.group(own, folder) if folder else own
    path = "cell/vars" if hdf5.has(inner, "cell") else "vars"
    whole = f"{folder}/{path}" if folder else path
    return whole, len(hdf5.group(own, whole))


def _by_name(part: Part, stored: h5py.Group) -> Iterator[list[Array]]:
    """The weights of one layer of an `.h5` file, or of a model inside, which has all of its layers' in one list."""
    leaves = list(part.leaves)
    expected = [weight for leaf in leaves for weight in leaf.weights]
    if not expected:
        yield from ([] for _ in leaves)
        return
    folder = hdf5.group(stored, part.layer.name)
    names = hdf5.names(folder, "weight_names")
    if not part.layer.is_model:
        yield _checked(part, folder, names)
        return
    if len(names) != len(expected):
        raise _miscounted(part, len(names), len(expected))
    ordered = iter(names)
    given: dict[tuple[int, int], str] = {}
    for wanted in (True, False):  # Keras lists all weights that are trained before those that are not
        for number, (leaf, trained) in enumerate(_with_training(part, True)):
            for index, weight in enumerate(leaf.weights):
                if (weight.trainable and trained) == wanted:
                    given[number, index] = next(ordered)
    for number, leaf in enumerate(leaves):
        yield _checked(leaf, folder, [given[number, index] for index in range(len(leaf.weights))])


def _with_training(part: Part, trained: bool) -> Iterator[tuple[Part, bool]]:
    """Every leaf, and whether the model trains it."""
    trained = trained and part.layer.config.get("trainable") is not False
    if part.layer.is_model:
        for inner in part.parts:
            yield from _with_training(inner, trained)
    elif part.node_id:
        yield part, trained


def _checked(part: Part, folder: h5py.Group, names: Sequence[str]) -> list[Array]:
    """The arrays of these names, if they are as many and of the shapes that the layer's block has."""
    if len(names) != len(part.weights):
        raise _miscounted(part, len(names), len(part.weights))
    return [_array(part, weight, folder, name) for weight, name in zip(part.weights, names, strict=True)]


def _array(part: Part, weight: Weight, folder: h5py.Group, name: str) -> Array:
    shape = hdf5.shape(folder, name)
    if shape != weight.shape:
        raise ModelImportError(
            f'{weight.name} of "{part.layer.name}" is {_text(shape)} in the file, and the block\'s is '
            f"{_text(weight.shape)}. The file is damaged, or its structure and its weights belong to different models."
        )
    return _as_weight(hdf5.dataset(folder, name))


def _as_weight(array: Array) -> npt.NDArray[Any]:
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _text(shape: tuple[int, ...]) -> str:
    return shape_text(shape) or "a single number"


def _miscounted(part: Part, found: int, expected: int) -> ModelImportError:
    return ModelImportError(
        f'"{part.layer.name}" has {found} weights in the file, and its block has {expected}. The file is damaged, or '
        "was written by a version of Keras that LayerLoom does not know."
    )
