"""Weights beside a project: what is written comes back, and what is not the right file is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies import networks

from models.analysis import analyse, layers_with_weights
from models.blocks import Weight
from models.files import FileError
from models.network.graph import Network
from models.network.project import StoredWeights
from models.network.weighted_layer import WeightedLayer
from models.network.weights_file import (
    WeightsError,
    check_weights,
    load_weights,
    located,
    read_weights,
    store_weights,
    stored_layers,
    write_weights,
)

VALUES = arrays.arrays(np.float32, arrays.array_shapes(max_dims=4, max_side=3), elements=st.floats(-1, 1, width=32))
WEIGHTS = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True), st.lists(VALUES, min_size=1), max_size=4
)


@given(WEIGHTS)
def test_what_is_stored_comes_back(
    tmp_path_factory: pytest.TempPathFactory, weights: dict[str, list[np.ndarray]]
) -> None:
    path = tmp_path_factory.mktemp("weights") / "w.npz"
    back = load_weights(store_weights(path, weights))
    assert back.keys() == weights.keys()
    for node_id, values in weights.items():
        assert [value.tobytes() for value in back[node_id]] == [value.tobytes() for value in values]


def test_a_changed_or_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    stored = store_weights(tmp_path / "w.npz", {"dense": [np.zeros(3, np.float32)]})
    beside = located(StoredWeights(path="w.npz", sha256=stored.sha256), tmp_path)
    check_weights(beside)
    store_weights(tmp_path / "w.npz", {"dense": [np.ones(3, np.float32)]})
    with pytest.raises(WeightsError, match="its contents have changed"):
        load_weights(beside)
    (tmp_path / "w.npz").unlink()
    with pytest.raises(WeightsError, match=r"no such file or folder.*import the model again"):
        load_weights(beside)


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"", lambda data: b"PK\x03\x04" + data[9:]])
def test_a_damaged_file_is_a_file_error(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "w.npz"
    store_weights(path, {"dense": [np.zeros(300, np.float32)]})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileError, match=r"damaged or holds no weights|was not opened"):
        read_weights(path)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{"dense/0": np.array([print], dtype=object)})
    with pytest.raises(FileError, match="damaged or holds no weights"):
        read_weights(tmp_path / "w.npz")


@settings(max_examples=30)
@given(networks(valid=True))
def test_layers_come_back_with_their_weights(tmp_path_factory: pytest.TempPathFactory, network: Network) -> None:
    layers = list(layers_with_weights(analyse(network)))
    assume(sum(weight.size for layer in layers for weight in layer.weights) < 1_000_000)
    values = {layer.layer_id: [np.zeros(w.shape, np.float32) for w in layer.weights] for layer in layers}
    stored = store_weights(tmp_path_factory.mktemp("weights") / "w.npz", values, layers)
    back = load_weights(stored)
    assert back.keys() == values.keys()
    assert stored_layers(Path(stored.path), back) == layers


def test_what_a_file_says_of_its_layers_is_checked_against_their_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    weights = {"a": [np.zeros((2, 3)), np.zeros(3)], "b": [np.zeros(4)], "c": [np.array(["x"])], "d": [np.zeros(2)]}
    kernel, bias = Weight("kernel", (2, 3)), Weight("bias", (3,))
    said = [
        WeightedLayer("a", "a", "Dense", (kernel, bias)),
        WeightedLayer("b", "b", "Dense", (kernel, bias)),
        WeightedLayer("gone", "gone", "Dense", (kernel,)),
    ]
    write_weights(path, weights, said)
    found = {layer.layer_id: layer for layer in stored_layers(path, read_weights(path))}
    assert found.keys() == {"a", "d"}
    assert found["a"] == said[0]
    assert (found["d"].kind, found["d"].shapes) == ("", ((2,),))


def test_a_damaged_description_is_a_file_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", layers=np.frombuffer(b'[{"layer_id": 1}]', np.uint8))
    with pytest.raises(FileError, match="damaged"):
        stored_layers(tmp_path / "w.npz", {})
