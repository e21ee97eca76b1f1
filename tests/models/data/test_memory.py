"""How much memory there is, asked of a Windows that is played."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from models.data import memory


@pytest.mark.parametrize(("told", "bytes_there"), [(16 * 2**30, 16 * 2**30), (0, sys.maxsize)])
def test_windows_is_asked_and_its_silence_is_no_limit(
    told: int, bytes_there: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(reference: Any) -> int:
        assert reference._obj.dwLength == 64  # Windows refuses any other size
        reference._obj.ullTotalPhys = told
        return int(told > 0)

    kernel = SimpleNamespace(GlobalMemoryStatusEx=status, GetPhysicallyInstalledSystemMemory=lambda reference: 0)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(memory, "sys", SimpleNamespace(platform="win32", maxsize=sys.maxsize))
    assert memory.physical_memory() == bytes_there


def test_this_machine_has_memory() -> None:
    assert 2**28 < memory.physical_memory() < 2**50
