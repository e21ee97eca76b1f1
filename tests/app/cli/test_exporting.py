"""`layerloom export` from a project and from a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run


def test_python_source_needs_no_run(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("export", lenet, "--format", "python", "--out", tmp_path / "model.py")
    assert result.code == 0, result.err
    assert str(tmp_path / "model.py") in result.out
    compile((tmp_path / "model.py").read_text(), "model.py", "exec")


def test_a_run_exports_its_trained_weights(run: Run, lenet: Path, tmp_path: Path) -> None:
    assert run("train", lenet, "--run-dir", tmp_path / "run", "--json").code == 0
    result = run("export", tmp_path / "run", "--out", tmp_path / "model.keras")
    assert result.code == 0, result.err
    assert "trained weights" in result.out
    assert "64 inputs" in result.out

    import keras

    from models.runtime.run.runs import load_run

    mine = keras.models.load_model(tmp_path / "model.keras").get_weights()
    _project, trained = load_run(tmp_path / "run")
    assert sorted(w.tobytes() for w in mine) == sorted(w.tobytes() for values in trained.values() for w in values)


def test_a_project_exports_fresh_weights_and_says_so(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("export", lenet, "--format", "saved_model", "--out", tmp_path / "saved")
    assert result.code == 0, result.err
    assert "freshly initialised weights" in result.out
    assert (tmp_path / "saved" / "saved_model.pb").exists()


def test_a_run_without_weights(run: Run, lenet: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    lenet.rename(tmp_path / "run" / "project.loom")
    result = run("export", tmp_path / "run", "--out", tmp_path / "model.keras")
    assert result.code == 2
    assert "has no checkpoint: the run ended before its first one was written" in result.err


def test_a_folder_that_is_no_run(run: Run, tmp_path: Path) -> None:
    result = run("export", tmp_path, "--out", tmp_path / "model.keras")
    assert result.code == 2
    assert "is no run folder: it holds no project.loom" in result.err


@pytest.mark.parametrize("kind", ["keras", "saved_model", "python"])
def test_problems_are_named(run: Run, broken: Path, tmp_path: Path, kind: str) -> None:
    result = run("export", broken, "--format", kind, "--out", tmp_path / "out.keras")
    assert result.code == 2
    assert "Dense (dense): Received an image tensor" in result.err
    assert not (tmp_path / "out.keras").exists()


def test_a_suffix_that_keras_would_not_load(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("export", lenet, "--out", tmp_path / "model.h5")
    assert result.code == 2
    assert "Write model.keras instead." in result.err


def test_an_unknown_format(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("export", lenet, "--format", "onnx", "--out", tmp_path / "out")
    assert result.code == 2
    assert "onnx" in result.err
