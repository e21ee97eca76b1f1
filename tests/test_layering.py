"""The layers of docs/architecture.md hold, in the source and in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from pkgutil import walk_packages

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import models

ROOT = Path(__file__).parent.parent
TENSORFLOW = ("tensorflow", "keras")
LATE = ("widgets.runs.page", "widgets.queue_dialog", "widgets.learning_rate_dialog", "widgets.training.rate_finder")
QT = ("PySide6", "pyqtgraph")
RUNTIME_FREE = sorted(
    module.name for module in walk_packages(models.__path__, "models.") if not module.name.startswith("models.runtime")
)


def test_the_contracts_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        (["app.cli"], (*QT, *TENSORFLOW)),
        (["app.cli.inspection", "app.cli.training", "app.cli.exporting", "app.cli.doctor"], (*QT, *TENSORFLOW)),
        (["app.main_window"], (*TENSORFLOW, "psutil", "wakepy", "typer", "rich", *LATE)),
        (["models.runtime.hosting.host"], TENSORFLOW),
        (RUNTIME_FREE, (*QT, *TENSORFLOW)),
    ],
    ids=["command line", "commands", "window", "engine's host", "models"],
)
def test_importing_leaves_out(modules: list[str], unwanted: tuple[str, ...]) -> None:
    program = f"import sys, {', '.join(modules)}; print(*sorted(set(sys.modules) & {set(unwanted)}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_every_part_of_models_is_looked_at() -> None:
    assert {"models.blocks.convolution", "models.data.class_folders", "models.zoo.lenet"} <= set(RUNTIME_FREE)
