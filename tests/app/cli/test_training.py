"""`layerloom train`, with the real engine once and a scripted one for what seldom happens."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest
from command_line import Run

from models.data.sources import ImageFolder
from models.network.project import read_project, write_project
from models.training.commands import Command, Shutdown, Stop, Train
from models.training.events import EndReason, Event, Failed, Ready, TrainingDone

Emit = Callable[[Event], None]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Train, SimpleQueue[Command], Emit], None]], None]:
    """Puts a function in the engine's place; it gets the Train command, the queue and the way to tell events."""

    def set_engine(engine: Callable[[Train, SimpleQueue[Command], Emit], None]) -> None:
        def run_engine(commands: SimpleQueue[Command], emit: Emit, device: str = "auto") -> None:
            command = commands.get_nowait()
            assert isinstance(command, Train)
            emit(Ready("CPU · 2 cores", False))
            engine(command, commands, emit)
            assert isinstance(commands.get_nowait(), Shutdown)

        monkeypatch.setattr("models.runtime.hosting.host.run_engine", run_engine)

    return set_engine


def ending(reason: EndReason, message: str) -> Callable[[Train, SimpleQueue[Command], Emit], None]:
    return lambda command, _, emit: emit(TrainingDone(command.run_id, reason, message, 1, run_dir=command.run_dir))


