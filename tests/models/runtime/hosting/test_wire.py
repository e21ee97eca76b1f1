"""What crosses the pipe between two processes comes out as it went in."""

from __future__ import annotations

import os
import threading
from io import FileIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.data.preparation import Preparation
from models.data.sources import Digits
from models.network.project import Project
from models.runtime.hosting import wire
from models.training.commands import Train
from models.training.events import BatchesDone, Histogram
from models.training.optimizers import OPTIMIZERS
from models.training.plan import TrainingPlan
from models.zoo import TEMPLATES, template

DTYPES = st.sampled_from(["float32", "float64", "float16", "uint8", "int32", "int64", "bool"])
"""What commands and events carry."""


def crossed(value: Any) -> Any:
    """A value after it went through a pipe."""
    reading, writing = os.pipe()
    with FileIO(reading, "rb") as end, FileIO(writing, "wb") as start:
        writer = threading.Thread(target=wire.send, args=(start, value))
        writer.start()
        received = wire.receive(end)
        writer.join()
    return received


@given(st.lists(arrays(DTYPES, array_shapes(min_dims=0, min_side=0, max_side=9)), max_size=4))
def test_arrays_come_out_as_they_went_in(values: list[Any]) -> None:
    for sent, received in zip(values, crossed(values), strict=True):
        assert received.dtype == sent.dtype
        np.testing.assert_array_equal(received, sent)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=3), elements=st.floats(0, 1, width=32)))
def test_arrays_of_any_layout_cross(values: Any) -> None:
    for sent in (values.T, values[::2], values[..., ::-1], np.asfortranarray(values)):
        np.testing.assert_array_equal(crossed(sent), sent)


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_every_architecture_crosses(key: str) -> None:
    network = template(key).network()
    assert crossed(network) == network


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_plan_crosses(kind: Any) -> None:
    project = Project(name="a", network=template("lenet5").network(), plan=TrainingPlan(optimizer=OPTIMIZERS[kind]()))
    command = Train("run", project.network, Digits(), project.plan, preparation=Preparation())
    assert crossed(command) == command


def test_events_with_arrays_cross() -> None:
    losses = np.linspace(2, 1, 1000, dtype=np.float32)
    event = crossed(BatchesDone("run", 1, 1000, losses, losses, 9.5))
    assert (event.run_id, event.epoch, event.images_per_second) == ("run", 1, 9.5)
    np.testing.assert_array_equal(event.losses, losses)
    np.testing.assert_array_equal(crossed(Histogram(0, 1, losses)).counts, losses)


def test_a_large_array_is_not_copied_out_of_the_memory_it_was_read_into() -> None:
    received = crossed(np.zeros(3_000_000, np.float32))
    assert received.base is not None
    assert not received.flags.owndata


def test_the_end_of_the_pipe_is_said_even_in_the_middle_of_a_value() -> None:
    for sent in (b"", b"\x02", b"\x01\x00\x00\x00" + b"\x09" + b"\x00" * 7 + b"abc"):
        reading, writing = os.pipe()
        with FileIO(reading, "rb") as end:
            with FileIO(writing, "wb") as start:
                start.write(sent)
            with pytest.raises(EOFError):
                wire.receive(end)
