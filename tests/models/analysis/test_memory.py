"""Memory: the estimate, the batch that would fit, and the sentence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import networks

from models.analysis import analyse
from models.analysis.memory import Device, bytes_text, fit_text, fits, training_memory
from models.network.graph import Network
from models.zoo.lenet import lenet5

LENET = analyse(lenet5())


@given(network=networks(), batch=st.integers(1, 4096), room=st.integers(0, 10**9))
def test_the_largest_batch_fits_and_the_next_one_does_not(network: Network, batch: int, room: int) -> None:
    analysis = analyse(network)
    memory = training_memory(analysis, batch)
    assert memory.total == analysis.training_bytes(batch)
    largest = memory.largest_batch(room)
    if largest:
        assert training_memory(analysis, largest).total <= room
    if analysis.activation_bytes:
        assert training_memory(analysis, largest + 1).total > room


@given(network=networks(), batch=st.integers(1, 4096))
def test_mixed_precision_halves_the_activations_alone(network: Network, batch: int) -> None:
    full, mixed = (training_memory(analyse(network), batch, kind) for kind in ("float32", "mixed_float16"))
    assert mixed.activations * 2 == full.activations
    assert mixed.weights >= full.weights


def test_what_does_not_fit_comes_with_a_batch_that_would() -> None:
    need = training_memory(LENET, 64).total
    device = Device("a small card", need - 1)
    text = fit_text(LENET, 64, device)
    assert text == f"5.7 MB at batch 64 do not fit the {bytes_text(need - 1)} of a small card: batch 32 would."
    assert fits(training_memory(LENET, 32), device)


def test_what_fits_says_so() -> None:
    assert fit_text(LENET, 64, Device("CPU", 8 * 10**9)) == "Training fits: 5.7 MB at batch 64 of the 8.0 GB of CPU."


def test_a_network_that_never_fits_is_told_apart() -> None:
    tiny = Device("CPU", 1000)
    assert "make the network or its input smaller" in fit_text(LENET, 64, tiny)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert fits(training_memory(LENET, 64), Device("GPU")) is None
    assert fit_text(LENET, 64, Device("GPU")) == ""
    assert fit_text(analyse(Network()), 64, Device("CPU", 10**9)) == ""


def test_bytes_are_written_with_a_unit_that_suits_them() -> None:
    counts = (0, 999, 1000, 999_940, 999_960, 5_720_000, 11_200_000_000, 2.5e12)
    assert [bytes_text(n) for n in counts] == [
        "0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "5.7 MB", "11.2 GB", "2.5 TB",
    ]  # fmt: skip
