"""`layerloom zoo`, `new`, `inspect` and `export` on whatever names a network, without TensorFlow."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from command_line import Run
from PIL import Image

from models.network.project import read_project
from models.zoo import TEMPLATES

NOTATION = "INPUT -> [CONV 8 -> RELU -> POOL]*2 -> FC 10"


def test_the_zoo_as_json_and_as_a_table(run: Run) -> None:
    entries = json.loads(run("zoo", "--json").out)
    assert [entry["key"] for entry in entries] == list(TEMPLATES)
    lenet = entries[0]
    assert (lenet["key"], lenet["year"], lenet["parameters"]["total"]) == ("lenet5", 1998, 61_706)
    table = run("zoo").out
    assert all(key in table for key in TEMPLATES)
    assert "61,706" in table


def test_a_notation_becomes_a_project(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "net.loom"
    result = run("new", NOTATION, "--out", out, "--input-shape", "28x28x1", "--classes", 10)
    assert (result.code, result.err) == (0, "")
    project = read_project(out)
    assert project.name == "net"
    assert [node.block.type for node in project.network.nodes] == [
        "Input", *["Conv2D", "ReLU", "MaxPooling2D"] * 2, "Flatten", "Dense",
    ]  # fmt: skip
    refused = run("new", NOTATION, "--out", out)
    assert refused.code == 2
    assert "--force" in refused.err
    assert run("new", "lenet5", "--out", out, "--force").code == 0
    assert len(read_project(out).network) == 9


def test_a_new_project_with_problems_is_written_and_they_are_told(run: Run, tmp_path: Path) -> None:
    result = run("new", "input 4x4x1 -> conv 9x9 8 valid", "--out", tmp_path / "n.loom")
    assert result.code == 0
    assert "note: Conv2D (conv2d)" in result.err


@pytest.mark.parametrize("format", ["python", "svg", "png"])
@pytest.mark.parametrize("target", ["lenet5", NOTATION, "project"])
def test_source_and_diagrams_of_any_target(run: Run, lenet: Path, tmp_path: Path, target: str, format: str) -> None:
    out = tmp_path / f"out.{format}"
    result = run("export", lenet if target == "project" else target, "--format", format, "--out", out)
    assert (result.code, result.err) == (0, "")
    if format == "svg":
        assert ElementTree.parse(out).getroot().tag.endswith("svg")
    elif format == "png":
        with Image.open(out) as image:
            image.load()
            assert image.width > 800
    else:
        compile(out.read_text(), "out.py", "exec")


def test_source_comes_back(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "net.py"
    assert run("export", "resnet20", "--format", "python", "--out", source).code == 0
    report = json.loads(run("inspect", source, "--json").out)
    assert report["name"] == "net"
    assert report["parameters"]["total"] == TEMPLATES["resnet20"].facts().parameters
    assert run("new", source, "--out", tmp_path / "net.loom").code == 0
    assert read_project(tmp_path / "net.loom").network.nodes[0].block.type == "Input"


def test_a_notation_is_inspected(run: Run) -> None:
    report = json.loads(run("inspect", NOTATION, "--input-shape", "32x32x3", "--json").out)
    assert (report["input_shape"], report["output_shape"]) == ([32, 32, 3], [10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new", "conv -> cnov", "--out", "x.loom"], 'wrong at column 9: there is no block "cnov"'),
        (["new", "conv", "--out", "x.txt"], "does not end in .loom"),
        (["new", "model.keras", "--out", "x.loom"], "layerloom import model.keras"),
        (["new", "gone.py", "--out", "x.loom"], "was not opened"),
        (["inspect", "input -> conv 3x3x3"], "at most 2 items"),
        (["inspect", "gone.keras"], "gone.keras"),
        (["inspect", "bad.py"], "bad.py, line 2: "),
        (["inspect", "bad.py", "--classes", "3"], "adapt templates and notations"),
        (["export", "nonsense", "--out", "x.svg", "--format", "svg"], "no template and no notation"),
        (["export", "[conv]*3000", "--out", "x.png", "--format", "png", "--scale", 2], "scale of at most"),
        (["export", "lenet5", "--out", "missing/x.svg", "--format", "svg"], "x.svg"),
    ],
)
def test_bad_input_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text("import keras\nmodel = keras.Sequential([keras.layers.Nothing()])\n")
    Path("missing").write_text("a file, not a folder")
    result = run(*arguments)
    assert result.code == 2, result.out + result.err
    assert message in result.err
    assert "Traceback" not in result.err
