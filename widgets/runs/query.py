"""The language of the filter box: words, `status:finished`, `tag:x`, `star`, `accuracy>0.9`, and `-` for “not”."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import ge, gt, le, lt

from models.training.runs.summary import RunSummary

HELP = (
    "Words that a run's name, data, status, optimizer, tags or notes must have.\n"
    "star – starred ones;  status:finished;  tag:paper;  data:digits\n"
    "accuracy>0.9;  parameters<100k;  epochs>=10\n"
    "A minus before any of them: those that are not so.  “Quotes” keep words together."
)
Test = Callable[[RunSummary], bool]

_TEXTS: dict[str, Callable[[RunSummary], Iterable[str]]] = {
    "name": lambda run: (run.name,),
    "status": lambda run: (run.status,),
    "tag": lambda run: run.tags,
    "tags": lambda run: run.tags,
    "note": lambda run: (run.notes,),
    "notes": lambda run: (run.notes,),
    "data": lambda run: (run.data,),
    "optimizer": lambda run: (run.optimizer,),
    "folder": lambda run: (str(run.path),),
}
_NUMBERS: dict[str, Callable[[RunSummary], float | None]] = {
    "accuracy": lambda run: run.held_out_metric,
    "best": lambda run: run.best_metric,
    "loss": lambda run: run.loss,
    "parameters": lambda run: run.parameters,
    "rate": lambda run: run.learning_rate,
    "batch": lambda run: run.batch_size,
    "epochs": lambda run: run.epochs,
    "steps": lambda run: run.steps,
    "time": lambda run: run.seconds,
}
_COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge}
_UNITS = {"": 1.0, "%": 0.01, "k": 1e3, "m": 1e6, "g": 1e9}
_WORD = re.compile(r"""-?(?:\w+:)?(?:"[^"]*"?|“[^”]*”?)|\S+""")
_COMPARISON = re.compile(r"([a-z]+)(<=|>=|<|>)([0-9.]+(?:e[-+]?\d+)?)(%|k|m|g|)")
_QUOTES = '"“”'


def query(text: str) -> Test:
    """Whether a run is what a filter asks for; every word of it must hold."""
    tests = [_test(word) for word in _WORD.findall(text.casefold())]
    return lambda run: all(test(run) for test in tests)


def _test(word: str) -> Test:
    if word.startswith("-") and len(word) > 1:
        inner = _test(word[1:])
        return lambda run: not inner(run)
    if word in ("star", "is:star", "★"):
        return lambda run: run.star
    return _comparison(word) or _field(word) or _anywhere(word.strip(_QUOTES))


def _comparison(word: str) -> Test | None:
    found = _COMPARISON.fullmatch(word)
    if found is None or found[1] not in _NUMBERS:
        return None
    value, compared = _NUMBERS[found[1]], _COMPARED[found[2]]
    try:
        bound = float(found[3]) * _UNITS[found[4]]
    except ValueError:
        return None

    def test(run: RunSummary) -> bool:
        number = value(run)
        return number is not None and bool(compared(number, bound))

    return test


def _field(word: str) -> Test | None:
    name, colon, wanted = word.partition(":")
    texts, wanted = _TEXTS.get(name), wanted.strip(_QUOTES)
    if not colon or texts is None:
        return None
    return lambda run: any(wanted in text.casefold() for text in texts(run))


def _anywhere(word: str) -> Test:
    def test(run: RunSummary) -> bool:
        return any(
            word in text.casefold() for text in (run.name, run.data, run.status, run.optimizer, run.notes, *run.tags)
        )

    return test
