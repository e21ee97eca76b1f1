"""`Prober`: feature maps and filters for the views, taken against a time budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.runtime.live_model import LiveModel
from models.training.commands import Watch
from models.training.events import Probed

Floats = npt.NDArray[np.float32]

STRIP_CHANNELS = 8
STRIP_SIZE = 32
"""Largest height and width of a strip's images."""

VECTOR_VALUES = STRIP_SIZE * STRIP_SIZE
"""Most values of a vector in a strip."""

MAP_CHANNELS = 1024
"""Most channels of the selected node that are shown."""

SHORTEST_GAP_S, LONGEST_GAP_S = 0.1, 60.0
"""Seconds between two looks of a kind: more often nobody sees, and even the slowest network shows something."""

FIRST_AFTER_S = 1.0
"""Seconds from the first steps on before the layers are first measured: that must not stall a short run."""

Look = Literal["maps", "layers"]
"""What time is spent on: feature maps and filters, or measured steps."""

LOOKS: tuple[Look, ...] = ("maps", "layers")


class ProbeBudget:
    """Decides when there is time for a look: each is followed by so long a pause that its cost is within the budget.

    The kinds share the budget equally, so that neither keeps the other from coming. What compiling costs, once for a
    run, is counted apart and earns no pause: it says nothing about what a look costs.

    Attributes:
        share: of the time that looking may take, 0 … 1; with 0 nothing is looked at.
        seconds: that were spent since `start`, compiling included.
    """

    def __init__(self, share: float = Watch().budget, clock: Callable[[], float] = time.perf_counter) -> None:
        self.share = share
        self.seconds = 0.0
        self._clock = clock
        self._next: dict[Look, float] = dict.fromkeys(LOOKS, 0.0)

    def start(self) -> None:
        """A run begins: what the last one cost says nothing about it."""
        self.seconds = 0.0
        self._next = {"maps": 0.0, "layers": math.inf}

    def steps_come(self) -> None:
        """The first steps of the run are taken, and what they needed is compiled."""
        self._next["layers"] = self._clock() + FIRST_AFTER_S

    def is_due(self, look: Look) -> bool:
        """Whether there is time for it now."""
        return self.share > 0 and self._clock() >= self._next[look]

    def spent(self, look: Look, seconds: float, compiling: float = 0.0) -> None:
        """A look has ended; `seconds` is its cost without what was compiled for it."""
        self.seconds += seconds + compiling
        pause = seconds * (len(LOOKS) / self.share - 1) if self.share > 0 else LONGEST_GAP_S
        self._next[look] = self._clock() + min(max(pause, SHORTEST_GAP_S), LONGEST_GAP_S)


class Prober:
    """Takes probes of a live model for what the last Watch asked for.

    Attributes:
        budget: of the time for looking, shared with the measured steps.
    """

    def __init__(self) -> None:
        self.budget = ProbeBudget()
        self._watch = Watch()

    @property
    def watch(self) -> Watch:
        """What is wanted."""
        return self._watch

    @watch.setter
    def watch(self, watch: Watch) -> None:
        self._watch = watch
        self.budget.share = watch.budget

    @property
    def is_due(self) -> bool:
        """Whether the time budget allows another probe now."""
        return self.budget.is_due("maps")

    def probe(self, live: LiveModel, image: Floats, class_names: tuple[str, ...]) -> Probed | None:
        """What is watched, as it is now for an image that has the input's shape; None for a network without output.

        Nodes that the model lacks are left out.
        """
        watch, output = self.watch, live.network.output_node
        if output is None:
            return None
        arrived = time.perf_counter()
        live.warm_up(image)
        began = time.perf_counter()
        strips = [node_id for node_id in watch.strips if node_id in live.expansion.outputs]
        selected = watch.selected if watch.selected in live.expansion.outputs else None
        outputs = live.node_outputs(image, {*strips, output.id, *([selected] if selected else [])})
        prediction = outputs[output.id]
        probed = Probed(
            network=live.network,
            selected=selected,
            strips={node_id: _strip(outputs[node_id]) for node_id in strips},
            maps=as_maps(outputs[selected])[:, :, :MAP_CHANNELS].copy() if selected else None,
            filters=filters(live, selected) if selected else None,
            prediction=live.probabilities(prediction[None])[0] if prediction.ndim == 1 else prediction,
            class_names=class_names,
        )
        self.budget.spent("maps", time.perf_counter() - began, began - arrived)
        return probed


def as_maps(output: Floats) -> Floats:
    """A node's output as (height, width, channels): a vector is (1, values, 1), a sequence (1, steps, channels)."""
    if output.ndim == 1:
        return output[None, :, None]
    return output.reshape(-1 if output.ndim > 2 else 1, *output.shape[-2:])


def filters(live: LiveModel, node_id: str) -> Floats | None:
    """A node's kernel as (height, width, input channels, filters); None where it has no kernel that slides."""
    node = live.expansion.network.find(node_id)
    weights = live.model.get_layer(node_id).weights if node is not None else ()
    if node is None or not node.block.has_filters or not weights:
        return None
    kernel: Floats = node.block.as_filters(weights[0].numpy())
    return kernel


def _strip(output: Floats) -> Floats:
    """The first channels, made smaller by averaging."""
    maps = as_maps(output)[:, :, :STRIP_CHANNELS]
    limit = VECTOR_VALUES if output.ndim == 1 else STRIP_SIZE
    rows, columns = (-(-size // limit) for size in maps.shape[:2])
    height, width = maps.shape[0] // rows, maps.shape[1] // columns
    tiles = maps[: height * rows, : width * columns].reshape(height, rows, width, columns, -1)
    averaged: Floats = tiles.mean(axis=(1, 3), dtype=np.float32)
    return averaged
