"""Running commands in this process, as the `layerloom` script does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import Result, Run

from app.cli import main
from models.network.edits import remove
from models.network.project import Project, write_project
from models.training.plan import TrainingPlan
from models.zoo import template


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `layerloom` with arguments."""

    def command(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["layerloom", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return Result(int(end.code or 0), *capsys.readouterr())
        raise AssertionError("a command ends the process")

    monkeypatch.setenv("COLUMNS", "120")
    return command


@pytest.fixture
def lenet(tmp_path: Path) -> Path:
    """LeNet-5 on the digits, planned for one epoch."""
    path = tmp_path / "lenet.loom"
    write_project(path, Project(name="LeNet-5", network=template("lenet5").network(), plan=TrainingPlan(epochs=1)))
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A network whose Dense block stands on an image tensor."""
    network = remove(template("lenet5").network(), ["flatten"])
    path = tmp_path / "broken.loom"
    write_project(path, Project(name="broken", network=network))
    return path
