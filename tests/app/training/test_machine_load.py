"""What the machine does: read in a thread, only while somebody looks, with and without a GPU."""

from __future__ import annotations

import subprocess
import threading

import pytest

from app.training import machine_load
from app.training.machine_load import LoadReader, MachineMonitor, parsed_gpu


def test_this_machine_is_read() -> None:
    load = LoadReader().read()
    assert load is not None
    assert 0 <= load.processor <= 1
    assert 10_000_000 < load.memory < load.memory_total


def test_child_processes_count(tmp_path) -> None:
    import sys

    reader = LoadReader()
    alone = reader._memory()
    code = "import sys; held = bytearray(b'x') * 200_000_000; print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert reader._memory() > alone + 150_000_000
        child.communicate()


@pytest.mark.parametrize(
    ("line", "gpu"),
    [
        ("87, 10240, 15360, Tesla T4", (0.87, 10240 * 2**20, 15360 * 2**20, "Tesla T4")),
        ("0, 3, 81559, NVIDIA H100, 80GB", (0.0, 3 * 2**20, 81559 * 2**20, "NVIDIA H100, 80GB")),
    ],
)
def test_a_line_about_a_gpu(line: str, gpu: tuple[float, int, int, str]) -> None:
    assert parsed_gpu(line) == gpu


def _tool(monkeypatch, output: str, error: Exception | None = None) -> list[int]:
    calls: list[int] = []

    def run(*args: object, **kwargs: object) -> subprocess.CompletedProcess[str]:
        calls.append(1)
        if error is not None:
            raise error
        return subprocess.CompletedProcess([], 0, output, "")

    monkeypatch.setattr(machine_load.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(machine_load.subprocess, "run", run)
    return calls


def test_of_several_gpus_the_busiest_is_told(monkeypatch) -> None:
    _tool(monkeypatch, "3, 100, 15360, Tesla T4\n91, 200, 15360, Tesla T4\n")
    load = LoadReader().read()
    assert load is not None
    assert (load.gpu, load.gpu_memory) == (0.91, 200 * 2**20)


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("NVIDIA-SMI has failed because it couldn't communicate with the driver.\n", None),
        ("[N/A], [N/A], 1, GPU\n", None),
        ("", subprocess.TimeoutExpired("nvidia-smi", 5)),
        ("", OSError("gone")),
    ],
)
def test_a_tool_that_fails_is_not_asked_again(monkeypatch, output: str, error: Exception | None) -> None:
    calls = _tool(monkeypatch, output, error)
    reader = LoadReader()
    for _ in range(3):
        load = reader.read()
        assert load is not None
        assert load.gpu is None
    assert len(calls) == 1


def test_it_reads_while_it_is_watched(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(machine_load, "FIRST_S", 0.001)
    monkeypatch.setattr(machine_load, "EVERY_S", 0.01)
    monitor = MachineMonitor()
    here = []
    monitor.loaded.connect(lambda load: here.append(threading.current_thread()))
    try:
        monitor.watch(True)
        qtbot.waitUntil(lambda: len(here) >= 3)
        assert set(here) == {threading.main_thread()}
        thread = monitor._thread
        assert thread is not None
        monitor.watch(True)
        assert monitor._thread is thread
    finally:
        monitor.shut_down()
    assert not thread.is_alive()
    assert not monitor.is_watching
