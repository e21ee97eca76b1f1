"""What a command left behind, for the tests of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`code` is the exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]
