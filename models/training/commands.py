"""What can be asked of an engine. Plain frozen values that could cross a process boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.data.sources import DataSource
from models.network.graph import Network
from models.network.project import StoredWeights
from models.training.plan import TrainingPlan

ExportFormat = Literal["keras", "saved_model", "python"]


@dataclass(frozen=True)
class Build:
    """Build the Keras model of a network, with the weights of the last trained one where they still fit.

    `fresh` forgets those and starts every weight anew from the seed, or from `weights`, a file by its absolute path,
    where they fit. Answered by Built or Failed; weights that cannot be used are told by Failed, and Built follows.
    """

    network: Network
    seed: int = 1
    fresh: bool = False
    weights: StoredWeights | None = None


@dataclass(frozen=True)
class Train:
    """Train the network on a data set. Answered by TrainingStarted … TrainingDone, or Failed.

    Attributes:
        run_id: names the run in all its events.
        project_name: for the run folder and the saved model.
        run_dir: folder to write the run into; None writes nothing.
        keep_weights: go on from what was last trained (where it still fits) instead of starting afresh.
        weights: what there is to go on from before anything was trained, a file by its absolute path.
    """

    run_id: str
    network: Network
    data: DataSource
    plan: TrainingPlan
    project_name: str = "network"
    run_dir: str | None = None
    keep_weights: bool = False
    weights: StoredWeights | None = None


@dataclass(frozen=True)
class Pause:
    """Hold training after the steps under way. Answered by Paused."""


@dataclass(frozen=True)
class Resume:
    """Go on after Pause. Answered by Resumed."""


@dataclass(frozen=True)
class Stop:
    """End training after the steps under way, keeping the weights. Answered by TrainingDone.

    While images are loading it ends that; TrainingDone then comes without TrainingStarted.
    """


@dataclass(frozen=True, eq=False)
class Watch:
    """What to show while training and after: probes go on until the next Watch. Answered by Probed, again and again.

    Attributes:
        image: the probe, float32 (height, width, channels) in 0 … 1, of any size: it is fitted to the Input block.
        strips: nodes whose first channels are wanted (the cards in view).
        selected: the node of which the channels (up to 1,024) and every filter are wanted.
    """

    image: npt.NDArray[np.float32] | None = None
    strips: tuple[str, ...] = ()
    selected: str | None = None


@dataclass(frozen=True)
class Evaluate:
    """Measure the trained model on the held-out images of the last run. Answered by Evaluated."""


@dataclass(frozen=True, eq=False)
class Predict:
    """Classify one image, float32 (height, width, channels) in 0 … 1 of any size. Answered by Predicted."""

    image: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Export:
    """Write the model to a temporary place, load it, compare, move it into place. Answered by Exported or Failed."""

    format: ExportFormat
    path: str
    project_name: str = "network"


@dataclass(frozen=True)
class Shutdown:
    """Stop training and end the engine's loop."""


Command = Build | Train | Pause | Resume | Stop | Watch | Evaluate | Predict | Export | Shutdown
