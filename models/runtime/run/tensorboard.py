"""TensorBoard event files, written without TensorBoard: a record for each moment, with scalars by name."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import Summary
from tensorflow.core.util.event_pb2 import Event as Record
from tensorflow.core.util.event_pb2 import SessionLog

from models.files import FileError
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    EpochDone,
    Event,
    LearningRateChanged,
    TrainingDone,
    TrainingStarted,
)

FILE_VERSION = "brain.Event:2"
_numbers = itertools.count()


class EventFile:
    """One event file of a run. Every method raises FileError.

    A run that goes on has another one in the same folder: TensorBoard drops what lies behind the step of its start.
    """

    def __init__(self, folder: Path) -> None:
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
        self._path = folder / name
        self._steps, self._metric = 0, "metric"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tf.io.TFRecordWriter(str(self._path))
        except (OSError, tf.errors.OpError) as error:
            raise self._error(error) from error
        self._write(Record(wall_time=time.time(), file_version=FILE_VERSION))

    def add(self, event: Event) -> None:
        """Write an event's scalars; chunks of steps become one point, their mean."""
        match event:
            case TrainingStarted():
                self._steps, self._metric = event.first_step, event.metric
                start = SessionLog(status=SessionLog.START)
                self._write(Record(wall_time=time.time(), step=event.first_step, session_log=start))
            case BatchesDone():
                self._steps += len(event.losses)
                self._scalars(self._steps, self._of_batches(event))
            case EpochDone():
                self._scalars(self._steps, self._of_epoch(event))
            case LearningRateChanged():
                self._scalars(event.step, {"learning_rate/set": event.learning_rate})
            case BlocksMeasured():
                self._scalars(event.step, _of_blocks(event))
            case TrainingDone():
                self._scalars(self._steps, {"end/held_out_loss": event.held_out_loss})
            case _:
                return

    def flush(self) -> None:
        """Give what was written to the system."""
        try:
            self._file.flush()
        except tf.errors.OpError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """End the file."""
        try:
            self._file.close()
        except tf.errors.OpError as error:
            raise self._error(error) from error

    def _of_batches(self, event: BatchesDone) -> dict[str, float | None]:
        return {
            "batch/loss": _mean(event.losses),
            f"batch/{self._metric}": _mean(event.metrics),
            "batch/gradient_norm": _mean(event.gradient_norms),
            "learning_rate/step": float(event.learning_rates[-1]) if len(event.learning_rates) else None,
            "speed/images_per_second": event.images_per_second,
        }

    def _of_epoch(self, event: EpochDone) -> dict[str, float | None]:
        return {
            "epoch/loss": event.loss,
            f"epoch/{self._metric}": event.metric,
            "epoch/held_out_loss": event.held_out_loss,
            f"epoch/held_out_{self._metric}": event.held_out_metric,
            **{f"epoch/held_out_{name}": value for name, value in event.metrics.items()},
            "speed/epoch_seconds": event.seconds,
        }

    def _scalars(self, step: int, values: Mapping[str, float | None]) -> None:
        told = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items() if value is not None]
        self._write(Record(wall_time=time.time(), step=step, summary=Summary(value=told)))

    def _write(self, record: Any) -> None:
        try:
            self._file.write(record.SerializeToString())
        except tf.errors.OpError as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> FileError:
        return FileError(f"{self._path} was not written: {getattr(error, 'message', error)}")


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _of_blocks(event: BlocksMeasured) -> dict[str, float | None]:
    told: dict[str, float | None] = {}
    for block, measured in event.blocks.items():
        told |= {
            f"weight_norm/{block}": measured.weight_norm,
            f"gradient_norm/{block}": measured.gradient_norm,
            f"update_ratio/{block}": measured.update_ratio,
            f"dead_share/{block}": measured.dead_share,
            f"saturated_share/{block}": measured.saturated_share,
        }
    return told
