"""`layerloom inspect`: the JSON that others read, the table that people read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Run
from PIL import Image

from models.data.sources import ImageFolder
from models.network.project import Project, read_project, write_project
from models.zoo import template

BLOCK_KEYS = {
    "id", "type", "name", "output_shape", "parameters", "trainable", "multiply_adds", "receptive_field", "problems",
}  # fmt: skip


def test_lenet5_as_json(run: Run) -> None:
    result = run("inspect", "lenet5", "--json")
    report = json.loads(result.out)
    blocks = report.pop("blocks")
    assert (result.code, result.err) == (0, "")
    assert report == {
        "name": "LeNet-5",
        "input_shape": [32, 32, 1],
        "output_shape": [10],
        "parameters": {"total": 61_706, "trainable": 61_706},
        "multiply_adds": 416_520,
        "activation_bytes": 36_952,
        "receptive_field": [32, 32],
        "problems": [],
    }
    assert all(block.keys() == BLOCK_KEYS for block in blocks)
    assert blocks[1] == {
        "id": "conv2d", "type": "Conv2D", "name": "Conv2D", "output_shape": [28, 28, 6], "parameters": 156,
        "trainable": 156, "multiply_adds": 117_600, "receptive_field": [5, 5], "problems": [],
    }  # fmt: skip


def test_a_template_adapts(run: Run) -> None:
    report = json.loads(run("inspect", "small_cnn", "--input-shape", "48x64x3", "--classes", 7, "--json").out)
    assert (report["input_shape"], report["output_shape"]) == ([48, 64, 3], [7])


def test_a_project_is_inspected_with_its_own_name(run: Run, lenet: Path) -> None:
    assert json.loads(run("inspect", lenet, "--json").out)["name"] == "LeNet-5"


def test_problems_name_their_repairs(run: Run, broken: Path) -> None:
    result = run("inspect", broken, "--json")
    report = json.loads(result.out)
    assert result.code == 0
    assert report["problems"] == [problem for block in report["blocks"] for problem in block["problems"]]
    problem = report["problems"][0]
    assert problem.keys() == {"block", "received", "expected", "repairs"}
    assert problem["block"] == "dense"
    assert problem["received"] == "an image tensor 1×1×120"
    assert any("Flatten" in repair for repair in problem["repairs"])
    assert next(block for block in report["blocks"] if block["id"] == "dense_2")["output_shape"] is None


def test_the_table_shows_totals_and_problems(run: Run, lenet: Path, broken: Path) -> None:
    sound = run("inspect", lenet).out
    assert "61,706 parameters" in sound
    assert "28×28×6" in sound
    assert "✗ Dense" in run("inspect", broken).out


def test_a_name_is_not_taken_for_markup(run: Run, lenet: Path) -> None:
    write_project(lenet, read_project(lenet).replace(name="[bold]not markup[/nonsense]"))
    assert "[bold]not markup[/nonsense]" in run("inspect", lenet).out


def test_an_image_folder_is_compared_with_the_network(run: Run, tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "pets" / name / "0.png")
    project = tmp_path / "pets.loom"
    write_project(project, Project(network=template("lenet5").network(), data=ImageFolder(path="pets")))
    problem = json.loads(run("inspect", project, "--json").out)["problems"][0]
    assert problem["expected"] == "2 values, one for each class of pets"


def test_a_missing_image_folder_keeps_nobody_from_inspecting(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "pets.loom"
    write_project(project, Project(network=template("lenet5").network(), data=ImageFolder(path="gone")))
    result = run("inspect", project, "--json")
    assert (result.code, json.loads(result.out)["problems"]) == (0, [])
    assert f"not compared with its data set. There is no folder {tmp_path / 'gone'}" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], 'layerloom: "nonsense" is no file, no template and no notation. The templates are lenet5, '),
        (["gone.loom"], "layerloom: gone.loom was not opened: there is no such file or folder. Check the path."),
        (
            ["lenet5", "--input-shape", "8x8x1"],
            "layerloom: LeNet-5 cannot take images of 8×8×1: it needs at least 32×32×1",
        ),
        (["lenet5", "--input-shape", "8x8"], "LeNet-5 cannot take an input of 8×8: it takes images"),
        (["lenet5", "--input-shape", "8xx8"], '"8xx8" is no shape; expected height x width x channels'),
        (["lenet5", "--classes", "0"], "Invalid value for '--classes'"),
        (["lenet5", "lenet5"], "unexpected extra argument"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_message(run: Run, arguments: list[str], message: str) -> None:
    result = run("inspect", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_damaged_project(run: Run, lenet: Path) -> None:
    lenet.write_text(lenet.read_text()[:200])
    result = run("inspect", lenet)
    assert result.code == 2
    assert result.err.startswith("layerloom: lenet.loom is damaged or not a LayerLoom project: it is not valid JSON")


def test_options_for_templates_are_refused_for_projects(run: Run, lenet: Path) -> None:
    result = run("inspect", lenet, "--classes", 3)
    assert result.code == 2
    assert "adapt templates and notations" in result.err
