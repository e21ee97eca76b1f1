import builtins
import subprocess
import sys
from queue import SimpleQueue

import pytest

from models.data.sources import Digits
from models.network.graph import Network
from models.runtime.host import run_engine
from models.training.commands import Build, Shutdown, Train
from models.training.events import Failed
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
    for command in (Build(Network()), Train("run", Network(), Digits(), TrainingPlan()), Shutdown()):
        commands.put(command)
    run_engine(commands, events.append)
    assert [(event.what, event.run_id) for event in events] == [
        ("TensorFlow", None), ("TensorFlow", None), ("TensorFlow", "run"),
    ]  # fmt: skip
    assert all(isinstance(event, Failed) and text in event.message for event in events)
    assert "pip install" in events[0].message
    assert events[0].details


def test_importing_the_host_leaves_tensorflow_out():
    code = "import sys, models.runtime.host; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
