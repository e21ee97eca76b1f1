"""Snapshots of a model: small, as it was, thinned, and not taken so often that training would suffer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import MaxPooling2D
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.files import FileError
from models.network.graph import stack
from models.runtime.live_model import LiveModel
from models.runtime.run import snapshots as module
from models.runtime.run.snapshots import MOST_SNAPSHOTS, Snapshots
from models.training.snapshots import MOST_BYTES, read_snapshot, snapshot_path, snapshots_of
from models.zoo import template

NETWORK = stack(
    Input(shape=(12, 12, 1)), Conv2D(filters=5), MaxPooling2D(), ResidualBlock(filters=6), Flatten(), Dense(units=3)
)


@pytest.fixture(scope="module")
def live() -> LiveModel:
    return LiveModel(NETWORK, seed=3)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((12, 12, 1), np.float32)


def test_it_is_the_network_as_it_was(live: LiveModel, image: np.ndarray, tmp_path: Path) -> None:
    assert Snapshots(tmp_path, live).take(4, image) > 0
    snapshot = read_snapshot(snapshot_path(tmp_path, 4))
    assert snapshot is not None
    kernels = {name: weights[0] for name, weights in live.weights().items() if weights[0].ndim == 4}
    assert set(snapshot.filters) == set(kernels)
    for name, kernel in kernels.items():
        np.testing.assert_allclose(snapshot.filters[name], kernel, rtol=2e-3, atol=1e-6)
    outputs = live.node_outputs(image, [node.id for node in NETWORK.nodes])
    assert set(snapshot.maps) == set(outputs) | set(kernels)  # composites as well as what is inside
    for name, output in outputs.items():
        maps = snapshot.maps[name]
        step = float(output.max() - output.min()) / 255
        np.testing.assert_allclose(maps.reshape(output.shape), output, atol=step)


def test_without_an_image_there_are_filters_alone(live: LiveModel, tmp_path: Path) -> None:
    Snapshots(tmp_path, live).take(0, None)
    snapshot = read_snapshot(snapshot_path(tmp_path, 0))
    assert snapshot is not None
    assert snapshot.filters
    assert not snapshot.maps


def test_short_epochs_are_not_all_taken(live: LiveModel, tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, live)
    assert snapshots.take(1, None) > 0
    assert snapshots.take(2, None) == 0.0
    assert snapshots.take(3, None, always=True) > 0
    assert list(snapshots_of(tmp_path)) == [1, 3]


def test_beyond_two_hundred_every_second_one_goes(live: LiveModel, tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, live)
    snapshots.take(0, None)
    first = snapshot_path(tmp_path, 0).read_bytes()
    for epochs in range(1, MOST_SNAPSHOTS):
        snapshot_path(tmp_path, epochs).write_bytes(first)
    snapshots.take(MOST_SNAPSHOTS, None, always=True)
    kept = list(snapshots_of(tmp_path))
    assert kept == list(range(0, MOST_SNAPSHOTS + 1, 2))


def test_going_on_forgets_what_lies_behind(live: LiveModel, tmp_path: Path) -> None:
    for epochs in (1, 2, 3):
        Snapshots(tmp_path, live).take(epochs, None)
    Snapshots(tmp_path, live).take(2, None)
    assert list(snapshots_of(tmp_path)) == [1, 2]


def test_a_large_network_stays_within_two_megabytes(tmp_path: Path) -> None:
    live = LiveModel(template("resnet18").network(), seed=1)
    shape = live.model.input.shape[1:]
    Snapshots(tmp_path, live).take(1, np.random.default_rng(1).random(shape, np.float32))
    path = snapshot_path(tmp_path, 1)
    assert path.stat().st_size <= MOST_BYTES
    snapshot = read_snapshot(path)
    assert snapshot is not None
    with_filters = [node.id for node in live.expansion.network.nodes if node.block.has_filters]
    assert list(snapshot.filters) == with_filters
    assert {node.id for node in live.network.nodes} <= set(snapshot.maps)


def test_values_that_are_not_finite_do_no_harm(tmp_path: Path) -> None:
    live = LiveModel(NETWORK, seed=1)
    name = next(node.id for node in NETWORK.nodes if isinstance(node.block, Conv2D))
    kernel, bias = live.model.get_layer(name).get_weights()
    kernel[0, 0, 0, 0], kernel[1, 1, 0, 1], bias[2] = np.nan, 1e30, np.inf
    live.set_weights({name: [kernel, bias]})
    Snapshots(tmp_path, live).take(1, np.ones((12, 12, 1), np.float32))
    snapshot = read_snapshot(snapshot_path(tmp_path, 1))
    assert snapshot is not None
    assert all(np.isfinite(kernel).all() for kernel in snapshot.filters.values())
    assert all(np.isfinite(maps).all() for maps in snapshot.maps.values())


def test_a_full_disk_is_said_and_leaves_nothing(live: LiveModel, tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    with pytest.raises(FileError, match="the disk is full"):
        Snapshots(tmp_path, live).take(1, None)
    assert list((tmp_path / "snapshots").iterdir()) == []
