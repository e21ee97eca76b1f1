"""What an engine tells. Frozen values; arrays in them are copies that nobody changes."""

from __future__ import annotations

from models.training.events.arrays import (
    NO_VALUES,
    Floats,
)
from models.training.events.data import (
    BatchPreviewed,
    DataPlanned,
    DataSpeed,
    SamplesLost,
    StatisticsMeasured,
)
from models.training.events.engine import (
    Built,
    Device,
    EngineEnded,
    Exported,
    Failed,
    Ready,
)
from models.training.events.inside import (
    BlockMeasured,
    BlocksMeasured,
    Evaluated,
    Histogram,
    Predicted,
    Probed,
)
from models.training.events.run import (
    BatchesDone,
    CheckpointWritten,
    EndReason,
    EpochDone,
    LearningRateChanged,
    LearningRatesTried,
    Paused,
    Resumed,
    RunSaved,
    TrainingDone,
    TrainingStarted,
)

Event = (
    Ready | EngineEnded | Built | TrainingStarted | BatchesDone | EpochDone | Paused | Resumed | TrainingDone
    | Probed | Evaluated | Predicted | BatchPreviewed | Exported | Failed
    | DataPlanned | DataSpeed | SamplesLost | StatisticsMeasured
    | LearningRateChanged | CheckpointWritten | RunSaved | BlocksMeasured | LearningRatesTried
)  # fmt: skip

__all__ = [
    "NO_VALUES",
    "BatchPreviewed",
    "BatchesDone",
    "BlockMeasured",
    "BlocksMeasured",
    "Built",
    "CheckpointWritten",
    "DataPlanned",
    "DataSpeed",
    "Device",
    "EndReason",
    "EngineEnded",
    "EpochDone",
    "Evaluated",
    "Event",
    "Exported",
    "Failed",
    "Floats",
    "Histogram",
    "LearningRateChanged",
    "LearningRatesTried",
    "Paused",
    "Predicted",
    "Probed",
    "Ready",
    "Resumed",
    "RunSaved",
    "SamplesLost",
    "StatisticsMeasured",
    "TrainingDone",
    "TrainingStarted",
]
