"""`layerloom data`: what is in a data set, as text, as JSON and as a picture."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import planted_faults
import pytest
from command_line import Run
from PIL import Image
from rich.console import Console

from models.data.preparation import Preparation
from models.data.sources import ImageFolder
from models.data.split import Split
from models.network.project import Project, write_project
from models.training.commands import Command, PreviewBatch, Shutdown
from models.training.events import BatchPreviewed, Event, Failed, Ready
from models.zoo import template

JSON_KEYS = {
    "source", "facts", "counts", "parts", "shapes", "value_range", "findings", "seconds", "from_cache",
}  # fmt: skip
FINDING_KEYS = {"kind", "title", "severity", "text", "samples", "files", "leave_out", "details"}


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    planted_faults.plant(tmp_path / "pets", 60)
    return tmp_path / "pets"


@pytest.fixture
def project(pets: Path) -> Path:
    """Beside its images, with classes under other names and 40 % held out."""
    path = pets.parent / "pets.loom"
    preparation = Preparation(
        split=Split(validation=0.4), class_names=("Katze", "Hund"), left_out=("cats/copy.png", "cats/nothing.png")
    )
    data = ImageFolder(path="pets")
    write_project(path, Project(network=template("lenet5").network(), data=data, preparation=preparation))
    return path


# --- scan -------------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_of_files_and_classes_cannot_steer_the_terminal(run: Run, pets: Path) -> None:
    (pets / "cats" / "\x1b[2Jx\ny.png").write_text("broken")
    (pets / "\x1b[31m[red]").mkdir()
    (pets / "\x1b[31m[red]" / "1.png").write_bytes((pets / "dogs" / "0.png").read_bytes())
    result = run("data", "scan", pets)
    assert result.code == 0
    assert "\x1b" not in result.out
    assert r"cats/\x1b[2Jx\ny.png" in result.out
    assert r"\x1b[31m[red]" in result.out
    gone = run("data", "scan", pets / "\x1b[2Jgone")
    assert gone.code == 2
    assert "\x1b" not in gone.err


def test_scan_as_json_names_everything(run: Run, pets: Path) -> None:
    result = run("data", "scan", pets, "--json")
    report = json.loads(result.out)
    assert (result.code, result.err) == (0, "")
    assert report.keys() == JSON_KEYS
    assert report["source"] == {"kind": "image_folder", "path": str(pets)}
    assert report["facts"]["samples"] == sum(report["counts"].values()) == 72
    assert report["facts"]["sample_shape"] == [planted_faults.SIDE, planted_faults.SIDE, 3]
    assert report["counts"].keys() == {"cats", "dogs"}
    assert sum(shape["samples"] for shape in report["shapes"]) == 72
    assert report["value_range"] == [0, 255]
    assert all(finding.keys() == FINDING_KEYS for finding in report["findings"])
    by_kind = {finding["kind"]: finding for finding in report["findings"]}
    broken = by_kind["broken"]
    assert set(broken["samples"]) == {f"cats/{name}" for name in planted_faults.BROKEN}
    assert set(broken["details"]) == set(broken["leave_out"]) == set(broken["samples"])
    assert (broken["title"], broken["severity"]) == ("Cannot be read", "bad")
    assert set(by_kind["duplicate"]["leave_out"]) == {f"cats/{name}" for name in planted_faults.COPIES}


def test_scan_as_text(run: Run, pets: Path) -> None:
    result = run("data", "scan", pets)
    assert (result.code, result.err) == (0, "")
    assert "pets · 72 images · 40×40×3 · 2 classes" in result.out
    assert "Cannot be read: 8 of 80 images cannot be read" in result.out
    assert "cats/empty.jpg – the file is empty" in result.out
    assert "Copies in different classes: 2 images" in result.out
    assert [line.split() for line in result.out.splitlines() if line.startswith(("Class", "cats ", "dogs "))] == [
        ["Class", "Images"], ["cats", "41"], ["dogs", "31"],
    ]  # fmt: skip


def test_a_second_scan_takes_results_from_the_first(run: Run, pets: Path) -> None:
    assert json.loads(run("data", "scan", pets, "--json").out)["from_cache"] == 0
    assert json.loads(run("data", "scan", pets, "--json").out)["from_cache"] == 80
    assert "80 of them known from before" in run("data", "scan", pets).out
    assert json.loads(run("data", "scan", pets, "--json", "--no-cache").out)["from_cache"] == 0


def test_many_names_are_cut_in_text(run: Run, tmp_path: Path) -> None:
    for number in range(60):
        folder = tmp_path / "set" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"broken{number}.png").write_text("")
        planted_faults.picture(number).save(folder / f"{number}.png")
    lines = run("data", "scan", tmp_path / "set").out.splitlines()
    assert sum(line.startswith(("  a/broken", "  b/broken")) for line in lines) == 20
    assert "  and 40 more" in lines


def test_a_data_set_without_faults_says_so(run: Run) -> None:
    result = run("data", "scan", "digits")
    assert result.code == 0
    assert "Digits · 1,797 images · 8×8×1 · 10 classes" in result.out
    assert "Nothing deserves a second look." in result.out


def test_a_split_tells_copies_on_both_sides(run: Run, pets: Path) -> None:
    report = json.loads(run("data", "scan", pets, "--json", "--split", "0.5").out)
    assert report["parts"]["training"] + report["parts"]["validation"] == 72  # half of all, less the broken ones
    assert abs(report["parts"]["training"] - 36) <= 8
    first = report["findings"][0]
    assert (first["kind"], first["severity"]) == ("leakage", "bad")
    assert set(first["leave_out"]) <= set(first["samples"])


def test_a_project_is_scanned_as_it_is_prepared(run: Run, project: Path) -> None:
    report = json.loads(run("data", "scan", project, "--json").out)
    assert report["counts"] == {"Katze": 41, "Hund": 31}
    assert sum(report["parts"].values()) == 71
    assert report["source"]["path"] == str(project.parent / "pets")


@pytest.mark.parametrize(
    ("name", "expected"), [("nowhere", "there is no file or folder"), ("digitz", "one of"), ("gone.loom", "gone.loom")]
)
def test_what_is_not_there_is_bad_input(run: Run, tmp_path: Path, name: str, expected: str) -> None:
    for command in ("scan", "preview"):
        out = ["--out", tmp_path / "out.png"] if command == "preview" else []
        result = run("data", command, name, *out)
        assert (result.code, result.out) == (2, "")
        assert expected in result.err
    assert not (tmp_path / "out.png").exists()


def test_an_empty_folder_is_bad_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("data", "scan", tmp_path / "empty")
    assert (result.code, result.out) == (2, "")
    assert "empty" in result.err


def test_a_terminal_sees_how_far_it_is(run: Run, pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "app.cli.data_targets.Console", lambda **given: Console(**given, force_terminal=True, legacy_windows=False)
    )
    result = run("data", "scan", pets, "--json")
    assert json.loads(result.out)["facts"]["samples"] == 72
    assert "Reading" in result.err
    assert "80/80" in result.err


# --- preview ----------------------------------------------------------------------------------------------------------
def test_preview_draws_every_class(run: Run, pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = run("data", "preview", pets, "--out", out, "--count", 5)
    assert (result.code, result.err) == (0, "")
    assert "10 images of pets" in result.out
    with Image.open(out) as image:
        assert image.format == "PNG"
        colours = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 500


def test_preview_writes_over_nothing_unless_told(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    out.write_text("mine")
    result = run("data", "preview", "digits", "--out", out)
    assert result.code == 2
    assert "--force" in result.err
    assert out.read_text() == "mine"
    assert run("data", "preview", "digits", "--out", out, "--force").code == 0
    assert Image.open(io.BytesIO(out.read_bytes())).format == "PNG"


def test_preview_writes_png_only(run: Run, tmp_path: Path) -> None:
    result = run("data", "preview", "digits", "--out", tmp_path / "sheet.jpg")
    assert result.code == 2
    assert "sheet.png" in result.err


# --- what the network gets --------------------------------------------------------------------------------------------
def scripted(monkeypatch: pytest.MonkeyPatch, *answers: Event) -> list[Command]:
    """An engine that gives these answers; the commands that it hears."""
    heard: list[Command] = []

    def engine(commands: SimpleQueue[Command], emit: Callable[[Event], None]) -> None:
        emit(Ready("CPU", False))
        while not isinstance(command := commands.get_nowait(), Shutdown):
            heard.append(command)
            for answer in answers:
                emit(answer)

    monkeypatch.setattr("models.runtime.hosting.host.run_engine", engine)
    return heard


def test_prepared_asks_the_engine_and_draws_both(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = BatchPreviewed(
        indices=np.arange(2),
        names=("a.png", "b.png"),
        originals=(np.zeros((50, 40, 3), np.uint8), np.full((9, 9, 1), 255, np.uint8)),
        inputs=np.linspace(-1, 1, 2 * 32 * 32, dtype=np.float32).reshape(2, 32, 32, 1),
        targets=np.array([[1, 0], [0.3, 0.7]], np.float32),
        class_names=("Katze", "Hund"),
        low=-1.0,
        high=1.0,
        original_masks=(np.ones((50, 40), np.uint8), np.zeros((9, 9), np.uint8)),
        masks=(np.ones((32, 32), np.uint8), np.zeros((32, 32), np.uint8)),
        original_boxes=(np.array([[1, 1, 20, 20, 0]], np.float32), np.zeros((0, 5), np.float32)),
        boxes=(np.array([[1, 1, 20, 20, 0]], np.float32), np.zeros((0, 5), np.float32)),
        lost=("c.png: the file is empty",),
    )
    heard = scripted(monkeypatch, batch)
    out = tmp_path / "sheet.png"
    result = run("data", "preview", project, "--prepared", "--count", 2, "--out", out)
    assert (result.code, result.err) == (0, "")
    assert "-1 is black, 1 white" in result.out
    assert "c.png: the file is empty" in result.out
    (command,) = heard
    assert isinstance(command, PreviewBatch)
    assert command.data == ImageFolder(path=str(project.parent / "pets"))
    assert command.preparation.class_names == ("Katze", "Hund")
    assert (command.input_shape, command.count) == ((32, 32, 1), 2)
    with Image.open(out) as image:
        assert image.height > image.width / 2


def test_what_the_engine_refuses_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, Failed("Preview", "There are no samples on this side of the split."))
    out = tmp_path / "sheet.png"
    result = run("data", "preview", "digits", "--prepared", "--out", out)
    assert (result.code, result.out) == (2, "")
    assert "Preview: There are no samples" in result.err
    assert not out.exists()
