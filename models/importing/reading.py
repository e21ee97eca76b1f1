"""`read_model`: from a file to a network with its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models.blocks import Block
from models.blocks.activation import Activation
from models.blocks.composite import ENTRY
from models.blocks.fields import first_mistake
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.importing import archive
from models.importing.conversion import Level, convert
from models.importing.errors import ModelImportError
from models.importing.hdf5 import Array
from models.importing.settings import Notes
from models.importing.structure import Structure, structure
from models.importing.weights import read_weights
from models.network.expansion import expand
from models.network.graph import Network, Node, Source


@dataclass(frozen=True, eq=False)
class Imported:
    """What became of a Keras model.

    Attributes:
        name: the model's own.
        weights: of every layer that has some, by its id in the expanded network; empty where the file has none.
        notes: what was taken over in another way than it stands in the file, one sentence each.
    """

    name: str
    network: Network
    weights: Mapping[str, Sequence[Array]]
    notes: tuple[str, ...]


def read_model(path: Path) -> Imported:
    """The network in a model file, with its weights. Raises ModelImportError or FileError."""
    with archive.opened(path) as opened:
        described, notes = structure(opened.config), Notes()
        level, network = _network(described, notes)
        weights: dict[str, list[Array]] = {}
        if opened.weights is not None:
            arrays = read_weights(level.parts, opened.weights, opened.by_order)
            weights = {
                node_id: values for node_id, values in zip(_leaf_ids(level, network), arrays, strict=True) if values
            }
    return Imported(described.name, network, weights, notes.texts())


def network_of(config: object) -> tuple[Network, tuple[str, ...]]:
    """The network that a model's JSON describes, and what is to be noted about it. Raises ModelImportError."""
    notes = Notes()
    _, network = _network(structure(config), notes)
    return network, notes.texts()


def _network(described: Structure, notes: Notes) -> tuple[Level, Network]:
    entry = _entry(described)
    level = convert(described, entry.shape, notes)
    _place_outputs(level, described)
    entry_id = level.new_id(described.input)
    nodes = [Node(id=entry_id, block=entry, name=described.input[:200])]
    for node in level.nodes:
        inputs = tuple(Source(entry_id) if source.node == ENTRY else source for source in node.inputs)
        nodes.append(node.with_inputs(inputs))
    try:
        return level, Network(nodes=tuple(nodes))
    except ValidationError as error:
        raise ModelImportError(f"the model does not become a network: {first_mistake(error)}.") from error


def _entry(described: Structure) -> Input:
    shape = described.input_shape
    if shape is None:
        raise ModelImportError(
            f'the model "{described.name}" does not say the shape of its input. Build it (model.build or one call), '
            "and save it again."
        )
    if any(size is None for size in shape):
        sizes = "×".join("?" if size is None else str(size) for size in shape)
        raise ModelImportError(
            f'the input of "{described.name}" is {sizes}, and networks have an input of a fixed size. Make the model '
            "again with its input shape given, and save it."
        )
    try:
        return Input.model_validate({"shape": shape})
    except ValidationError as error:
        raise ModelImportError(
            f'the input of "{described.name}" cannot be taken over: {first_mistake(error)}.'
        ) from error


def _place_outputs(level: Level, described: Structure) -> None:
    """Make the first output the network's main one, which nothing else may use, and mark the others."""
    main, *others = [level.source(tensor, described.name) for tensor in described.outputs]
    used = {source for node in level.nodes for source in node.inputs} | set(others)
    if main in used or main.output or (main.node == ENTRY and level.nodes):
        level.add(_pass_on(), f"{described.outputs[0].layer}_output", (main,))
    passed_on = {part.layer.name for part in level.parts if not part.node_id}  # as auxiliary outputs are when exported
    for tensor, source in zip(described.outputs[1:], others, strict=True):
        name = tensor.layer if tensor.layer in passed_on else f"{tensor.layer}_output"
        level.add(AuxiliaryOutput(), name, (source,))


def _pass_on() -> Block:
    """A block that computes nothing, for an output that is used inside of the network as well."""
    return Activation(activation="linear")


def _leaf_ids(level: Level, network: Network) -> list[str]:
    """The ids in the expanded network of every leaf of the parts, in their order."""
    members = expand(network).members
    ids: list[str] = []
    for part in level.parts:
        if part.layer.is_model:
            ids += members.get(part.node_id, ())
        elif part.node_id:
            ids.append(part.node_id)
    return ids
