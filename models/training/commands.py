"""What can be asked of an engine. Plain frozen values that could cross a process boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.preparation import Preparation
from models.data.sources import Source
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
class Storage:
    """Where prepared samples may be kept.

    Attributes:
        memory: bytes of memory that they may take; None lets the engine take a quarter of the machine's.
        folder: for those that do not fit, on a disk with room; None is the system's folder for temporary files.
    """

    memory: int | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Train:
    """Train the network on a data set. Answered by TrainingStarted … TrainingDone, or Failed.

    Attributes:
        run_id: names the run in all its events.
        project_name: for the run folder and the saved model.
        run_dir: folder to write the run into; None writes nothing.
        keep_weights: go on from what was last trained (where it still fits) instead of starting afresh.
        weights: what there is to go on from before anything was trained, a file by its absolute path.
        preparation: split, preprocessing, augmentation, and what is left out.
        storage: where prepared samples may be kept.
        resume: go on with the run in `run_dir` from its last checkpoint, exactly as if it had never ended: network,
            data, preparation and plan are that run's.
        more_epochs: with `resume`, epochs that are added to those planned.
        program: what asks for it, for the run's description.
    """

    run_id: str
    network: Network
    data: Source
    plan: TrainingPlan
    project_name: str = "network"
    run_dir: str | None = None
    keep_weights: bool = False
    weights: StoredWeights | None = None
    preparation: Preparation = Preparation()
    storage: Storage = Storage()
    resume: bool = False
    more_epochs: int = 0
    program: Literal["window", "command line"] = "window"


@dataclass(frozen=True)
class FindLearningRate:
    """Try rising learning rates for a few steps each, on a copy of the model that is then forgotten.

    Answered by LearningRatesTried, again and again, the last one with a suggestion; Stop ends it.

    Attributes:
        low, high: the range, in equal ratios.
        steps: most steps to take in all.
    """

    network: Network
    data: Source
    plan: TrainingPlan
    preparation: Preparation = Preparation()
    storage: Storage = Storage()
    low: float = 1e-7
    high: float = 10.0
    steps: int = 200


@dataclass(frozen=True)
class Step:
    """While paused: take one batch (or `count`), then hold again. Answered by BatchesDone and Paused."""

    count: int = 1


@dataclass(frozen=True)
class SetLearningRate:
    """Change the plan's learning rate for what is left of the run. Answered by LearningRateChanged.

    The schedule goes on as a factor of it.
    """

    learning_rate: float


@dataclass(frozen=True)
class SaveRun:
    """Write the run, under way or ended, into another folder from now on. Answered by RunSaved or Failed."""

    run_dir: str


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
        image: the probe: a picture as float32 (height, width, channels) in 0 … 1, of any size, which goes through the
            data set's preprocessing; where samples are no pictures, a sample as it is stored.
        strips: nodes whose first channels are wanted (the cards in view).
        selected: the node of which the channels (up to 1,024) and every filter are wanted.
        preparation: what the probe goes through before anything was trained; afterwards it is the run's.
        white: the largest value of the data set's samples, as in DataFacts.
        budget: share of the training time that looking may take: maps, filters and BlocksMeasured together.
    """

    image: npt.NDArray[np.float32] | None = None
    strips: tuple[str, ...] = ()
    selected: str | None = None
    preparation: Preparation = Preparation()
    white: float = 255.0
    budget: float = 0.03


@dataclass(frozen=True)
class Evaluate:
    """Measure the trained model on held-out samples of the last run's data set. Answered by Evaluated.

    `part`: "validation" (all that were trained on where none are held out), or "test".
    """

    part: Literal["validation", "test"] = "validation"


@dataclass(frozen=True, eq=False)
class Predict:
    """Classify one image, or sample, given as in Watch. Answered by Predicted."""

    image: npt.NDArray[np.float32]


@dataclass(frozen=True)
class PreviewBatch:
    """Prepare one batch exactly as training would. Answered by BatchPreviewed or Failed.

    Attributes:
        input_shape: of the network's Input; None takes the samples' own shape.
        count: most samples in the batch.
        seed: the training plan's.
        shuffle: the epoch whose first batch is shown: another one has other samples and other random changes.
        chosen: samples to take instead of those of the shuffled order.
        validation: show validation samples, which are not augmented.
    """

    data: Source
    preparation: Preparation
    input_shape: Shape | None = None
    count: int = 16
    seed: int = 1
    shuffle: int = 0
    chosen: tuple[int, ...] = ()
    validation: bool = False


@dataclass(frozen=True)
class Export:
    """Write the model to a temporary place, load it, compare, move it into place. Answered by Exported or Failed.

    `preprocessing` puts the preprocessing inside, where there is some: the exported model then takes samples as they
    are stored.
    """

    format: ExportFormat
    path: str
    project_name: str = "network"
    preprocessing: bool = True


@dataclass(frozen=True)
class Shutdown:
    """Stop training, with a checkpoint, and end the engine's loop."""


Command = (
    Build | Train | FindLearningRate | Pause | Resume | Step | Stop | SetLearningRate | SaveRun | Watch | Evaluate
    | Predict | PreviewBatch | Export | Shutdown
)  # fmt: skip
