"""`layerloom doctor`: what LayerLoom runs on, and whether the GPU is used.

TensorFlow is tried in a process of its own, so that one which crashes is reported like any other finding.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app import settings_paths as paths
from app.display import why_no_display
from app.version import layerloom_version

PACKAGES = ("tensorflow", "keras", "numpy", "PySide6-Essentials", "pyqtgraph", "pydantic", "pillow")
TIMEOUT_S = 180
"""TensorFlow takes seconds to load, on a cold disk perhaps a minute."""


def examine(console: Console) -> None:
    """Print the findings."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    with console.status("Loading TensorFlow"):
        findings = (*_software(), *_windows(), *_training(try_tensorflow()), *_places())
    for name, finding in findings:
        table.add_row(name, escape(finding))
    console.print(table, highlight=False)


def _software() -> tuple[tuple[str, str], ...]:
    return (
        ("LayerLoom", layerloom_version()),
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        ("System", platform.platform()),
        *((package, _version(package)) for package in PACKAGES),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return f'not installed: install LayerLoom again, or run "python -m pip install {package}"'


def _windows() -> tuple[tuple[str, str], ...]:
    default = {"win32": "windows", "darwin": "cocoa"}.get(sys.platform, "wayland or xcb, by the session")
    return (
        ("Qt platform", os.environ.get("QT_QPA_PLATFORM") or default),
        ("Windows", why_no_display() or "can be shown"),
    )


def _places() -> tuple[tuple[str, str], ...]:
    return (
        ("Settings", str(paths.settings_file())),
        ("Runs", str(paths.runs_folder())),
        ("Log", str(paths.log_folder())),
    )


def _training(answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if answer["event"] == "Failed":
        return (("TensorFlow loads", f"no. {answer['message']}"), ("Is my GPU used?", "no, without TensorFlow"))
    used = "yes" if answer["gpu"] else f"no. {answer['reason']}"
    found = "\n".join(f"{device['name']:<6} {device['text']}" for device in answer.get("devices", ()))
    return (
        ("TensorFlow loads", "yes"),
        ("Devices", found or "none was listed"),
        ("Used", answer["device"]),
        ("Is my GPU used?", used),
    )


def try_tensorflow() -> dict[str, Any]:
    """The engine's first word from a process of its own: a Ready's fields or a Failed's, with the name in `event`."""
    command = [sys.executable, "-m", "app.cli.device_probe"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return _failed(f"It did not load within {TIMEOUT_S} seconds. Try again when the machine is less busy.")
    if done.returncode < 0:
        return _failed(
            f"It crashes the process ({signal.Signals(-done.returncode).name}). Its wheels need a processor with AVX; "
            'if yours has it, run "python -m pip install --force-reinstall tensorflow".'
        )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return _failed(f"It ends with: {last}. Install LayerLoom again.")
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _failed(message: str) -> dict[str, Any]:
    return {"event": "Failed", "message": message}
