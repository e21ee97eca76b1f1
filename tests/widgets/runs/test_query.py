"""The filter's language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_summaries import summary

from models.training.runs.summary import RunSummary
from widgets.runs.query import query

RUN = summary(
    "LeNet wide", status="diverged", star=True, tags=("paper", "final try"), notes="Too large a rate",
    data="MNIST-1D", held_out_metric=0.913, parameters=61_706, optimizer="AdamW",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "lenet", "LENET wide", "wide mnist", "paper", "rate", "diverged", "adamw", "star", "is:star",
        "status:diverged", "tag:paper", 'tag:"final try"', '"final try"', "data:mnist", "-tag:draft", "-finished",
        "accuracy>0.9", "accuracy>90%", "accuracy<=0.913", "parameters<100k", "parameters>=61706", "rate<0.01",
        "status:diverged star tag:paper accuracy>0.9", "name:lenet", "note:large", "batch>=64",
    ],
)  # fmt: skip
def test_a_run_is_found(text: str) -> None:
    assert query(text)(RUN)


@pytest.mark.parametrize(
    "text",
    [
        "-star", "status:finished", "tag:draft", "lenet draft", "accuracy>0.95", "parameters>1M", "-lenet",
        '"paper final"', "data:digits", "name:paper", "accuracy>x", "folder:elsewhere",
    ],
)  # fmt: skip
def test_a_run_is_not_found(text: str) -> None:
    assert not query(text)(RUN)


def test_what_is_not_known_is_neither_more_nor_less() -> None:
    unknown = summary(held_out_metric=None)
    assert not query("accuracy>0")(unknown)
    assert not query("accuracy<=1")(unknown)
    assert query("-accuracy>0")(unknown)


@given(st.text(max_size=40))
def test_any_text_is_an_answerable_question(text: str) -> None:
    assert query(text)(RUN) in (True, False)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10))
def test_words_find_names_that_have_them_whatever_their_case(word: str) -> None:
    run: RunSummary = summary(f"a {word} b")
    if word.casefold() not in ("star",):
        assert query(word.upper())(summary(f"a {word.upper()} b"))
        assert query(word)(run)


@given(st.sampled_from(["lenet", "status:finished", "star", "accuracy>0.5", "tag:x"]))
def test_a_minus_turns_an_answer_round(word: str) -> None:
    for run in (RUN, summary(), summary(tags=("x",))):
        assert query(f"-{word}")(run) is not query(word)(run)
