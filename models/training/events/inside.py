"""What an engine tells of a network's inside, and of what the network makes of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.network.graph import Network
from models.training.events.arrays import Floats


@dataclass(frozen=True, eq=False)
class Histogram:
    """How values are spread: `counts` of bins of equal width between `low` and `high`."""

    low: float
    high: float
    counts: Floats


@dataclass(frozen=True, eq=False)
class BlockMeasured:
    """One layer at one step; None for what it does not have.

    Attributes:
        weight_norm: root of the sum of its squared weights.
        gradient_norm: the same of their gradients.
        update_ratio: norm of what the step changed, divided by the weights' norm.
        dead_share: of a layer with ReLU, channels that were zero for every sample looked at, 0 … 1.
        saturated_share: of a layer with tanh or sigmoid, values beyond 99 % of its range, 0 … 1.
        weights, activations: how they are spread.
    """

    weight_norm: float | None = None
    gradient_norm: float | None = None
    update_ratio: float | None = None
    dead_share: float | None = None
    saturated_share: float | None = None
    weights: Histogram | None = None
    activations: Histogram | None = None


@dataclass(frozen=True, eq=False)
class BlocksMeasured:
    """All layers at one step, by their ids in the expansion, in the network's order.

    `step` is counted over the whole run, as are the steps of the curves.
    """

    run_id: str
    step: int
    epoch: int
    blocks: Mapping[str, BlockMeasured]


@dataclass(frozen=True, eq=False)
class Probed:
    """Feature maps and filters at one moment.

    Attributes:
        strips: per node, its first channels: (height, width, channels); a vector is (1, values, 1).
        maps: the selected node's channels (height, width, channels), of more than 1,024 the first ones; None when none
            is selected.
        filters: the selected node's kernel (height, width, input channels, filters), None when it has none.
        prediction: the output for the probe.
    """

    network: Network
    selected: str | None
    strips: Mapping[str, Floats]
    maps: Floats | None
    filters: Floats | None
    prediction: Floats
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The model measured on held-out samples; `confusion[i, j]` counts samples of class i taken for class j."""

    loss: float
    metric: float
    images: int
    confusion: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    part: Literal["validation", "test"] = "validation"


@dataclass(frozen=True, eq=False)
class Predicted:
    """Probabilities of one image, one for each class."""

    probabilities: Floats
    class_names: tuple[str, ...]
