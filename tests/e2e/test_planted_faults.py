"""A thousand images with twenty faults: the scan names them all, and training on the folder completes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import planted_faults

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.network.graph import stack
from models.network.project import Project, write_project
from models.training.plan import TrainingPlan

ROOT = Path(__file__).parent.parent.parent
LOST = {f"cats/{name}" for name in planted_faults.BROKEN}


def layerloom(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as people run it."""
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_every_fault_is_named_and_training_completes(tmp_path: Path) -> None:
    planted_faults.plant(tmp_path / "pets", 980)
    scan = layerloom("data", "scan", str(tmp_path / "pets"), "--json")
    assert scan.returncode == 0, scan.stderr
    named = {name for found in json.loads(scan.stdout)["findings"] for name in found["samples"]}
    planted = {*planted_faults.BROKEN, *planted_faults.COPIES, *planted_faults.NEAR, *planted_faults.CONSTANT}
    assert {f"cats/{name}" for name in (*planted, *planted_faults.ODD)} | {f"dogs/{planted_faults.CONFLICT}"} <= named

    blocks = Conv2D(filters=4, strides=(2, 2)), GlobalAveragePooling2D(), Dense(units=2, activation="softmax")
    network = stack(Input(shape=(20, 20, 3)), *blocks)
    write_project(tmp_path / "pets.loom", Project(network=network, plan=TrainingPlan(epochs=2)))
    data = str(tmp_path / "pets")
    run = layerloom("train", str(tmp_path / "pets.loom"), "--data", data, "--run-dir", str(tmp_path / "run"), "--json")
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {name.split(": ")[0] for line in lines if line["event"] == "lost" for name in line["samples"]} == LOST
    assert [line["event"] for line in lines if line["event"] != "lost"] == ["epoch", "epoch", "done"]
    assert lines[-1]["reason"] == "finished"
