"""What an engine tells of itself and of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.network.graph import Network
from models.training.remedies import Remedy


@dataclass(frozen=True)
class Device:
    """Something that can compute.

    Attributes:
        name: as TensorFlow calls it: `CPU:0`, `GPU:1`.
        text: for people: `NVIDIA T4 · 15 GB`.
        memory: bytes, 0 where that is not known.
    """

    name: str
    text: str
    memory: int = 0


@dataclass(frozen=True)
class Ready:
    """The engine has loaded TensorFlow.

    Attributes:
        device: what computes, in words: `CPU · 2 cores`, `GPU · NVIDIA T4 · 15 GB`.
        gpu: whether a GPU is used.
        reason: why not, when it is not; or why not what was chosen.
        versions: of TensorFlow and Keras.
        memory: bytes of its memory, 0 where that is not known.
        devices: all that could compute, for a choice among them.
        used: those of them, by their names, that compute.
    """

    device: str
    gpu: bool
    reason: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0
    devices: tuple[Device, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineEnded:
    """The engine is gone, and with it its model, weights and data. The next command that needs one starts a fresh one.

    A run that was under way ends with a Failed of its own, which follows.

    Attributes:
        message: what happened and what can be done, for the user; empty where it was asked to end.
        details: the last that its process wrote to its standard error, for the log only.
    """

    message: str = ""
    details: str = ""


@dataclass(frozen=True)
class Built:
    """The model of a network is there; `kept` names the nodes that kept trained weights."""

    network: Network
    parameters: int
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exported:
    """A model was written, loaded again and compared.

    Attributes:
        largest_difference: between the live model's outputs and the loaded one's, over `images` real inputs.
        preprocessing: whether the preprocessing is inside, so that it takes samples as they are stored.
    """

    format: str
    path: str
    largest_difference: float
    images: int
    preprocessing: bool = False


@dataclass(frozen=True)
class Failed:
    """Something asked for did not work.

    Attributes:
        what: the command, in words: `Training`, `Export`.
        message: what was received, what was expected, how to fix it.
        details: the traceback, for the log only.
        run_id: the run that ends with it, if one does.
        remedies: edits that should help, the best one first.
    """

    what: str
    message: str
    details: str = ""
    run_id: str | None = None
    remedies: tuple[Remedy, ...] = ()
