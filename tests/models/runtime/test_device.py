import os
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from models.runtime import device

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="TensorFlow for Windows uses no GPU")


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *_: None)
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "NVIDIA H200"})


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ('test "$*" = "--query-gpu=memory.total --format=csv,noheader,nounits" && echo 143771 && echo 9', " · 140 GB"),
        ("echo '[N/A]'", ""),
        ("true", ""),
        ("echo 15360; exit 9", ""),
        (None, ""),
    ],
)
def test_a_gpu_is_named_with_its_memory_where_the_driver_tells_it(gpu, monkeypatch, tmp_path: Path, script, text):
    if script is not None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    ready = device.prepare()
    assert (ready.device, ready.gpu) == (f"GPU · NVIDIA H200{text}", True)
    assert bool(ready.memory) == bool(text)
