"""`layerloom doctor`: it reports whatever TensorFlow does, crashes included."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from command_line import Run

from app.cli import doctor


def answers(monkeypatch: pytest.MonkeyPatch, code: int, out: str = "", err: str = "") -> None:
    """Let the probe's process end like this."""
    done = subprocess.CompletedProcess(["probe"], code, out, err)
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: done)


def test_the_real_one_says_whether_the_gpu_is_used(run: Run) -> None:
    result = run("doctor")
    assert result.code == 0
    assert all(package in result.out for package in doctor.PACKAGES)
    assert "TensorFlow loads    yes" in result.out
    assert "Is my GPU used?" in result.out
    assert "CPU:0  " in result.out


def test_a_gpu_in_use(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [{"name": "CPU:0", "text": "2 cores"}, {"name": "GPU:0", "text": "NVIDIA T4 · 15 GB"}]
    ready = {"event": "Ready", "device": "GPU · NVIDIA T4", "gpu": True, "reason": "", "versions": {}}
    ready["devices"] = devices
    answers(monkeypatch, 0, json.dumps(ready) + "\n")
    out = run("doctor").out
    assert "GPU · NVIDIA T4" in out
    assert "CPU:0  2 cores" in out
    assert "GPU:0  NVIDIA T4 · 15 GB" in out
    assert "Is my GPU used?     yes" in out


def test_a_tensorflow_that_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 0, json.dumps({"event": "Failed", "message": "tensorflow is not installed"}))
    assert "no. tensorflow is not installed" in run("doctor").out


@pytest.mark.skipif(sys.platform == "win32", reason="signals end processes on POSIX systems only")
def test_a_tensorflow_that_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, -4)
    assert "crashes the process (SIGILL)" in doctor.try_tensorflow()["message"]


def test_a_probe_that_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 1, err="Traceback ...\nOSError: out of file handles\n")
    assert "OSError: out of file handles" in doctor.try_tensorflow()["message"]


def test_a_probe_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("probe", 1)

    monkeypatch.setattr(doctor.subprocess, "run", hang)
    assert "did not load within" in doctor.try_tensorflow()["message"]
