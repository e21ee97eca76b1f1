"""A run's project and weights, read without TensorFlow."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from run_folders import WrittenRun, write_run

from models.files import FileError
from models.network.project import Project, ProjectError
from models.network.weights_file import load_weights, write_weights
from models.training.runs.layout import BEST, CHECKPOINTS, PROJECT
from models.training.runs.restoring import restore_project, run_weights
from models.zoo import template

LENET = Project(name="lenet", network=template("lenet5").network())
KERNEL, BIAS, SEED = np.full((5, 5, 1, 6), 0.5, np.float32), np.zeros(6, np.float32), np.zeros(2, np.uint32)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = write_run(tmp_path / "runs" / "run", WrittenRun(LENET))
    (folder / CHECKPOINTS).mkdir()
    return folder


def write(path: Path, kernel: np.ndarray = KERNEL, final: bool = False) -> None:
    """A checkpoint as the engine writes it: layer `conv` has a seed between its weights."""
    about = {"format": "layerloom-checkpoint", "version": 1, "state": {}, "places": {"conv": [0, 2]}}
    entries = {"layers/conv/0": kernel, "layers/conv/1": SEED, "layers/conv/2": BIAS, "record/losses": np.ones(3)}
    if final:
        entries |= {"final/conv/0": kernel + 1, "final/conv/1": BIAS + 1}
    np.savez(path, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **entries)


def test_the_newest_checkpoint_counts_and_only_its_weights(run: Path) -> None:
    write(run / CHECKPOINTS / "step-0000000010.npz", KERNEL - 1)
    write(run / CHECKPOINTS / "step-0000000020.npz")
    write(run / CHECKPOINTS / BEST, KERNEL + 5)
    (found,) = run_weights(run).items()
    assert found[0] == "conv"
    assert [value.shape for value in found[1]] == [KERNEL.shape, BIAS.shape]
    np.testing.assert_array_equal(found[1][0], KERNEL)


def test_the_weights_that_a_run_ended_with_come_before_those_to_go_on_from(run: Path) -> None:
    write(run / CHECKPOINTS / "step-0000000020.npz", final=True)
    np.testing.assert_array_equal(run_weights(run)["conv"][0], KERNEL + 1)
    np.testing.assert_array_equal(run_weights(run)["conv"][1], BIAS + 1)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(run: Path) -> None:
    write(run / CHECKPOINTS / "step-0000000010.npz")
    for damage in (b"", b"PK", (run / CHECKPOINTS / "step-0000000010.npz").read_bytes()[:-40]):
        (run / CHECKPOINTS / "step-0000000020.npz").write_bytes(damage)
        np.testing.assert_array_equal(run_weights(run)["conv"][0], KERNEL)
    (run / CHECKPOINTS / "step-0000000010.npz").unlink()
    write(run / CHECKPOINTS / BEST)
    np.testing.assert_array_equal(run_weights(run)["conv"][0], KERNEL)


def test_where_all_are_damaged_the_newest_is_named(run: Path) -> None:
    (run / CHECKPOINTS / "step-0000000020.npz").write_bytes(b"PK")
    with pytest.raises(FileError, match=r"step-0000000020\.npz is damaged"):
        run_weights(run)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_a_pipe_in_place_of_a_checkpoint_holds_nobody(run: Path) -> None:
    os.mkfifo(run / CHECKPOINTS / "step-0000000020.npz")
    with pytest.raises(FileError, match="pipe"):
        run_weights(run)


def test_runs_of_early_versions_have_their_weights_too(run: Path) -> None:
    write_weights(run / "checkpoint.npz", {"conv": [KERNEL, BIAS]})
    np.testing.assert_array_equal(run_weights(run)["conv"][0], KERNEL)


def test_without_a_checkpoint_there_are_no_weights(run: Path, tmp_path: Path) -> None:
    assert run_weights(run) == {}
    project = restore_project(run, tmp_path / "w.weights.npz")
    assert project.weights is None
    assert project.network == LENET.network
    assert not (tmp_path / "w.weights.npz").exists()


def test_the_project_names_its_weights_by_what_is_in_them(run: Path, tmp_path: Path) -> None:
    write(run / CHECKPOINTS / "step-0000000020.npz")
    project = restore_project(run, tmp_path / "w.weights.npz")
    assert project.weights is not None
    np.testing.assert_array_equal(load_weights(project.weights)["conv"][0], KERNEL)


def test_a_damaged_project_is_said(run: Path, tmp_path: Path) -> None:
    (run / PROJECT).write_text("{")
    with pytest.raises(ProjectError, match="damaged"):
        restore_project(run, tmp_path / "w.weights.npz")
