"""Weights in a file beside their project: found again, never another's, and gone where the project was not written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.files import FileError
from models.network.project import StoredWeights
from models.network.weights_beside import is_beside, weights_beside
from models.network.weights_file import WeightsError, check_weights, located, store_weights


@pytest.fixture
def stored(tmp_path: Path) -> StoredWeights:
    return store_weights(tmp_path / "source.npz", {"dense": [np.arange(3.0)]})


def kept(stored: StoredWeights, project_file: Path) -> StoredWeights:
    with weights_beside(stored, project_file) as beside:
        return beside


@pytest.mark.parametrize("stem", ["net", "größe 3×3", "a" * 250, "層" * 80])
def test_they_are_copied_under_the_project_s_name(stored: StoredWeights, tmp_path: Path, stem: str) -> None:
    project_file = tmp_path / "mine" / f"{stem}.loom"
    beside = located(kept(stored, project_file), project_file.parent)
    check_weights(beside)
    assert is_beside(beside, project_file)
    assert not is_beside(stored, project_file)
    assert not is_beside(beside, project_file.with_name("other.loom"))
    assert Path(beside.path).name.startswith(stem[:10])
    assert kept(stored, project_file).path == Path(beside.path).name
    assert len(list(project_file.parent.iterdir())) == 1


def test_a_file_of_other_contents_is_never_replaced(stored: StoredWeights, tmp_path: Path) -> None:
    project_file = tmp_path / "net.loom"
    names = []
    for _ in range(2):
        names.append(kept(stored, project_file).path)
        (tmp_path / names[-1]).write_bytes(b"another's")
    assert len(set(names)) == 2
    with pytest.raises(FileError, match="holds other weights than its name says"):
        kept(stored, project_file)
    assert {(tmp_path / name).read_bytes() for name in names} == {b"another's"}


def test_a_project_that_is_not_written_leaves_none(stored: StoredWeights, tmp_path: Path) -> None:
    class Full(Exception):
        """The disk is."""

    project_file = tmp_path / "mine" / "net.loom"
    with pytest.raises(Full), weights_beside(stored, project_file):
        raise Full
    assert not list(project_file.parent.iterdir())
    beside = kept(stored, project_file)
    with pytest.raises(Full), weights_beside(stored, project_file):
        raise Full
    assert [file.name for file in project_file.parent.iterdir()] == [beside.path]


def test_what_is_gone_or_changed_is_not_copied(stored: StoredWeights, tmp_path: Path) -> None:
    project_file = tmp_path / "mine" / "net.loom"
    source = Path(stored.path)
    source.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="its contents have changed"):
        kept(stored, project_file)
    source.unlink()
    with pytest.raises(WeightsError, match="weights are gone"):
        kept(stored, project_file)
    source.mkdir()
    with pytest.raises(FileError, match="that is a folder"):
        kept(stored, project_file)
    assert not list(project_file.parent.iterdir())
