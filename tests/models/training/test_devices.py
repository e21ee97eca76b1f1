"""What should compute, as people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.devices import parse_choice, select

NAMES = st.sampled_from(["CPU", "cpu:0", "GPU", *(f"GPU:{number}" for number in range(4))])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("auto", ()),
        ("", ()),
        (" Auto ", ()),
        ("CPU", ("CPU:0",)),
        ("gpu", ("GPU:0",)),
        ("GPU:1, gpu:01", ("GPU:1",)),
        ("GPU:1,GPU:0", ("GPU:1", "GPU:0")),
    ],
)
def test_choices_are_read(text: str, names: tuple[str, ...]) -> None:
    assert parse_choice(text) == names


@pytest.mark.parametrize("text", ["cuda", "CPU:1", "GPU:-1", "GPU:0,,GPU:1", "auto,GPU:0", "GPU:0;GPU:1"])
def test_what_is_no_choice_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="expected auto, CPU, GPU:0"):
        parse_choice(text)
    assert "expected auto" in select(text, 1).reason


@given(st.lists(NAMES, min_size=1).map(",".join), st.integers(0, 3))
def test_what_is_selected_is_there_and_was_chosen_unless_it_is_said(text: str, gpus: int) -> None:
    selection = select(text, gpus)
    assert selection.names
    assert all(number < gpus for number in selection.gpus)
    assert len(set(selection.names)) == len(selection.names)
    if not selection.reason:
        assert set(selection.names) <= set(parse_choice(text))


def test_by_itself_it_is_the_first_gpu_or_the_cpu() -> None:
    assert select("auto", 2).names == ("GPU:0",)
    assert select("auto", 0).names == ("CPU:0",)
    assert select("CPU,GPU:1", 2).names == ("GPU:1",), "a GPU does not wait for the CPU"
