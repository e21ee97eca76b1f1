"""`layerloom import`, and what the other commands make of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from command_line import Run

from models.analysis import analyse
from models.data.sources import ImageFolder
from models.files import FileError
from models.network.project import read_project, write_project
from models.network.weights_file import check_weights, located, read_weights
from models.runtime.run.runs import load_run
from models.training.plan import TrainingPlan


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small Keras model of ten classes on grey images."""
    keras.utils.set_random_seed(5)
    layers = keras.layers
    network = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="swish"), layers.Flatten(), layers.Dense(10)],
        name="little",
    )
    network.save(tmp_path / "little.keras")
    return tmp_path / "little.keras"


@pytest.fixture
def project(run: Run, model: Path, tmp_path: Path) -> Path:
    """The model imported."""
    out = tmp_path / "mine.loom"
    result = run("import", model, "--out", out)
    assert result.code == 0, result.err
    return out


def weights_of(project: Path) -> Path:
    """The file of a project's weights."""
    stored = read_project(project).weights
    assert stored is not None
    return project.with_name(stored.path)


def test_writes_a_project_and_its_weights(run: Run, model: Path, project: Path, tmp_path: Path) -> None:
    found = read_project(project)
    assert found.weights is not None
    assert found.weights.path == f"mine.{found.weights.sha256[:8]}.weights.npz"
    assert {file.name for file in tmp_path.iterdir()} == {"little.keras", "mine.loom", found.weights.path}
    assert analyse(found.network).parameters == keras.models.load_model(model).count_params()
    inspected = run("inspect", project)
    assert inspected.code == 0, inspected.err


def test_says_what_it_made(run: Run, model: Path, tmp_path: Path) -> None:
    result = run("import", model, "--out", tmp_path / "other.loom")
    assert "other.loom: 4 blocks, 1,490 parameters with their weights" in result.out


def test_overwrites_only_with_force(run: Run, model: Path, project: Path) -> None:
    before = project.read_bytes()
    refused = run("import", model, "--out", project)
    assert refused.code == 2
    assert "exists. Choose another name, or write over it with --force" in refused.err
    assert run("import", model, "--out", project, "--force").code == 0
    assert project.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.keras", None, "no such file"),
        ("empty.keras", b"", "damaged or no Keras model"),
        ("cut.keras", b"PK\x03\x04 and nothing more", "is damaged"),
        ("cut.h5", b"\x89HDF\r\n\x1a\n and nothing more", "damaged or no HDF5 file"),
        ("list.json", b"[]", 'no Keras object with a "class_name"'),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(
    run: Run, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = run("import", tmp_path / name, "--out", tmp_path / "out.loom")
    assert result.code == 2
    assert words in result.err
    assert "Traceback" not in result.err
    assert not (tmp_path / "out.loom").exists()


def test_an_export_has_the_imported_weights(run: Run, model: Path, project: Path, tmp_path: Path) -> None:
    result = run("export", project, "--out", tmp_path / "again.keras")
    assert result.code == 0, result.err
    assert "the project's stored weights" in result.out
    images = np.random.default_rng(0).random((3, 8, 8, 1), np.float32)
    first, again = (keras.models.load_model(path)(images) for path in (model, tmp_path / "again.keras"))
    assert np.allclose(first, again, atol=1e-6)


def test_training_goes_on_from_the_imported_weights(run: Run, project: Path, tmp_path: Path) -> None:
    found = read_project(project)
    write_project(project, found.replace(plan=TrainingPlan(epochs=1, learning_rate=1e-9)))
    assert run("train", project, "--run-dir", tmp_path / "run", "--json").code == 0
    _project, trained = load_run(tmp_path / "run")
    given = read_weights(weights_of(project))
    assert trained.keys() == given.keys()
    for layer, values in trained.items():
        assert all(np.allclose(one, other, atol=1e-4) for one, other in zip(values, given[layer], strict=True))


@pytest.mark.parametrize("command", ["train", "export"])
def test_weights_that_are_not_the_project_s_are_refused(run: Run, project: Path, tmp_path: Path, command: str) -> None:
    weights_of(project).write_bytes(b"other")
    where = ("--run-dir", tmp_path / "run") if command == "train" else ("--out", tmp_path / "out.keras")
    result = run(command, project, *where)
    assert result.code == 2
    assert "its contents have changed" in result.err


def test_importing_loads_neither_tensorflow_nor_qt(model: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from app.cli.importing import import_model\n"
        "from pathlib import Path\n"
        f"import_model(Path({str(model)!r}), Path({str(tmp_path / 'x.loom')!r}), False)\n"
        "print(sorted({'tensorflow', 'keras', 'PySide6'} & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("old", [True, False])
def test_a_failed_import_leaves_what_was_there(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    out, weights = tmp_path / "net.loom", tmp_path / "net.weights.npz"
    if old:
        out.write_text("the old project")
        weights.write_bytes(b"the old weights")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def fail(*_: object) -> None:
        raise FileError("net.loom was not written: the disk is full.")

    monkeypatch.setattr("app.cli.outputs.write_project", fail)
    result = run("import", model, "--out", out, "--force")
    assert (result.code, "the disk is full" in result.err) == (2, True)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_another_model_leaves_the_weights_that_other_projects_name(run: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.loom").write_bytes(project.read_bytes())
    named = read_project(project).weights
    assert named is not None
    network = keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    network.save(tmp_path / "other.keras")
    assert run("import", tmp_path / "other.keras", "--out", project, "--force").code == 0
    check_weights(located(read_project(project).weights, tmp_path))
    check_weights(located(read_project(tmp_path / "copy.loom").weights, tmp_path))


def test_a_new_project_from_one_takes_along_what_it_names(run: Run, project: Path, tmp_path: Path) -> None:
    write_project(project, read_project(project).replace(data=ImageFolder(path="pets")))
    out = tmp_path / "elsewhere" / "mine.loom"
    assert run("new", project, "--out", out).code == 0
    copy = read_project(out)
    assert copy.weights.sha256 == read_project(project).weights.sha256
    check_weights(located(copy.weights, out.parent))
    assert copy.data == ImageFolder(path=str(tmp_path / "pets"))
    weights_of(project).unlink()
    refused = run("new", project, "--out", tmp_path / "again.loom")
    assert refused.code == 2
    assert "weights are gone" in refused.err
    assert not (tmp_path / "again.loom").exists()
