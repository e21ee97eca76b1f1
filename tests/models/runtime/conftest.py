"""An engine at a desk for the tests of this folder; TensorFlow is loaded here without its chatter and warnings."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import pytest

from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack
from models.runtime.quiet import quiet_stderr
from models.training.commands import Command
from models.training.events import Event, Failed

with warnings.catch_warnings(), quiet_stderr():
    warnings.simplefilter("ignore")
    from models.runtime.engine import Engine

Kind = TypeVar("Kind")


class Desk:
    """An engine with the events it emitted; `react` may answer an event with commands at once."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.react: Callable[[Event], None] = lambda event: None
        self.engine = Engine(self._take)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.react(event)

    def ask(self, command: Command) -> list[Event]:
        """The events that a command led to."""
        first = len(self.events)
        self.engine.handle(command)
        return self.events[first:]

    def want(self, command: Command, kind: type[Kind]) -> Kind:
        """The one event of this kind that a command led to, and no failure unless that is it."""
        events = self.ask(command)
        assert kind is Failed or not [event for event in events if isinstance(event, Failed)], events
        (event,) = (event for event in events if isinstance(event, kind))
        return event


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def small() -> Network:
    """A network of few weights on 8×8 images."""
    return stack(
        Input(shape=(8, 8, 1)),
        Conv2D(filters=4),
        ReLU(),
        Flatten(),
        Dense(units=10, activation="softmax"),
    )
