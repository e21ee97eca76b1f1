import builtins
import os
import subprocess
import sys
import threading
from queue import SimpleQueue

import numpy as np
import pytest

from models.data.sources import Digits
from models.network.graph import Network
from models.runtime.hosting.host import run_engine
from models.training.commands import Build, Evaluate, Export, Pause, Predict, Resume, Shutdown, Stop, Train, Watch
from models.training.events import Failed, Ready
from models.training.plan import TrainingPlan


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"), "tensorflow is not installed"),
        (ImportError("DLL load failed"), "TensorFlow is broken (ImportError: DLL load failed)"),
    ],
)
def test_a_missing_or_broken_tensorflow_is_an_event(monkeypatch, error, text):
    monkeypatch.delitem(sys.modules, "models.runtime.engine")
    importing = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "models.runtime.engine":
            raise error
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    commands, events = SimpleQueue(), []
    asked = (Evaluate(), Predict(np.zeros((8, 8, 1), np.float32)), Export("keras", "m.keras"))
    by_the_way = (Build(Network()), Watch(), Pause(), Resume(), Stop())
    for command in (*by_the_way, Train("run", Network(), Digits(), TrainingPlan()), *asked, Shutdown()):
        commands.put(command)
    run_engine(commands, events.append)
    assert {event.what for event in events} == {"TensorFlow"}
    assert [event.run_id for event in events] == [None, "run", None, None, None]  # once by itself, then when asked
    assert all(isinstance(event, Failed) and text in event.message for event in events)
    assert "pip install" in events[0].message
    assert events[0].details


def test_a_tensorflow_that_loads_but_cannot_be_set_up_is_an_event(monkeypatch):
    def fail(device):
        raise RuntimeError("no devices")

    monkeypatch.setattr("models.runtime.engine.prepare", fail)
    commands, events = SimpleQueue(), []
    commands.put(Shutdown())
    run_engine(commands, events.append)
    assert [type(event) for event in events] == [Failed]
    assert "RuntimeError: no devices" in events[0].message


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")


@LINUX
@pytest.mark.parametrize(("before", "set_to"), [(0, 5), (5, 5), (12, 12)])
def test_the_engine_gives_way_and_is_never_made_more_important(monkeypatch, before, set_to):
    calls = []

    def refuse(_which, _thread, niceness):
        calls.append(niceness)
        raise PermissionError

    monkeypatch.setattr(os, "getpriority", lambda *_: before)
    monkeypatch.setattr(os, "setpriority", refuse)
    assert in_thread_of_its_own() == [Ready]
    assert calls == [set_to]


@LINUX
def test_a_command_keeps_its_priority(monkeypatch):
    calls = []
    monkeypatch.setattr(os, "setpriority", lambda *arguments: calls.append(arguments))
    commands = SimpleQueue()
    commands.put(Shutdown())
    run_engine(commands, lambda event: None)
    assert calls == []


def in_thread_of_its_own() -> list[type]:
    commands, events = SimpleQueue(), []
    commands.put(Shutdown())
    thread = threading.Thread(target=run_engine, args=(commands, events.append))
    thread.start()
    thread.join()
    return [type(event) for event in events]


def test_importing_the_host_leaves_tensorflow_out():
    code = "import sys, models.runtime.hosting.host; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
