"""`deterministic`: TensorFlow is told so, and two runs of one process give the very same weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json
from keras_by_hand import NETWORK, trained
from models.training.plan import TrainingPlan
from tensorflow.python.framework.config import is_op_determinism_enabled
before = is_op_determinism_enabled()
found = [trained(NETWORK, TrainingPlan(deterministic=True)).live.weights() for _ in range(2)]
same = all((a == b).all() for name in found[0] for a, b in zip(found[0][name], found[1][name], strict=True))
print(json.dumps([before, is_op_determinism_enabled(), same]))
"""


@pytest.mark.slow
def test_two_runs_are_the_same_and_it_is_off_unless_asked_for() -> None:
    """In a process of its own, since it cannot be switched off again."""
    tests = Path(__file__).parents[3]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(tests)!r}, {str(tests.parent)!r}]\n{SCRIPT}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    assert json.loads(answer.stdout.splitlines()[-1]) == [False, True, True]
