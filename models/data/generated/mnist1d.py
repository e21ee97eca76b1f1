"""Has the `mnist1d` package compute its signals."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from models.data.facts import DataError
from models.data.generated.made import Made, kept
from models.data.samples import TEST, TRAINING
from models.data.sources.base import Progress
from models.data.sources.mnist1d import Mnist1d


@kept
def made_mnist1d(source: Mnist1d, progress: Progress | None) -> Made:
    """(5000, 40, 1) float32 of mean 0 and standard deviation 1, those for training first."""
    source.glance()  # says so where the package is not installed
    if progress is not None:
        progress(0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package imports matplotlib, whose warnings help nobody here
        data = _package()
        with _random_state_kept():
            arguments = data.get_dataset_args()
            arguments.seed = source.seed
            made = data.make_dataset(arguments)
    values = np.concatenate([made["x"], made["x_test"]]).astype(np.float32)[:, :, None]
    labels = np.concatenate([made["y"], made["y_test"]]).astype(np.int64)
    return Made(values, labels, np.repeat(np.array([TRAINING, TEST], np.int8), [len(made["x"]), len(made["x_test"])]))


def _package() -> Any:
    try:
        return import_module("mnist1d.data")
    except ImportError as error:  # something that it needs is missing, or of another version
        raise DataError(
            f"MNIST-1D needs the package mnist1d, which cannot be imported: {error}. "
            "Install it anew with: python -m pip install --force-reinstall 'layerloom[mnist1d]'"
        ) from error


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """The package seeds the random numbers that all of Python and numpy share: they go on as if it had not."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
