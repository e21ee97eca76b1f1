"""MNIST-1D: the package's own numbers, and what is said without it."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import numpy as np
import pytest

from models.data.facts import DataError
from models.data.samples import TEST, TRAINING
from models.data.sources.mnist1d import Mnist1d


def test_parts_are_the_papers() -> None:
    samples = Mnist1d().open()
    assert samples.parts is not None
    assert (samples.parts[:4000] == TRAINING).all()
    assert (samples.parts[4000:] == TEST).all()
    assert len(samples) == 5000
    assert samples.read(0).shape == (40, 1)
    values = np.stack([samples.read(index) for index in range(5000)])
    assert abs(values.mean()) < 1e-4
    assert abs(values.std() - 1) < 1e-4


def test_nothing_is_downloaded_unpickled_or_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    import pickle
    import socket

    def refuse(*arguments: Any, **named: Any) -> Any:
        raise AssertionError("not for a data set that is computed")

    Mnist1d().open()  # the package is imported
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(builtins, "open", refuse)
    Mnist1d(seed=3).open()
    assert not list(tmp_path.iterdir())


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mnist1d", None)
    for ask in (Mnist1d(seed=4).glance, Mnist1d(seed=4).open):
        with pytest.raises(DataError, match=r"python -m pip install 'layerloom\[mnist1d\]'"):
            ask()


def test_a_package_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    with pytest.raises(DataError, match=r"cannot be imported: .*mnist1d.data.*pip install"):
        Mnist1d(seed=4).open()
