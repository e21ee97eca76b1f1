"""Loading TensorFlow beside a window, in fresh interpreters."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys

import pytest

from models.runtime.hosting import loading


def in_fresh_interpreter(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


LOADED = """
import gc
from models.runtime.hosting.loading import loading

collections = []
gc.callbacks.append(lambda phase, info: collections.append(info["generation"]))
with loading():
    import tensorflow
    assert not gc.isenabled()
print(len(collections), gc.isenabled(), gc.get_freeze_count() > 200_000)
frozen = gc.get_freeze_count()
with loading():
    import keras
print(gc.isenabled(), gc.get_freeze_count() <= frozen)
"""


def test_no_garbage_is_collected_meanwhile_and_what_was_loaded_is_left_alone() -> None:
    assert in_fresh_interpreter(LOADED).splitlines() == ["0 True True", "True True"]


PRELOADED = """
import sys
from pathlib import Path
from models.runtime.hosting import loading

loading._preload()
print("tensorflow" in sys.modules, Path("/proc/self/maps").read_text().count("libtensorflow_cc") > 0)
import tensorflow
print(float(tensorflow.constant(1.0) + 1))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the libraries of a process")
def test_the_libraries_are_there_before_the_import() -> None:
    assert in_fresh_interpreter(PRELOADED).splitlines() == ["False True", "2.0"]


def test_a_tensorflow_that_is_not_there_is_said_by_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError), loading.loading():
        importlib.import_module("no_such_tensorflow")
    assert gc.isenabled()
