"""Odd places and odd terminals: whatever stands there, a command ends with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run

from app.cli.opening import opens_window
from app.cli.outputs import json_text
from models import files
from models.files import FileError, is_file, is_folder, is_there
from models.network.project import (
    VERSION,
    Project,
    ProjectError,
    project_from_json,
    project_to_json,
    read_project,
    write_project,
)

LONG = "input 28x28x1" + " -> conv 8 -> relu" * 15 + " -> pool"


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("length", [len(LONG), 600, 999])
def test_a_notation_longer_than_any_file_name_is_a_notation(run: Run, tmp_path: Path, length: int) -> None:
    notation = LONG.ljust(length)
    assert len(notation) > 255
    assert json.loads(run("inspect", notation, "--json").out)["input_shape"] == [28, 28, 1]
    assert run("export", notation, "--format", "python", "--out", tmp_path / "n.py").code == 0
    assert not opens_window([notation])


def test_paths_that_the_system_will_not_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(look(Path("a" * 5000)) for look in (is_file, is_folder, is_there))
    monkeypatch.setattr(os, "stat", refuse)
    assert not any(look(Path("/closed/x.loom")) for look in (is_file, is_folder, is_there))


def test_a_closed_folder_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("is_file", "is_dir", "exists", "stat", "open"):
        monkeypatch.setattr(Path, name, refuse)
    result = run("inspect", "/closed/x.loom")
    assert result.code == 2
    assert "you may not read it" in result.err


@pytest.mark.parametrize("command", [("new", "lenet5"), ("import", "gone.json")])
@pytest.mark.parametrize(("name", "told"), [("a" * 300 + ".loom", ""), (".loom", "network.loom"), ("x.txt", "x.loom")])
def test_places_that_are_none(run: Run, tmp_path: Path, command: tuple[str, str], name: str, told: str) -> None:
    result = run(*command, "--out", tmp_path / name)
    assert result.code == 2
    assert told in result.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("name", ["x.loom", "x.py", "x.json"])
def test_a_pipe_is_not_waited_for(run: Run, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    result = run("inspect", tmp_path / name)
    assert result.code == 2
    assert "a pipe or a device" in result.err


def run_process(*arguments: str, encoding: str = "utf-8", **options: object) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "COLUMNS": "120"}
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_that_is_not_unicode(encoding: str) -> None:
    table = run_process("zoo", encoding=encoding, stdout=subprocess.PIPE)
    assert (table.returncode, table.stderr) == (0, b"")
    assert b"lenet5" in table.stdout
    entries = run_process("zoo", "--json", encoding=encoding, stdout=subprocess.PIPE)
    in_unicode = run_process("zoo", "--json", stdout=subprocess.PIPE)
    assert json.loads(entries.stdout.decode(encoding)) == json.loads(in_unicode.stdout.decode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
def test_an_output_that_cannot_be_written() -> None:
    with open("/dev/full", "wb") as full:
        result = run_process("zoo", "--json", stdout=full)
    assert result.returncode == 2
    assert result.stderr.decode().startswith("layerloom: the output could not be written: the disk is full")
    assert len(result.stderr.splitlines()) == 1


def test_a_notation_that_begins_with_an_arrow(run: Run) -> None:
    result = run("inspect", "-> conv")
    assert "option" not in result.err.lower()
    assert (result.code, "the notation is wrong" in result.err) in ((0, False), (2, True))


def test_an_empty_project_is_not_exported(run: Run, tmp_path: Path) -> None:
    write_project(tmp_path / "empty.loom", Project())
    for format in ("python", "saved_model"):
        result = run("export", tmp_path / "empty.loom", "--format", format, "--out", tmp_path / "out")
        assert result.code == 2
        assert "holds no blocks" in result.err


@pytest.mark.parametrize("version", ["2.0", "1.0", "true", '"2"', "null", "[]", "0", "-1"])
def test_versions_are_whole_numbers(version: str) -> None:
    text = project_to_json(Project()).replace(f'"version": {VERSION}', f'"version": {version}')
    with pytest.raises(ProjectError, match="version"):
        project_from_json(text)


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.loom").symlink_to(tmp_path / "b.loom")
    (tmp_path / "b.loom").symlink_to(tmp_path / "a.loom")
    with pytest.raises(FileError):
        files.write_atomically(tmp_path / "a.loom", b"")
    with pytest.raises(FileError):
        read_project(tmp_path / "a.loom")


def test_json_keeps_paths_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    path = os.fsdecode(b"caf\xe9 \xe2\x82\xac")
    text = json_text({"path": path})
    assert json.loads(text.encode()) == {"path": path}
