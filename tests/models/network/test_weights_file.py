"""Weights beside a project: what is written comes back, and what is not the right file is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.files import FileError
from models.network.project import StoredWeights
from models.network.weights_file import (
    WeightsError,
    check_weights,
    fitting,
    load_weights,
    located,
    read_weights,
    store_weights,
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
    with pytest.raises(WeightsError, match=r"no such file or folder.*starts with fresh ones"):
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


def test_only_what_has_the_right_shapes_fits() -> None:
    weights = {"a": [np.zeros((2, 3)), np.zeros(3)], "b": [np.zeros(4)], "c": [np.array(["x"])]}
    shapes = {"a": ((2, 3), (3,)), "b": ((5,),), "c": ((1,),), "d": (), "group__a": ((2, 3), (3,))}
    assert fitting(weights, shapes).keys() == {"a", "group__a"}
