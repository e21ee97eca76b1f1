"""Runs as values, for the tests of their views."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.training.runs.summary import RunSummary
from widgets.runs.curve_data import RunCurves


def summary(folder: str = "lenet", **values: object) -> RunSummary:
    """A finished run."""
    told: dict[str, object] = {
        "path": Path("/runs") / folder, "id": folder, "name": folder, "created": 1_700_000_000.0, "status": "finished",
        "data": "Digits", "parameters": 61_706, "multiply_adds": 420_000, "optimizer": "Adam", "learning_rate": 0.001,
        "batch_size": 64, "epochs": 5, "planned_epochs": 5, "steps": 115, "loss": 0.1, "metric": 0.98,
        "held_out_loss": 0.2, "held_out_metric": 0.95, "best_metric": 0.96, "seconds": 12.0,
    }  # fmt: skip
    return RunSummary(**{**told, **values})  # type: ignore[arg-type]


def curves(steps: int = 100, epochs: int = 4, level: float = 0.0, live: bool = False) -> RunCurves:
    """Falling losses, rising metrics."""
    along = np.linspace(0, 1, steps)
    ends = np.linspace(steps / epochs, steps, epochs)
    return RunCurves(
        losses=(level + 2 - along).astype(np.float32), metrics=(along / 2).astype(np.float32),
        learning_rates=np.full(steps, 0.01, np.float32), epoch_steps=ends.astype(np.float32),
        epoch_ends=(2 * np.arange(1, epochs + 1)).astype(np.float32),
        held_out_losses=np.linspace(level + 2, level + 1, epochs).astype(np.float32),
        held_out_metrics=np.linspace(0.1, 0.6, epochs).astype(np.float32),
        steps_per_epoch=steps // epochs, live=live,
    )  # fmt: skip