def test_a_run_told_as_json(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("train", lenet, "--run-dir", tmp_path / "run", "--epochs", 2, "--seed", 5, "--json")
    assert result.code == 0, result.err
    first, second, done = [json.loads(line) for line in result.out.splitlines()]
    assert [first["epoch"], second["epoch"]] == [1, 2]
    assert second["loss"] < first["loss"]
    assert done["event"] == "done"
    assert done["reason"] == "finished"
    assert done["held_out_metric"] == second["held_out_metric"] > 0.5
    plan = read_project(Path(done["run_dir"]) / "project.loom").plan
    assert (plan.epochs, plan.seed) == (2, 5)


def test_a_run_told_to_people(run: Run, lenet: Path, own_folders: Path) -> None:
    result = run("train", lenet)
    assert result.code == 0, result.err
    assert "epoch   1   loss" in result.out
    assert "Trained for 1 epoch" in result.out
    folder = next(own_folders.rglob("project.loom")).parent
    assert f"Run: {folder}" in result.out
    assert folder.name.endswith("_LeNet-5")


def test_problems_are_named_with_their_repairs(run: Run, broken: Path) -> None:
    result = run("train", broken)
    assert (result.code, result.out) == (2, "")
    assert "Dense (dense): Received an image tensor 1×1×120" in result.err
    assert "→ " in result.err
    assert "Flatten" in result.err


def test_an_empty_data_set(run: Run, lenet: Path, tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    write_project(lenet, read_project(lenet).replace(data=ImageFolder(path="pets")))
    result = run("train", lenet)
    assert result.code == 2
    assert f"{tmp_path / 'pets'} is empty" in result.err


def test_a_run_is_never_overwritten(run: Run, lenet: Path, tmp_path: Path) -> None:
    result = run("train", lenet, "--run-dir", tmp_path / "run", "--epochs", 0)
    assert result.code == 2
    (tmp_path / "run").mkdir()
    lenet.rename(tmp_path / "run" / "project.loom")
    result = run("train", tmp_path / "run" / "project.loom", "--run-dir", tmp_path / "run")
    assert result.code == 2
    assert "holds a run already" in result.err


def test_interrupting_stops_and_keeps_the_run(
    run: Run, lenet: Path, script: Callable[[object], None], tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGINT)

    def engine(command: Train, commands: SimpleQueue[Command], emit: Emit) -> None:
        signal.raise_signal(signal.SIGINT)
        assert isinstance(commands.get_nowait(), Stop)
        assert signal.getsignal(signal.SIGINT) == before  # a second Ctrl+C interrupts at once
        emit(TrainingDone(command.run_id, "stopped", "Stopped after 1 epoch.", 1, run_dir=command.run_dir))

    script(engine)
    result = run("train", lenet, "--run-dir", tmp_path / "run")
    assert result.code == 0
    assert "Stopped after 1 epoch." in result.out
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_the_system_ends_a_run_with_a_checkpoint_and_not_a_word(
    run: Run, lenet: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    heard = []

    def run_engine(commands: SimpleQueue[Command], emit: Emit, device: str = "auto") -> None:
        command = commands.get_nowait()
        assert isinstance(command, Train)
        emit(Ready("CPU · 2 cores", False))
        signal.raise_signal(number)
        heard.append(commands.get_nowait())
        ending("stopped", "not a word")(command, commands, emit)

    monkeypatch.setattr("models.runtime.hosting.host.run_engine", run_engine)
    result = run("train", lenet, "--json")
    assert result.code == code
    assert heard == [Shutdown()]
    assert "not a word" not in result.out
    assert signal.getsignal(number) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_is_ignored_stays_ignored(run: Run, lenet: Path, script: Callable[[object], None]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def engine(command: Train, commands: SimpleQueue[Command], emit: Emit) -> None:
            signal.raise_signal(signal.SIGHUP)
            assert commands.empty()
            ending("finished", "Trained.")(command, commands, emit)

        script(engine)
        assert run("train", lenet).code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_device_is_chosen_by_its_name(run: Run, lenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []

    def run_engine(commands: SimpleQueue[Command], emit: Emit, device: str = "auto") -> None:
        chosen.append(device)
        command = commands.get_nowait()
        assert isinstance(command, Train)
        ending("finished", "Trained.")(command, commands, emit)

    monkeypatch.setattr("models.runtime.hosting.host.run_engine", run_engine)
    assert run("train", lenet, "--device", "GPU:0,GPU:1").code == 0
    assert chosen == ["GPU:0,GPU:1"]
    refused = run("train", lenet, "--device", "the fast one")
    assert refused.code == 2
    assert "expected auto, CPU" in " ".join(refused.err.split())


def test_a_diverged_run_is_bad_input(run: Run, lenet: Path, script: Callable[[object], None]) -> None:
    script(ending("diverged", "The loss is no longer finite. Lower the learning rate."))
    result = run("train", lenet, "--json")
    assert result.code == 2
    assert json.loads(result.out)["reason"] == "diverged"
    assert result.err == "layerloom: The loss is no longer finite. Lower the learning rate.\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_disk_that_fails_meanwhile_is_told(
    run: Run, lenet: Path, script: Callable[[object], None], options: list[str]
) -> None:
    def engine(command: Train, commands: SimpleQueue[Command], emit: Emit) -> None:
        emit(Failed("Saving the run", "metrics.csv was not written: the disk is full."))
        ending("finished", "Trained for 1 epoch.")(command, commands, emit)

    script(engine)
    result = run("train", lenet, *options)
    assert result.code == 0
    assert "layerloom: metrics.csv was not written: the disk is full." in result.err


def test_a_failure_names_the_log(run: Run, lenet: Path, script: Callable[[object], None], own_folders: Path) -> None:
    script(lambda command, _, emit: emit(Failed("Training", "Out of memory.", "the traceback", command.run_id)))
    result = run("train", lenet)
    log = next(own_folders.rglob("layerloom.log"))
    assert result.code == 2
    assert f"layerloom: Training: Out of memory. (Details: {log})" in result.err
    assert "the traceback" in log.read_text()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_broken_tensorflow_is_said_once(
    run: Run, lenet: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    def run_engine(commands: SimpleQueue[Command], emit: Emit, device: str = "auto") -> None:
        emit(Failed("TensorFlow", "it cannot be loaded.", "the traceback"))
        command = commands.get_nowait()
        assert isinstance(command, Train)
        emit(Failed("TensorFlow", "it cannot be loaded.", run_id=command.run_id))

    monkeypatch.setattr("models.runtime.hosting.host.run_engine", run_engine)
    result = run("train", lenet, *options)
    assert result.code == 2
    assert result.err.count("it cannot be loaded.") == 1
    assert "Details: " in result.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_data_in_a_place_that_a_run_could_not_name_is_refused_before_training(
    run: Run, lenet: Path, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    (folder / "images").mkdir(parents=True)
    project = read_project(lenet).replace(data=ImageFolder(path="images"))
    write_project(folder / "p.loom", project)
    result = run("train", folder / "p.loom", "--run-dir", tmp_path / "run")
    assert result.code == 2
    assert r"caf\xe9/images has bytes in its name that are no text" in result.err
    assert not (tmp_path / "run").exists()
