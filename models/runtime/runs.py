"""`RunFolder`: a training run as a folder that explains itself, written so that a crash leaves whole files."""

from __future__ import annotations

import csv
import io
import json
import platform
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from models.files import write_atomically
from models.network.project import Project, read_project, write_project
from models.network.weights_file import read_weights, write_weights
from models.runtime.exporters import save_keras
from models.runtime.live_model import LiveModel, Weights
from models.training.events import EpochDone

METRICS_GAP_S = 1.0
CHECKPOINT_GAP_S = 10.0
"""Least seconds between two writings: flushing to the disk must not slow training down."""

PROJECT, ENVIRONMENT, METRICS, CHECKPOINT, MODEL = (
    "project.loom", "environment.json", "metrics.csv", "checkpoint.npz", "model.keras",
)  # fmt: skip
COLUMNS = ("epoch", "loss", "metric", "held_out_loss", "held_out_metric", "seconds")


class RunFolder:
    """Writes one run. Every method raises OSError with a readable text.

    Attributes:
        path: the folder: the project as trained, the environment, metrics for each epoch (counted from 1), the last
            weights, and at the end the whole model.
    """

    def __init__(self, path: Path, project: Project, device: str) -> None:
        self.path = path
        self._project = project
        self._device = device
        self._epochs: list[EpochDone] = []
        self._metrics_at = self._checkpoint_at = 0.0

    def start(self) -> None:
        """Write what is known before the first step."""
        write_project(self.path / PROJECT, self._project)
        environment = {
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "device": self._device,
            "seed": self._project.plan.seed,
        }
        write_atomically(self.path / ENVIRONMENT, (json.dumps(environment, indent=1) + "\n").encode())
        self._checkpoint_at = time.monotonic()

    def add_epoch(self, epoch: EpochDone, live: LiveModel) -> None:
        """Add an epoch's row, and the weights where the last ones are old enough."""
        self._epochs.append(epoch)
        now = time.monotonic()
        if now - self._metrics_at >= METRICS_GAP_S:
            self._write_metrics()
            self._metrics_at = now
        if now - self._checkpoint_at >= CHECKPOINT_GAP_S:
            write_weights(self.path / CHECKPOINT, live.weights())
            self._checkpoint_at = now

    def finish(self, live: LiveModel) -> None:
        """Write all that is there at the end."""
        self._write_metrics()
        write_weights(self.path / CHECKPOINT, live.weights())
        save_keras(live, self.path / MODEL, self._project.name)

    def _write_metrics(self) -> None:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        for epoch in self._epochs:
            values = (epoch.loss, epoch.metric, epoch.held_out_loss, epoch.held_out_metric)
            rows.writerow([epoch.epoch + 1, *("" if v is None else f"{v:.6g}" for v in values), f"{epoch.seconds:.3f}"])
        write_atomically(self.path / METRICS, text.getvalue().encode())


def load_run(run_dir: Path) -> tuple[Project, Weights]:
    """The project of a run as trained, and its last weights. Raises ProjectError or FileError."""
    return read_project(run_dir / PROJECT), read_weights(run_dir / CHECKPOINT)
