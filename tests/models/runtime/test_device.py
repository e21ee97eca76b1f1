import sys
from contextlib import nullcontext
from pathlib import Path
from typing import ClassVar

import pytest
import tensorflow as tf

from models.runtime import device

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="TensorFlow for Windows uses no GPU")


@pytest.fixture
def machine(monkeypatch):
    """A machine with so many GPUs, on which TensorFlow has computed nothing yet; what was done to it."""

    class Machine:
        gpus: tuple[str, ...] = ("gpu 0",)
        names = ("NVIDIA H200",)
        visible: list[str] | None = None
        has_computed = False
        divided: ClassVar[list[str]] = []
        shared: ClassVar[list[str]] = []

        def see(self, gpus, kind):
            assert kind == "GPU"
            if self.has_computed and gpus != self.visible:
                raise RuntimeError("Visible devices cannot be modified after being initialized")
            self.visible = list(gpus)

    it = Machine()
    it.shared = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(it.gpus))
    monkeypatch.setattr(tf.config, "set_visible_devices", it.see)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: it.gpus if it.visible is None else it.visible)
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: it.shared.append(gpu))
    monkeypatch.setattr(device.replicas, "divide_among", lambda names: setattr(it, "divided", names))
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"device_name": it.names[it.gpus.index(gpu)]}
    )
    return it


def put_tool(monkeypatch, folder: Path, script: str | None) -> None:
    """The driver's tool, or none."""
    monkeypatch.setenv("PATH", str(folder))
    if script is not None:
        tool = folder / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (
            'test "$*" = "--query-gpu=memory.total,name --format=csv,noheader,nounits" && '
            "echo 9, NVIDIA T4 && echo 143771, NVIDIA H200",
            " · 140 GB",
        ),
        ("echo [N/A], NVIDIA H200", ""),
        ("true", ""),
        ("echo 15360, NVIDIA H200; exit 9", ""),
        (None, ""),
    ],
)
def test_a_gpu_is_named_with_its_memory_where_the_driver_tells_it(machine, monkeypatch, tmp_path, script, text):
    put_tool(monkeypatch, tmp_path, script)
    ready = device.prepare()
    assert (ready.device, ready.gpu, ready.reason) == (f"GPU · NVIDIA H200{text}", True, "")
    assert bool(ready.memory) == bool(text)
    assert [found.name for found in ready.devices] == ["CPU:0", "GPU:0"]


@pytest.mark.parametrize(
    ("choice", "used", "text", "reason"),
    [
        ("auto", [0], "GPU · A · 1 GB", ""),
        ("GPU:1", [1], "GPU · B · 2 GB", ""),
        ("CPU", [], "CPU · ", "The CPU was chosen."),
        ("gpu:1, GPU:0", [1, 0], "2 GPUs · A · 1 GB", ""),
        (
            "GPU:1,GPU:5",
            [1],
            "GPU · B · 2 GB",
            "GPU:5 is not there (found: CPU, GPU:0, GPU:1). GPU:1 computes instead.",
        ),
        ("GPU:7", [0], "GPU · A · 1 GB", "GPU:7 is not there"),
        ("the fast one", [0], "GPU · A · 1 GB", '"the fast one" is no device'),
    ],
)
def test_what_was_chosen_alone_is_seen_and_shared(machine, monkeypatch, tmp_path, choice, used, text, reason):
    machine.gpus, machine.names = ("gpu 0", "gpu 1"), ("A", "B")
    put_tool(monkeypatch, tmp_path, "echo 2048, B; echo 1024, A")
    ready = device.prepare(choice)
    assert machine.visible == machine.shared == [machine.gpus[number] for number in used]
    assert ready.device.startswith(text)
    assert reason in ready.reason
    assert bool(reason) == bool(ready.reason)
    assert ready.gpu == bool(used)
    assert ready.used == (tuple(f"GPU:{number}" for number in used) or ("CPU:0",))
    assert machine.divided == ([f"/GPU:{number}" for number in range(len(used))] or ["/CPU:0"])


def test_a_second_engine_takes_what_the_first_one_left_visible(machine, monkeypatch):
    machine.gpus, machine.names = ("gpu 0", "gpu 1"), ("A", "B")
    device.prepare("GPU:0,GPU:1")
    machine.has_computed = True
    scopes = []
    monkeypatch.setattr(tf, "device", lambda name: scopes.append(name) or nullcontext())
    for choice, name in (("GPU:0", "GPU:0"), ("GPU:1", "GPU:1"), ("CPU", "CPU:0")):
        ready = device.prepare(choice)
        assert ready.used == (name,)
        assert bool(ready.reason) == (choice == "CPU")
        with device.computing_on(ready.used):
            pass
    assert scopes == ["/GPU:1", "/CPU:0"], "TensorFlow takes the first one by itself"


def test_a_second_engine_that_wants_another_gpu_says_that_it_cannot(machine):
    machine.gpus, machine.names = ("gpu 0", "gpu 1"), ("A", "B")
    device.prepare("GPU:0")
    machine.has_computed = True
    ready = device.prepare("GPU:1")
    assert ready.used == ("GPU:0",)
    assert "Restart LayerLoom to use GPU:1" in ready.reason


def test_without_a_gpu_the_cpu_computes_and_says_why():
    ready = device.prepare("GPU:0")
    if ready.gpu:
        pytest.skip("there is one")
    assert ready.device.startswith("CPU · ")
    assert ready.reason == "GPU:0 is not there (found: CPU). CPU:0 computes instead."
    assert [(found.name, found.memory > 0) for found in ready.devices] == [("CPU:0", True)]
    with device.computing_on(ready.used):
        assert float(tf.constant(1.0) + 1) == 2
