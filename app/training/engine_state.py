"""`State`: what the engine is doing as far as the window knows, and how events change it."""

from __future__ import annotations

from enum import Enum, auto

from models.training.events import (
    EngineEnded,
    Event,
    Failed,
    LearningRatesTried,
    Paused,
    Ready,
    Resumed,
    TrainingDone,
)

OTHER_ERRANDS = frozenset({"Preview", "Watching", "Weights", "Prediction"})
"""What may fail beside the learning-rate finder without ending it."""


class State(Enum):
    """What the engine is doing.

    FINDING is trying learning rates; BROKEN has no TensorFlow to work with.
    """

    STARTING = auto()
    IDLE = auto()
    TRAINING = auto()
    PAUSED = auto()
    STOPPING = auto()
    FINDING = auto()
    BROKEN = auto()


def following(state: State, event: Event) -> State:
    """The state after an event. Events of runs that are over must have been left out."""
    match event:
        case Ready() if state in (State.STARTING, State.BROKEN):
            return State.IDLE
        case Paused() if state is State.TRAINING:
            return State.PAUSED
        case Resumed() if state is State.PAUSED:
            return State.TRAINING
        case TrainingDone() | Failed(run_id=str()):
            return State.IDLE
        case Failed(what="TensorFlow"):
            return State.BROKEN
        case Failed() if state is State.STARTING:
            return State.BROKEN
        case EngineEnded() | LearningRatesTried(done=True) if state is State.FINDING:
            return State.IDLE
        case Failed(what=what) if state is State.FINDING and what not in OTHER_ERRANDS:
            return State.IDLE
    return state
